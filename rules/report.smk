# One page of everything: tables, figures, comparisons, claims, and how they were made.
from framefault.report import FILES as PAGE
from framefault.workflow import shown


def conditions_shown():
    """The conditions of clips, each with the first shard of its clips under its first draw."""
    return [each | example(**each) for each in shown.conditions(PAPERS.values())]


def example(dataset, corruption, level, predictions):
    shard = shard_names(DATASETS[dataset]["shards"]["test"])[0]
    if corruption == "clean":
        return {"archive": f"results/clips/{dataset}/test/{shard}.zip", "account": None}
    seed = Path(predictions[0]).stem.removeprefix("seed")
    keys = {"dataset": dataset, "split": "test", "shard": shard, "seed": seed}
    base = CORRUPTED.format(corruption=corruption, level=level, **keys)
    return {"archive": f"{base}.zip", "account": f"{base}.csv"}


def files_shown(wildcards):
    """All files that the page shows, or links to."""
    papers, clips = [paper.report() for paper in PAPERS.values()], conditions_shown()
    found = {
        f"{part}s": [
            f"results/{folder}/{name}.{kind}"
            for paper in papers
            for name in paper[f"{part}s"]
            for kind in kinds
        ]
        for part, folder, kinds in (
            ("table", "tables", ("csv", "md", "tex")),
            ("figure", "figures", ("png", "pdf", "csv")),
            ("comparison", "comparison", ("csv",)),
            ("claim", "comparison", ("csv", "md")),
        )
    }
    return found | {
        "predictions": [file for each in clips for file in each["predictions"]],
        "manifests": list({f"results/manifests/{each['dataset']}.csv": None for each in clips}),
        "clips": [each["archive"] for each in clips],
        "accounts": [each["account"] for each in clips if each["account"]],
    }


rule report:
    input:
        unpack(files_shown),
    output:
        html="results/report.html",
        summary="results/report.txt",
        provenance="results/report.provenance.json",
    log:
        "results/logs/report.log",
    localrule: True
    conda:
        "../envs/framefault.yaml"
    resources:
        **needs(gb=4, minutes=30),
    params:
        **stage(
            "report",
            # Costs are of the jobs that the records name; records and configuration go together.
            lambda wildcards: {"config": config},
            in_order=True,
            papers=[paper.report() for paper in PAPERS.values()],
            datasets=shown.datasets(PAPERS.values()),
            conditions=conditions_shown(),
            limits=LIMITS,
            gaps=config["decode"]["gaps"],
            page=[file_digest(file) for file in PAGE],
            **JUDGED,
        ),
    shell:
        COMMAND
