"""Work of the stages that handle pictures and their classifiers, and the bytes that they leave."""

import re
from functools import cache
from pathlib import Path

from framefault.data.extent import frames_of
from framefault.data.scenes import HEIGHT, WIDTH
from framefault.errors import UserError
from framefault.tabular import read_csv
from framefault.tasks.frames.registry import read_registry
from framefault.tasks.frames.settings import recipe_of

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
PARAMETERS = 50e6  # of the larger ones


def predict(stage, wildcards, config):
    frames, model = frames_of(wildcards["dataset"], config), wildcards["model"]
    return frames * teraflop(model, config["frames"]), frames * OUTPUTS * 4.0


def decode(stage, wildcards, config):
    frames = frames_of(wildcards["dataset"], config)
    return megapixels(wildcards, config), frames * 3.0 * int(wildcards["size"]) ** 2


def megapixels(wildcards, config):
    """How large all frames of a data set's test videos are together."""
    scenes = config["datasets"][wildcards["dataset"]]["type"] == "scenes"
    pixels = WIDTH * HEIGHT if scenes else RELEASED
    return frames_of(wildcards["dataset"], config) * pixels / 1e6


def list_streams(stage, wildcards, config):
    return megapixels(wildcards, config), 2000.0


def train(stage, wildcards, config):
    settings, name = config["frames"], wildcards["model"]
    model, recipe = settings["models"][name], recipe_of(name, settings)
    passes = 3  # backward is two
    if model["linf"]:
        passes *= 1 + model["linf"]["steps"]
    pictures = recipe["epochs"] * pictures_of(wildcards["dataset"], config)
    weights_and_checkpoint = 12.0 * counted(recipe["size"], **model["network"])[1]
    return passes * pictures * teraflop(name, settings), weights_and_checkpoint


def pictures_of(name, config):
    """Number of pictures of a data set that is trained on: made here, listed, or as expected."""
    dataset = config["datasets"][name]
    if dataset["type"] == "stills":
        return dataset["images"]
    if dataset["type"] == "scenes":
        return dataset["videos"]["train"] * dataset["length"] / config["frames"]["every"]
    if Path(dataset.get("list", "")).is_file():
        return len(read_csv(dataset["list"]))
    if dataset["expected"] is None:
        raise UserError(
            f"How many pictures {name} has is not known: give datasets.{name}.expected."
        )
    return dataset["expected"]


def teraflop(model, settings):
    """Tera-operations of a forward pass for one picture."""
    if model in settings["models"]:
        size = recipe_of(model, settings)["size"]
        return counted(size, **settings["models"][model]["network"])[0]
    row = read_registry(settings["registry"])[model]
    network = re.split("[/:.]", row["weights"])[0]
    if row["source"] in ("torchvision", "file"):
        return counted(row["size"], network)[0]
    return 2e-3 * MULTIPLY_ADDS.get(network, TYPICAL)


@cache
def counted(size, name, **shape):
    """(tera-operations for one picture, parameters) of a network, counted by torch.

    Those of other libraries need not be there to plan.
    """
    if name in MULTIPLY_ADDS:
        return 2e-3 * MULTIPLY_ADDS[name], PARAMETERS
    import torch

    from framefault.tasks.frames.networks import build
    from framefault.training import operations

    def forward():
        network = build(name, OUTPUTS, **shape).eval()
        network(torch.empty(1, 3, size, size))
        return network

    return operations.counted(forward)


WORK = {
    "train_frames": train,
    "predict_frames": predict,
    "decode_frames": decode,
    "manifest_streams": list_streams,
    "decode_pictures": lambda *_: (1.0, 2e7),
    "fetch_weights": lambda *_: (1.0, 1.5e8),
}
