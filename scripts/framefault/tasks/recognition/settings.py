"""Models of your own for action recognition: what an entry means, and what can be wrong with it."""

import sys
from importlib.util import find_spec
from pathlib import Path
from string import Formatter

WEIGHT_FILES = (".pth", ".pt", ".safetensors")
NETWORK_FILES = (".onnx", ".pt", ".ts", ".torchscript")
KINDS = ("factory", "file", "predictions")
# What a network sees of a clip.
SEES = ("frames", "stride", "size", "range", "mean", "std", "channels", "layout")
IN_NAMES = ("corruption", "level", "seed")  # of files with predictions


def add_rows(settings, datasets, registry):
    """Fill in the keys of rows of the registry: of entries that name one, of data sets' models."""
    models = settings["models"]
    for dataset in datasets.values():
        for name in dataset["models"]:
            if name not in models and name in registry:
                models[name] = {"row": name}
    for name, model in models.items():
        if not set(KINDS[1:]) & set(model):
            models[name] = registry.get(model.get("row"), {}) | model


def kind_of(model):
    """The one key of KINDS that an entry has."""
    return next(key for key in KINDS if model[key] is not None)


def is_published(model):
    """Whether the weights are those that torchvision publishes, by their name."""
    return kind_of(model) == "factory" and not model["weights"].endswith(WEIGHT_FILES)


def published(name, model):
    """What says which published weights a model has, as of `published.fetch`."""
    tag = f"{model['factory'].rpartition(':')[2]}/{model['weights']}"
    return {"model": name, "source": "torchvision", "weights": tag}


def is_of_clean_clips_only(model):
    """Whether predictions by file are of clean clips: their name tells no condition."""
    return model["predictions"] is not None and "{corruption}" not in model["predictions"]


def view_of(model, network):
    """Name of the cache of clips in the size that a model sees; "" for that of all defences."""
    resize = model["resize"] or model["size"]
    if resize == model["size"] == network["size"]:
        return ""
    shape = "x".join(map(str, resize)) if isinstance(resize, list) else resize
    return f"{shape}_{model['size']}"


def own_files(model):
    """The user's files that decide what a network says: its own or its weights, code, classes."""
    files = [model["file"]]
    if model["factory"] is not None:
        module = model["factory"].partition(":")[0].replace(".", "/")
        sources = [f"{module}{end}" for end in (".py", "/__init__.py")]
        weights = None if is_published(model) else model["weights"]
        files = [weights, *(source for source in sources if Path(source).is_file())]
    return [file for file in (*files, model["classes"]) if file is not None]


def inconsistencies(settings, datasets):
    """Sentences on entries that lack something, and on names that refer to nothing."""
    models = settings["models"]
    for name, dataset in datasets.items():
        for model in dataset["models"]:
            if model not in models:
                known = ", ".join(map(repr, models)) or "none"
                yield (
                    f"datasets.{name}.models names {model!r}, which is neither in"
                    f" recognition.models ({known}) nor in {settings['registry']}"
                )
    for name, model in models.items():
        yield from model_problems(f"recognition.models.{name}", model)


def model_problems(place, model):
    kinds = [key for key in KINDS if model[key] is not None]
    if len(kinds) != 1:
        has = "has " + " and ".join(kinds) if kinds else "lacks what it is"
        if model["row"] is not None and not kinds:
            has = f"names the row {model['row']!r}, which recognition.registry lacks"
        yield f"{place} {has}; give one of {', '.join(map(repr, KINDS))}, or a `row` that exists"
        return
    if kinds == ["predictions"]:
        yield from pattern_problems(f"{place}.predictions", model["predictions"])
        return
    for key in ("frames", "size"):
        if model[key] is None:
            yield f"{place} lacks the key {key!r}: how many frames, or pixels, its network takes"
    resize = model["resize"] or model["size"]
    if model["size"] and min(resize if isinstance(resize, list) else [resize]) < model["size"]:
        yield f"{place}.resize is {resize}, but must be at least size, {model['size']}"
    if kinds == ["file"]:
        if not model["file"].endswith(NETWORK_FILES):
            yield (
                f"{place}.file is {model['file']!r}, which is neither an .onnx file nor one of"
                f" TorchScript ({', '.join(NETWORK_FILES[1:])})"
            )
        return
    yield from factory_problems(place, model)


def factory_problems(place, model):
    package = model["factory"].partition(":")[0].partition(".")[0]
    if not is_there(package):
        yield (
            f"{place}.factory is {model['factory']!r}, but there is no Python package {package!r};"
            " install it, or put it into the folder in which you run this"
        )
    if model["weights"] is None:
        yield f"{place} lacks the key 'weights': a file, or the name of torchvision's"
    elif is_published(model) and package != "torchvision":
        yield (
            f"{place}.weights is {model['weights']!r}, which is no {', '.join(WEIGHT_FILES)} file;"
            " only torchvision's weights have names"
        )


def is_there(package):
    """Whether a package can be found, in the working folder, too; nothing is imported."""
    return (
        package in sys.modules
        or find_spec(package) is not None
        or any(Path(f"{package}{end}").exists() for end in (".py", "/__init__.py"))
    )


def pattern_problems(place, pattern):
    try:
        fields = [each for each in Formatter().parse(pattern) if each[1] is not None]
    except ValueError as error:
        yield f"{place} is {pattern!r}, where braces do not match: {error}"
        return
    named = {name for _, name, _, _ in fields}
    if named - set(IN_NAMES) or any(form or conversion for _, _, form, conversion in fields):
        known = ", ".join(f"{{{name}}}" for name in IN_NAMES)
        yield f"{place} is {pattern!r}, but names of files may hold {known} only"
    elif not pattern.endswith((".csv", ".parquet")):
        yield f"{place} is {pattern!r}, which is neither a .csv nor a .parquet file"
    elif ("corruption" in named) != ("level" in named):
        yield f"{place} is {pattern!r}, but a condition needs both {{corruption}} and {{level}}"
