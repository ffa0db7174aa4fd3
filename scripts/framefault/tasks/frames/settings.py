"""Models of image classification: names that must refer to something, and what follows."""

from pathlib import Path

from framefault.tasks.frames.registry import MEAN, STD, short_side


def inconsistencies(settings, datasets, registry):
    """Sentences on names of the `frames` section and of its data sets that refer to nothing."""
    yield from dataset_problems(settings, datasets, registry)
    for name, model in settings["models"].items():
        yield from model_problems(name, model, settings, datasets)
        yield from start_problems(name, settings["models"], registry)


def dataset_problems(settings, datasets, registry):
    for name, dataset in datasets.items():
        if "models" not in dataset:
            continue
        yield from build_problems(name, dataset)
        known = {*settings["models"], *registry, *dataset["predictions"]}
        named = [*dataset["models"], *dataset["narrow"], *dataset["representatives"].values()]
        models = known & set(dataset["models"])
        if not any(available(model, dataset, settings, registry) for model in models):
            yield f"datasets.{name}.models has no model whose predictions can be had"
        for model in dict.fromkeys(named):
            if model not in known:
                yield (
                    f"datasets.{name} names the model {model!r}, which is neither in"
                    " frames.models nor in the registry nor among its predictions"
                )
        predicted = [m for m in known & set(named) if m not in dataset["predictions"]]
        if predicted and frames_folder(dataset) is None:
            yield (
                f"datasets.{name} has the models {', '.join(sorted(predicted))} to predict, which"
                " need frames: give path, source or frames, or predictions of these models"
            )


def build_problems(name, dataset):
    """What sets that are made here need and do not have."""
    build = dataset.get("build")
    if not build:
        if dataset.get("answers"):
            yield f"datasets.{name} has answers, which only sets with `build` are made from"
        return
    if dataset.get("pmk_labels") or dataset.get("metadata"):
        yield f"datasets.{name} has build, so that metadata and pmk_labels are made: leave them out"
    needed = {"vid": "part", "ytbb": "tables"}[dataset["type"]]
    if needed not in build:
        yield f"datasets.{name}.build lacks the key {needed!r}"
    if "path" not in dataset:
        yield f"datasets.{name} has build, which needs path: the folder of the data as shipped"
    if not {"map", "wordnet"} & set(build["classes"]):
        yield f"datasets.{name}.build.classes needs the key 'map' or 'wordnet'"


def model_problems(name, model, settings, datasets):
    place, recipes = f"frames.models.{name}", settings["recipes"]
    if model["recipe"] not in recipes:
        yield f"{place}.recipe is {model['recipe']!r}, which frames.recipes lacks"
        return
    if model["noise"] and model["linf"]:
        yield f"{place} has both noise and linf; choose one"
    recipe = recipe_of(name, settings)
    if recipe["schedule"] == "plateau" and not recipe["validate_on"]:
        yield f"{place} follows a plateau, which needs validate_on: a share"
    if datasets.get(model["dataset"], {}).get("type") not in ("scenes", "stills", "pictures"):
        yield f"{place}.dataset is {model['dataset']!r}, which has no pictures to train on"
    if model["targets"] is not None and "models" not in datasets.get(model["targets"], {}):
        yield f"{place}.targets is {model['targets']!r}, which is no data set"


def start_problems(name, models, registry):
    """A model must go on from one that is published, or from one that is trained from nothing."""
    seen, start = [name], models[name]["start"]
    while start in models and start not in seen:
        seen.append(start)
        start = models[start]["start"]
    if start in seen:
        yield f"frames.models.{name}.start leads back to {start!r}"
    elif start is not None and start not in registry:
        yield f"frames.models.{seen[-1]}.start is {start!r}, which is no model"


def recipe_of(model, settings):
    """The recipe of a model trained here, with its own changes."""
    trained = settings["models"][model]
    return settings["recipes"][trained["recipe"]] | trained["changes"]


def input_size(model, settings, registry):
    """(shorter side, size) of the frames that a model sees, in pixels."""
    if model in settings["models"]:
        size = recipe_of(model, settings)["size"]
        return short_side(size), size
    row = registry.get(model, {"resize": 256, "size": 224})  # a model that is only handed in
    return row["resize"], row["size"]


def preprocessing(model, settings, registry):
    """Mean, deviation and channels that a model sees; those of its start if it is trained here."""
    while model in settings["models"]:
        model = settings["models"][model]["start"]
    row = registry.get(model, {"mean": MEAN, "std": STD, "channels": "RGB"})
    return {key: row[key] for key in ("mean", "std", "channels")}


def available(model, dataset, settings, registry):
    """Whether a model's predictions for a data set can be made or are handed in."""
    return (
        model in dataset["predictions"]
        or model in settings["models"]
        or registry[model]["source"] != ""
    )


# What the folder of a data set's frames holds, next to metadata.
FRAMES = {"vid": ["val/*"], "ytbb": ["ytbb_videos/*", "*_[0-9]*"]}


def frames_folder(dataset):
    """The folder of a data set's frames; None for one that is only scored."""
    made = "made here" if dataset["type"] == "scenes" else None
    return dataset.get("frames") or dataset.get("path") or made


def has_frames(dataset):
    """Whether frames are there to be shown, as far as can be told before they are unpacked."""
    folder = frames_folder(dataset)
    if folder is None:
        return False
    if dataset["type"] == "scenes" or dataset.get("source") or not Path(folder).is_dir():
        return True
    return any(any(Path(folder).glob(pattern)) for pattern in FRAMES[dataset["type"]])


def as_registered(trained, given=()):
    """Rows of a registry for detectors, which are classifiers, too."""
    return {
        name: {"kind": "detection", "source": source, "weights": ""}
        for names, source in ((given, "handed in"), (trained, "trained here"))
        for name in names
    }


class Classifiers:
    """The models of a configuration's data sets: which there are, of what kind, from where."""

    def __init__(self, config, registry):
        self.datasets, self.settings = config["datasets"], config["frames"]
        given = [name for each in self.datasets.values() for name in each.get("detections", ())]
        self.registry = registry | as_registered(config["detection"]["models"], given)

    def available(self, dataset, model):
        return available(model, self.datasets[dataset], self.settings, self.registry)

    def all(self, dataset):
        return [*self.datasets[dataset]["models"], *self.datasets[dataset]["narrow"]]

    def evaluated(self, dataset):
        """Models whose predictions can be had, without those of Table 9."""
        return [m for m in self.datasets[dataset]["models"] if self.available(dataset, m)]

    def representatives(self, dataset):
        """{kind: model} of those that can be had."""
        chosen, models = self.datasets[dataset]["representatives"], self.all(dataset)
        return {
            kind: model
            for kind, model in chosen.items()
            if model in models and self.available(dataset, model)
        }

    def counterparts(self, dataset, models):
        """{model: what it is compared with}: where it starts, or the same network untreated."""
        evaluated, trained = self.evaluated(dataset), self.settings["models"]

        def plain(model):
            return trained[model] | dict.fromkeys(("kind", "noise", "linf"))

        found = {}
        for model in filter(trained.__contains__, models):
            alike = [
                other
                for other in evaluated
                if other == trained[model]["start"]
                or (other in trained and other != model and plain(other) == plain(model)
                    and not (trained[other]["noise"] or trained[other]["linf"]))
            ]  # fmt: skip
            if alike:
                found[model] = alike[0]
        return found

    def best(self, dataset):
        """The model of Figures 1, 7 and 10 and Tables 4, 7 and 8: the deeper fine-tuned one."""
        chosen = self.datasets[dataset]["representatives"].get("finetuned_deep")
        models = ([chosen] if chosen else []) + self.datasets[dataset]["models"]
        return next(model for model in models if self.available(dataset, model))

    def kind(self, dataset, model):
        trained, handed_in = self.settings["models"], self.datasets[dataset]["predictions"]
        if model in trained and model not in handed_in:
            return trained[model]["kind"]
        known = self.registry.get(model, {}).get("kind", "ilsvrc")
        return handed_in.get(model, {}).get("kind", known)

    def origin(self, dataset, model):
        """Where a model's weights come from, or why there are none."""
        if model in self.datasets[dataset]["predictions"]:
            return "handed in"
        if model in self.settings["models"]:
            return "trained here"
        row = self.registry[model]
        return f"{row['source']} {row['weights']}".strip() or row["note"]

    def has(self, dataset, what):
        """Whether a data set has what a table or figure needs: a key of its own, or frames."""
        dataset = self.datasets[dataset]
        if what == "detectors":
            return bool(dataset["detectors"] or dataset["detections"])
        if what == "trained_detectors":
            return bool(dataset["detectors"])
        return has_frames(dataset) if what == "frames" else bool(dataset[what])

    def recipe(self, model):
        """The recipe of a model that is trained here, and where it starts; else None."""
        if model not in self.settings["models"]:
            return None
        return {"start": self.settings["models"][model]["start"] or ""} | recipe_of(
            model, self.settings
        )
