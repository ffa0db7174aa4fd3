# Paper B: the checked `time` section of the configuration and what its rules share.
import re

from framefault.pmk.settings import (
    available,
    best_model,
    completed,
    generated,
    input_size,
    recipe_of,
)
from framefault.pmk.titles import TITLES

try:
    TIME, REGISTRY = completed(config["time"])
except UserError as error:
    raise WorkflowError(str(error))

TIME_DATASETS = TIME["datasets"]
ROLES = [role for role in ("vid", "ytbb") if TIME["roles"][role]]


wildcard_constraints:
    model="[A-Za-z0-9][A-Za-z0-9_.-]*",
    size="[0-9]+",
    resize="[0-9]+",


# data --------------------------------------------------------------------------------------


def time_folder(dataset):
    """Where a data set's metadata and frames lie."""
    if generated(TIME_DATASETS, dataset):
        return f"results/time/raw/{dataset}"
    return TIME_DATASETS[dataset]["path"]


def made_videos(wildcards):
    return time_folder(wildcards.dataset) if generated(TIME_DATASETS, wildcards.dataset) else []


def time_layout(wildcards):
    dataset = TIME_DATASETS[wildcards.dataset]
    return dataset.get("layout", dataset["type"])


def frames_folder(wildcards):
    folder = time_folder(wildcards.dataset)
    return TIME_DATASETS[wildcards.dataset].get("frames") or folder


def pmk_labels(wildcards):
    """The review of frame pairs; YTBB-Robust only."""
    if time_layout(wildcards) == "vid":
        return ""
    if generated(TIME_DATASETS, wildcards.dataset):
        return f"results/time/raw/{wildcards.dataset}/metadata/pmk_labels.json"
    return TIME_DATASETS[wildcards.dataset]["pmk_labels"]


def metadata_content(wildcards):
    """Digest of a release's metadata; where it is gone, of what was read."""
    if generated(TIME_DATASETS, wildcards.dataset):
        return "generated"
    folder = Path(time_folder(wildcards.dataset))
    files = [file for part in ("metadata", "misc") for file in sorted((folder / part).glob("*.*"))]
    files += [file for file in [Path(pmk_labels(wildcards))] if file.is_file()]
    if files:
        return canonical([digest(file)[:16] for file in files])
    record = read_record(f"results/time/{wildcards.dataset}/sets.json")
    return record["settings"]["content"] if record else "absent"


# models ------------------------------------------------------------------------------------


def trained(wildcards):
    return TIME["train"][wildcards.model]


def training_cache(wildcards):
    """Pictures made in this run and their labels; the user's own lie where the configuration says."""
    images = trained(wildcards)["images"]
    if isinstance(images, dict):
        return []
    name = "stills" if images == "stills" else f"frames/{images}"
    return [f"results/time/training/{name}.npy", f"results/time/training/{name}.json"]


def training_targets(wildcards):
    targets = trained(wildcards)["targets"]
    return f"results/time/{targets}/sets.json" if targets else []


def starting_weights(wildcards):
    start = trained(wildcards)["start"]
    return f"results/time/models/{start}/weights.safetensors" if start in TIME["train"] else []


def starting_row(wildcards):
    start = trained(wildcards)["start"]
    return canonical(REGISTRY[start] if start in REGISTRY and start not in TIME["train"] else {})


def of_family(family):
    """Names of the models that are trained in one way, as a pattern."""
    kinds = {
        name: "noise" if model["noise"] else "linf" if model["linf"] else "plain"
        for name, model in TIME["train"].items()
    }
    return "|".join(re.escape(name) for name in kinds if kinds[name] == family) or "^$"


def handed_in(wildcards):
    return TIME_DATASETS[wildcards.dataset]["predictions"].get(wildcards.model)


def cached_frames(wildcards):
    resize, size = input_size(TIME, REGISTRY, wildcards.model)
    return f"results/time/{{dataset}}/frames/{resize}_{size}.npy"


def model_weights(wildcards):
    own = wildcards.model in TIME["train"]
    return f"results/time/models/{wildcards.model}/weights.safetensors" if own else []


def prediction_group(wildcards):
    """Models that are not trained here need not wait for those that are."""
    if ON_CLUSTER:
        return "time_predict_trained" if wildcards.model in TIME["train"] else "time_predict"


def logits_to_score(wildcards):
    kind = "handed_in" if handed_in(wildcards) else "logits"
    return f"results/time/{{dataset}}/{kind}/{{model}}.npy"


# results -----------------------------------------------------------------------------------


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
    return f"{TITLES[wildcards.table]}.{data if time_generated(wildcards) == 'yes' else ''}"


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
    if generated(TIME_DATASETS, wildcards.dataset):
        return time_folder(wildcards.dataset)
    return TIME_DATASETS[wildcards.dataset]["videos"]
