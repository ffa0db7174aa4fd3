# Paper B, results: tables, figures, and the paper's numbers beside ours.
from framefault.pmk.titles import TITLES

ROLES = [role for role in ("vid", "ytbb") if TIME["roles"][role]]
# Tables and figures by the data sets they show, and what they read beside answers.
TIME_TABLES = {
    "time_table1": {"roles": ROLES},
    "time_table2": {"roles": ROLES},
    "time_table4": {"roles": ROLES},
    "time_table5": {"roles": ["vid"]},
    "time_table6": {"roles": ["ytbb"]},
    "time_table7": {"roles": ["vid"], "streams": True},
    "time_table8": {"roles": ["vid"], "streams": True},
    "time_table9": {"roles": ["vid"]},
    "time_table10": {"roles": []},
}
TIME_FIGURES = {
    "time_figure1": {"roles": ["vid"], "pictures": True, "logits": True},
    "time_figure3": {"roles": ROLES},
    "time_figure5": {"roles": ROLES},
    "time_figure6": {"roles": ROLES},
    "time_figure7": {"roles": ROLES},
    "time_figure8": {"roles": ROLES},
    "time_figure9": {"roles": []},
    "time_figure10": {"roles": ["vid"], "pictures": True},
    "time_figure11": {"roles": ROLES},
}
TIME_PUBLISHED = {
    "time_table2": "config/published/paperB_table2.csv",
    "time_table4": "config/published/paperB_table4.csv",
    "time_table5": "config/published/paperB_table5_vid.csv",
    "time_table6": "config/published/paperB_table6_ytbb.csv",
    "time_table7": "config/published/paperB_table7.csv",
    "time_table8": "config/published/paperB_table8.csv",
    "time_table9": "config/published/paperB_table9.csv",
}


def can_be_made(item):
    """Without a data set in a role, or without videos, some tables and figures have no content."""
    if any(role not in ROLES for role in item["roles"]):
        return False
    name = TIME["roles"]["vid"]
    has_videos = not name or generated(TIME_DATASETS, name) or TIME_DATASETS[name]["videos"]
    return bool(has_videos) or not item.get("streams")


TIME_TABLES = {name: item for name, item in TIME_TABLES.items() if can_be_made(item)}
TIME_FIGURES = {name: item for name, item in TIME_FIGURES.items() if can_be_made(item)}


def shown(wildcards):
    """The table or figure that is asked for."""
    return (TIME_TABLES | TIME_FIGURES)[wildcards.get("table") or wildcards.figure]


def shown_datasets(wildcards):
    return [TIME["roles"][role] for role in shown(wildcards)["roles"]]


def dataset_models(dataset):
    return [*TIME_DATASETS[dataset]["models"], *TIME_DATASETS[dataset]["narrow"]]


def origin(dataset, model):
    """(kind, where the weights come from) of a model."""
    if model in TIME_DATASETS[dataset]["predictions"]:
        return REGISTRY.get(model, {}).get("kind", "ilsvrc"), "handed in"
    if model in TIME["train"]:
        return TIME["train"][model]["kind"], "trained here"
    row = REGISTRY[model]
    return row["kind"], f"{row['source']} {row['weights']}".strip() or row["note"]


def time_facts(wildcards):
    """What tables and figures need to know beside answers."""
    facts = []
    for role in shown(wildcards)["roles"]:
        dataset = TIME["roles"][role]
        kinds = [(model, *origin(dataset, model)) for model in dataset_models(dataset)]
        facts.append(
            {
                "dataset": dataset,
                "role": role,
                "models": [{"model": m, "kind": kind, "from": where} for m, kind, where in kinds],
                "representatives": TIME_DATASETS[dataset]["representatives"],
                "narrow": TIME_DATASETS[dataset]["narrow"],
                "rules": TIME["score"],
            }
        )
    return canonical(facts)


def shown_sets(wildcards):
    return expand("results/time/{dataset}/sets.json", dataset=shown_datasets(wildcards))


def shown_cells(wildcards):
    return [
        f"results/cells/time/{dataset}/{model}.json"
        for dataset in shown_datasets(wildcards)
        for model in dataset_models(dataset)
        if available(TIME, REGISTRY, dataset, model)
    ]


def shown_streams(wildcards):
    if not shown(wildcards).get("streams"):
        return []
    return expand("results/time/{dataset}/streams.csv", dataset=shown_datasets(wildcards))


def shown_arrays(wildcards):
    """Cached frames as the first data set's best model sees them, and its logits."""
    if not shown(wildcards).get("pictures"):
        return []
    dataset = shown_datasets(wildcards)[0]
    best = TIME_DATASETS[dataset]["representatives"].get("finetuned_deep")
    best = best or TIME_DATASETS[dataset]["models"][0]
    resize, size = input_size(TIME, REGISTRY, best)
    found = [f"results/time/{dataset}/frames/{resize}_{size}.npy"]
    if shown(wildcards).get("logits"):
        handed_in = best in TIME_DATASETS[dataset]["predictions"]
        found.append(f"results/time/{dataset}/{'handed_in' if handed_in else 'logits'}/{best}.npy")
    return found


def time_generated(wildcards):
    return any(generated(TIME_DATASETS, name) for name in shown_datasets(wildcards))


def time_note(wildcards):
    return "Embedded, generated videos, not the paper's." if time_generated(wildcards) else ""


def time_caption(wildcards):
    title = f"{TITLES[wildcards.table]}."
    return (
        f"{title} Data: embedded, generated videos, not the paper's."
        if (time_generated(wildcards))
        else title
    )


def time_recipes(wildcards):
    """All that Table 10 prints: the models that are trained here for the data sets shown."""
    if wildcards.table != "time_table10":
        return "{}"
    models = [m for role in ROLES for m in dataset_models(TIME["roles"][role])]
    return canonical(
        {
            model: recipe_of(TIME, model) | {"start": TIME["train"][model]["start"]}
            for model in dict.fromkeys(models)
            if model in TIME["train"]
        }
    )


def time_video_folder(wildcards):
    return (
        TIME_DATASETS[wildcards.dataset]["videos"]
        if not (generated(TIME_DATASETS, wildcards.dataset))
        else time_folder(wildcards.dataset)
    )


rule time_streams:
    input:
        made_videos,
        sets="results/time/{dataset}/sets.json",
    output:
        streams="results/time/{dataset}/streams.csv",
        provenance="results/time/{dataset}/streams.provenance.json",
    log:
        "results/logs/time_streams/{dataset}.log",
    conda:
        "../envs/framefault.yaml"
    resources:
        mem_mb=growing(1000),
        runtime=growing(30),
    params:
        code=fingerprint("time_streams"),
        folder=time_video_folder,
    shell:
        "python scripts/run.py time_streams --sets {input.sets} --folder {params.folder:q}"
        " --streams {output.streams}"
        " --code {params.code} --provenance {output.provenance} --log {log}"


rule time_table:
    input:
        sets=shown_sets,
        cells=shown_cells,
        streams=shown_streams,
    output:
        csv="results/tables/{table}.csv",
        md="results/tables/{table}.md",
        tex="results/tables/{table}.tex",
        provenance="results/tables/{table}.provenance.json",
    log:
        "results/logs/time_table/{table}.log",
    wildcard_constraints:
        table="|".join(TIME_TABLES),
    conda:
        "../envs/framefault.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(10),
    params:
        code=fingerprint("time_table"),
        facts=time_facts,
        recipes=time_recipes,
        caption=time_caption,
    shell:
        "python scripts/run.py time_table --table {wildcards.table} --facts {params.facts:q}"
        " --sets {input.sets} --cells {input.cells} --streams {input.streams}"
        " --recipes {params.recipes:q} --caption {params.caption:q}"
        " --csv {output.csv} --md {output.md} --tex {output.tex}"
        " --code {params.code} --provenance {output.provenance} --log {log}"


rule time_figure:
    input:
        sets=shown_sets,
        cells=shown_cells,
        arrays=shown_arrays,
    output:
        pdf="results/figures/{figure}.pdf",
        png="results/figures/{figure}.png",
        csv="results/figures/{figure}.csv",
        provenance="results/figures/{figure}.provenance.json",
    log:
        "results/logs/time_figure/{figure}.log",
    wildcard_constraints:
        figure="|".join(TIME_FIGURES),
    conda:
        "../envs/framefault.yaml"
    resources:
        mem_mb=growing(4000),
        runtime=growing(10),
    params:
        code=fingerprint("time_figure"),
        facts=time_facts,
        note=time_note,
    shell:
        "python scripts/run.py time_figure --figure {wildcards.figure} --facts {params.facts:q}"
        " --sets {input.sets} --cells {input.cells} --arrays {input.arrays}"
        " --note {params.note:q} --pdf {output.pdf} --png {output.png} --csv {output.csv}"
        " --code {params.code} --provenance {output.provenance} --log {log}"


rule time_compare:
    input:
        table="results/tables/{table}.csv",
        published=ancient(lambda wildcards: TIME_PUBLISHED[wildcards.table]),
    output:
        comparison="results/comparison/{table}.csv",
        provenance="results/comparison/{table}.provenance.json",
    log:
        "results/logs/time_compare/{table}.log",
    wildcard_constraints:
        table="|".join(TIME_PUBLISHED),
    conda:
        "../envs/framefault.yaml"
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        code=fingerprint("time_compare"),
        published=lambda wildcards: digest(TIME_PUBLISHED[wildcards.table]),
        generated=lambda wildcards: "yes" if time_generated(wildcards) else "no",
    shell:
        "python scripts/run.py time_compare --table {input.table} --published {input.published}"
        " --generated {params.generated} --comparison {output.comparison}"
        " --code {params.code} --provenance {output.provenance} --log {log}"
