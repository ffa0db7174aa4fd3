# Paper B, results: tables, figures, comparison.
from framefault.pmk.settings import available, best_model
from framefault.pmk.titles import TITLES as TIME_TITLES


def can_be_made(item):
    """Whether there is a data set in every role, and all has what the table or figure needs."""
    datasets = [TIME["roles"][role] for role in item["roles"]]
    if None in datasets:
        return False
    return all(TIME_DATASETS[name][key] for name in datasets for key in item.get("needs", ()))


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
                "best": best_model(TIME, REGISTRY, dataset),
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
    if "videos" not in shown(wildcards).get("needs", ()):
        return []
    return expand("results/time/{dataset}/streams.csv", dataset=shown_datasets(wildcards))


def shown_arrays(wildcards):
    """Cached frames as the first data set's best model sees them, and its logits."""
    if not shown(wildcards).get("pictures"):
        return []
    dataset = shown_datasets(wildcards)[0]
    best = best_model(TIME, REGISTRY, dataset)
    resize, size = input_size(TIME, REGISTRY, best)
    found = [f"results/time/{dataset}/frames/{resize}_{size}.npy"]
    if shown(wildcards).get("logits"):
        handed_in = best in TIME_DATASETS[dataset]["predictions"]
        found.append(f"results/time/{dataset}/{'handed_in' if handed_in else 'logits'}/{best}.npy")
    return found


def time_generated(wildcards):
    names = shown_datasets(wildcards)
    return "yes" if any(generated(TIME_DATASETS, name) for name in names) else "no"


def time_caption(wildcards):
    data = " Data: embedded, generated videos, not the paper's."
    return f"{TIME_TITLES[wildcards.table]}.{data if time_generated(wildcards) == 'yes' else ''}"


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
