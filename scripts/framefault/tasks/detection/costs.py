"""Work of the stages that handle detectors, and the bytes that they leave."""

from functools import cache

from framefault.data.extent import frames_of
from framefault.data.scenes import HEIGHT, WIDTH

RELEASED = (1280, 720)  # pixels of most frames of ImageNet-VID
PASSES = 3  # backward is two
FOUND = 2000.0  # bytes of what is found in a frame


def train(stage, wildcards, config):
    model = config["detection"]["models"][wildcards["model"]]
    recipe = config["detection"]["recipes"][model["recipe"]]
    dataset = config["datasets"][model["dataset"]]
    pictures = recipe.get("batches", 0) * recipe["batch_size"]
    if not pictures and dataset["type"] == "scenes":
        pictures = dataset["videos"]["train"] * dataset["length"] / config["frames"]["every"]
    operations, parameters = counted_for(wildcards, config)
    return PASSES * recipe["epochs"] * pictures * operations, 12.0 * parameters


def predict(stage, wildcards, config):
    frames = frames_of(wildcards["dataset"], config)
    return frames * counted_for(wildcards, config)[0], frames * FOUND


def counted_for(wildcards, config):
    """(tera-operations for a frame, parameters) of a detector."""
    made = config["datasets"][wildcards["dataset"]]["type"] == "scenes"
    network = config["detection"]["models"][wildcards["model"]]["network"]
    return counted(network, (WIDTH, HEIGHT) if made else RELEASED)


def counted(network, size, classes=30):
    """(tera-operations for one frame, parameters) of a detector; `size` is (width, height).

    Counted by torch, on no data, for as many regions as the second stage sees at most.
    """
    return _counted(tuple(sorted(network.items())), tuple(size), classes)


@cache
def _counted(network, size, classes):
    import torch

    from framefault.tasks.detection.networks import build
    from framefault.training import operations

    def forward():
        model = build(dict(network), classes).eval()
        short, long = model.transform.min_size[0], model.transform.max_size
        scale = min(short / min(size), long / max(size))
        width, height = (round(scale * side) for side in size)
        features = model.backbone(torch.empty(1, 3, height, width))
        features = [features] if isinstance(features, torch.Tensor) else list(features.values())
        model.rpn.head(features)
        heads, cells = model.roi_heads, model.roi_heads.box_roi_pool.output_size
        regions = model.rpn.post_nms_top_n()
        pooled = torch.empty(regions, model.backbone.out_channels, *cells)
        heads.box_predictor(heads.box_head(pooled))
        return model

    return operations.counted(forward)


# Stages by the start of their names: the first that fits.
WORK = {"train_detection": train, "predict_detection": predict}
