# Paper B, models: training, logits, answers.
import re

from framefault.pmk.settings import input_size, recipe_of


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
