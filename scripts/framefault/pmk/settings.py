"""The `time` section of the configuration: defaults, and names that must refer to something."""

from pathlib import Path

from framefault.errors import UserError
from framefault.pmk.registry import read_registry, short_side

TRAINED = {
    "start": None, "targets": None, "noise": None, "linf": None, "changes": {},
    "expected_images": None,
}  # fmt: skip
DATASET = {"predictions": {}, "narrow": [], "representatives": {}, "expect": {}, "videos": None}


def completed(settings):
    """(settings with defaults, registry): both checked against each other. Raises UserError."""
    registry_path = Path(settings["registry"])
    if not registry_path.is_file():
        raise UserError(
            f"Configuration: time.registry names {registry_path}, which does not exist."
        )
    registry = read_registry(registry_path)
    train = {name: TRAINED | model for name, model in settings["train"].items()}
    datasets = {name: DATASET | dataset for name, dataset in settings["datasets"].items()}
    settings = settings | {"train": train, "datasets": datasets}
    problems = list(inconsistencies(settings, registry))
    if problems:
        raise UserError("Configuration: " + "; ".join(problems) + ".")
    return settings, registry


def inconsistencies(settings, registry):
    datasets, train = settings["datasets"], settings["train"]
    for role, name in settings["roles"].items():
        if name is not None and name not in datasets:
            yield f"time.roles.{role} is {name!r}, but time.datasets has {', '.join(datasets)}"
    for name, dataset in datasets.items():
        known = {*train, *registry, *dataset["predictions"]}
        if not any(available(settings, registry, name, m) for m in dataset["models"] if m in known):
            yield f"time.datasets.{name}.models has no model whose predictions can be had"
        named = [*dataset["models"], *dataset["narrow"], *dataset["representatives"].values()]
        for model in dict.fromkeys(named):
            if model not in known:
                yield (
                    f"time.datasets.{name} names the model {model!r}, which is neither in"
                    " time.train nor in the registry nor among its predictions"
                )
    for name, model in train.items():
        if model["recipe"] not in settings["recipes"]:
            yield f"time.train.{name}.recipe is {model['recipe']!r}, which time.recipes lacks"
        if model["noise"] and model["linf"]:
            yield f"time.train.{name} has both noise and linf; choose one"
        unknown = set(model["changes"]) - set(settings["recipes"].get(model["recipe"], {}))
        if unknown:
            yield f"time.train.{name}.changes has unknown key {', '.join(sorted(unknown))}"
        recipe = settings["recipes"].get(model["recipe"], {}) | model["changes"]
        if recipe.get("schedule") == "plateau" and not recipe.get("validate_on"):
            yield f"time.train.{name} follows a plateau, which needs validate_on: a share"
        images = model["images"]
        if isinstance(images, str) and images != "stills" and not generated(datasets, images):
            yield f"time.train.{name}.images is {images!r}, which is no generated data set"
        if model["targets"] is not None and model["targets"] not in datasets:
            yield f"time.train.{name}.targets is {model['targets']!r}, which is no data set"
        seen, start = [name], model["start"]
        while start in train and start not in seen:
            seen.append(start)
            start = train[start]["start"]
        if start in seen:
            yield f"time.train.{name}.start leads back to {start!r}"
        elif start is not None and start not in registry:
            yield f"time.train.{seen[-1]}.start is {start!r}, which is no model"


def generated(datasets, name):
    return name in datasets and datasets[name]["type"] == "generated"


def recipe_of(settings, model):
    """The recipe of a model trained here, with its own changes."""
    trained = settings["train"][model]
    return settings["recipes"][trained["recipe"]] | trained["changes"]


def input_size(settings, registry, model):
    """(shorter side, size) of the frames that a model sees, in pixels."""
    if model in settings["train"]:
        size = recipe_of(settings, model)["size"]
        return short_side(size), size
    row = registry.get(model, {"resize": 256, "size": 224})  # a model that is only handed in
    return row["resize"], row["size"]


def available(settings, registry, dataset, model):
    """Whether a model's predictions can be made or are handed in."""
    return (
        model in settings["datasets"][dataset]["predictions"]
        or model in settings["train"]
        or registry[model]["source"] != ""
    )


def best_model(settings, registry, dataset):
    """The model of Figures 1, 7 and 10 and Tables 4, 7 and 8: the deeper fine-tuned one."""
    chosen = settings["datasets"][dataset]["representatives"].get("finetuned_deep")
    models = [chosen] if chosen else []
    models += settings["datasets"][dataset]["models"]
    return next(model for model in models if available(settings, registry, dataset, model))
