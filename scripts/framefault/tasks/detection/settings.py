"""What the section `detection` of the configuration means, and what can be wrong with it."""


def detectors_of(dataset):
    """Names of a data set's detectors: those that are trained, and those whose boxes are given."""
    return list(dict.fromkeys([*dataset.get("detectors", ()), *dataset.get("detections", ())]))


def inconsistencies(detection, datasets, registry):
    """What a schema cannot see: names that refer to nothing, detectors without boxes to learn."""
    models, recipes = detection["models"], detection["recipes"]
    for name, dataset in datasets.items():
        for model in dataset.get("detectors", ()):
            if model not in models:
                known = ", ".join(map(repr, models))
                yield (
                    f"datasets.{name}.detectors names {model!r}, but detection.models has {known}"
                )
            elif models[model]["dataset"] != name:
                yield (
                    f"datasets.{name}.detectors names {model!r}, which learns the classes of"
                    f" {models[model]['dataset']}: give {name} a detector of its own"
                )
        for model in set(dataset.get("models", ())) & set(models) - set(detectors_of(dataset)):
            yield f"datasets.{name} has the detector {model!r} among models, but not as detectors"
        if detectors_of(dataset) and dataset["type"] != "scenes" and not dataset["annotations"]:
            yield (
                f"datasets.{name} has detectors, which need the boxes of its frames: give"
                " annotations, the folder with an XML file for each frame"
            )
    for name, model in models.items():
        yield from model_problems(f"detection.models.{name}", model, recipes, datasets, registry)


def model_problems(place, model, recipes, datasets, registry):
    if model["recipe"] not in recipes:
        known = ", ".join(map(repr, recipes))
        yield f"{place}.recipe is {model['recipe']!r}, but detection.recipes has {known}"
    elif recipes[model["recipe"]]["schedule"] == "steps":
        missing = {"steps", "factor"} - set(recipes[model["recipe"]])
        if missing:
            yield f"detection.recipes.{model['recipe']} lacks {', '.join(sorted(missing))}"
    if "models" not in datasets.get(model["dataset"], {}):
        yield f"{place}.dataset is {model['dataset']!r}, which is no data set with frames to judge"
    elif model["pictures"] is None and datasets[model["dataset"]]["type"] != "scenes":
        yield f"{place} lacks pictures to learn from: give pictures: {{folder: …, every: …}}"
    if model["start"] is not None and model["network"]["name"] == "small":
        yield f"{place}.start is {model['start']!r}, but the network 'small' has no such backbone"
    if model["start"] is not None and model["start"] not in registry:
        yield f"{place}.start is {model['start']!r}, which is no model of the registry"
    if model["network"]["name"] == "small" and "width" not in model["network"]:
        yield f"{place}.network needs the key 'width' for the network 'small'"
