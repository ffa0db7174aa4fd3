# One page of everything: tables, figures, comparisons, claims, and how they were made.
from framefault.report import FILES as PAGE
from framefault.workflow import shown


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
            conditions=shown.conditions(PAPERS.values()),
            names={"clean": "Clean"} | {name: each.title for name, each in CORRUPTIONS.items()},
            page=[file_digest(file) for file in PAGE],
            **JUDGED,
        ),
    shell:
        COMMAND
