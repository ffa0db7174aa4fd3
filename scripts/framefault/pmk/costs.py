"""Work of paper B's stages and the bytes that they leave; see framefault.costs."""

import json
import re
from functools import cache
from pathlib import Path

from framefault.errors import UserError
from framefault.pmk.scenes import HEIGHT, WIDTH
from framefault.pmk.sets import REACH
from framefault.pmk.settings import completed, generated, recipe_of

RELEASED = 1280 * 720  # pixels of most frames of the released data sets
OUTPUTS = 1000  # of a network; those trained here have fewer
# About 1e9 multiply-adds per picture of networks that are not torchvision's; none was measured.
MULTIPLY_ADDS = {
    "nasnetalarge": 23.9, "pnasnet5large": 25.0, "inception_resnet_v2": 13.2, "inception_v4": 12.3,
    "dpn68": 2.4, "dpn68b": 2.4, "dpn92": 6.5, "dpn98": 11.7, "dpn107": 18.4, "dpn131": 16.1,
    "legacy_xception": 8.4, "legacy_senet154": 20.8, "legacy_seresnet50": 3.9,
    "legacy_seresnet101": 7.6, "legacy_seresnet152": 11.3, "legacy_seresnext50_32x4d": 4.3,
    "legacy_seresnext101_32x4d": 8.0, "resnext101_32x4d": 8.0, "resnext101_64x4d": 15.5,
    "fbresnet152": 11.6, "cafferesnet101": 7.6, "bninception": 2.0, "nasnetamobile": 0.6,
    "polynet": 34.8, "lite0": 0.4,
}  # fmt: skip
TYPICAL = 10.0  # of other networks


def work(stage, wildcards, settings):
    """(units of work, bytes left) of a job; `settings` are the section `time`.

    Units are megapixels that are decoded, tera-operations of networks, or just jobs. Raises
    UserError where the configuration does not tell how much there is to do.
    """
    if stage.startswith("time_train_"):
        return training(wildcards["model"], *completed(settings))
    if stage not in ("time_frames", "time_predict"):
        return 1.0, 2000.0
    settings, registry = completed(settings)
    dataset = wildcards["dataset"]
    frames = frames_of(dataset, settings["datasets"][dataset])
    if stage == "time_predict":
        return frames * teraflop(wildcards["model"], settings, registry), frames * OUTPUTS * 4.0
    pixels = WIDTH * HEIGHT if generated(settings["datasets"], dataset) else RELEASED
    return frames * pixels / 1e6, frames * 3.0 * int(wildcards["size"]) ** 2


def frames_of(name, dataset):
    """Number of distinct frames: from the pm-k sets where they were made, else as expected."""
    sets = Path(f"results/time/{name}/sets.json")
    if sets.is_file():
        return frames_listed(sets.resolve(), sets.stat().st_mtime_ns)
    if dataset["type"] == "generated":
        return dataset["videos"]["test"] * (2 * REACH + 1)
    if not {"anchors", "pairs"} <= set(dataset["expect"]):
        raise UserError(
            f"How many frames {name} has is not known: make {sets} first,"
            f" or give time.datasets.{name}.expect."
        )
    return dataset["expect"]["anchors"] + dataset["expect"]["pairs"]


@cache
def frames_listed(path, changed):
    return len(json.loads(path.read_text(encoding="utf-8"))["frames"])


def training(model, settings, registry):
    trained, recipe = settings["train"][model], recipe_of(settings, model)
    passes = 3  # backward is two
    if trained["linf"]:
        passes *= 1 + trained["linf"]["steps"]
    pictures = recipe["epochs"] * pictures_of(model, settings)
    weights_and_checkpoint = 12.0 * counted(recipe["size"], **trained["network"])[1]
    return passes * pictures * teraflop(model, settings, registry), weights_and_checkpoint


def pictures_of(model, settings):
    """Number of pictures that a model is trained on: made here, as listed, or as expected."""
    trained = settings["train"][model]
    images = trained["images"]
    if images == "stills":
        return settings["stills"]
    if isinstance(images, str):
        dataset = settings["datasets"][images]
        return dataset["videos"]["train"] * dataset["length"] / settings["every"]
    if images["type"] == "list" and Path(images["path"]).is_file():
        with open(images["path"], "rb") as file:
            return sum(1 for _ in file) - 1
    if trained["expected_images"] is None:
        raise UserError(
            f"How many pictures {model} is trained on is not known:"
            f" give time.train.{model}.expected_images."
        )
    return trained["expected_images"]


def teraflop(model, settings, registry):
    """Tera-operations of a forward pass for one picture."""
    if model in settings["train"]:
        size = recipe_of(settings, model)["size"]
        return counted(size, **settings["train"][model]["network"])[0]
    row = registry[model]
    network = re.split("[/:.]", row["weights"])[0]
    if row["source"] in ("torchvision", "file"):
        return counted(row["size"], network)[0]
    return 2e-3 * MULTIPLY_ADDS.get(network, TYPICAL)


@cache
def counted(size, name, **shape):
    """(tera-operations for one picture, parameters) of a network, counted by torch."""
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    from framefault.pmk.networks import build

    with torch.device("meta"), FlopCounterMode(display=False) as counter:
        network = build(name, OUTPUTS, **shape).eval()
        network(torch.empty(1, 3, size, size))
    return counter.get_total_flops() / 1e12, sum(each.numel() for each in network.parameters())
