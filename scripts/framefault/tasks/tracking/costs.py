"""Work of the stages that handle sequences and their tracks, and the bytes that they leave."""

from functools import cache

from framefault.data.extent import changed, clips_of

PASSES = 3  # backward is two
PARAMETERS = 20.4e6  # of FairMOT; the small network has fewer
JPEG = 4e5  # bytes of a megapixel
TRACKED = 300.0  # bytes of the tracks of a frame
# Tera-operations of FairMOT's network for a megapixel, as `counted` has them: no plan
# needs timm. Of other detectors, for a frame.
DLA34, OTHER = 0.2726, 0.001


def counted(network, size):
    """(tera-operations for one frame, parameters) of a network whose input has `size` pixels.

    `size` is (width, height). Counted by torch, on no data.
    """
    return _counted(tuple(sorted(network.items())), tuple(size))


@cache
def _counted(network, size):
    import torch
    from torchvision.ops import deform_conv2d  # noqa: F401, registers the operator

    from framefault.tasks.tracking.networks import build
    from framefault.training import operations

    def forward():
        model = build(dict(network)).eval()
        model(torch.empty(1, 3, *reversed(size)))
        return model

    own = {torch.ops.torchvision.deform_conv2d: deformable}
    return operations.counted(forward, custom_mapping=own)


def deformable(x, weight, *_, out_shape, **__):
    """Operations of a deformable convolution: those of a plain one."""
    batch, _, height, width = out_shape
    return 2 * batch * height * width * weight[0] * weight[1] * weight[2] * weight[3]


def cached_size(clips, split, config):
    """(width, height) of cached frames: all of them."""
    return clips.width, clips.height


def generate(stage, wildcards, config):
    parts = [clips_of(wildcards, config, split) for split in ("train", "test")]
    megapixels = sum(part.megapixels for part in parts)
    return megapixels, JPEG * megapixels


def list_sequences(stage, wildcards, config):
    parts = [clips_of(wildcards, config, split) for split in ("train", "test")]
    return sum(part.megapixels for part in parts), 200.0 * sum(part.count for part in parts)


def teraflop(wildcards, config, clips):
    """Tera-operations of a tracker's detector for one frame; detections by file need none."""
    tracker = config["tracking"]["trackers"][wildcards["model"]]
    if tracker["detector"] != "fairmot":
        return OTHER
    # Frames are padded, as letterbox.py does it; no plan needs torch for that.
    padded = (-(-side // 32) * 32 for side in (clips.width, clips.height))
    width, height = tracker["input"] or padded
    if tracker["network"]["backbone"] == "dla34":
        return DLA34 * width * height / 1e6
    return counted(tracker["network"], (width, height))[0]


def train(stage, wildcards, config):
    clips = clips_of(wildcards, config, "train")
    tracker = config["tracking"]["trackers"][wildcards["model"]]
    epochs = config["tracking"]["recipes"][tracker["recipe"]]["epochs"]
    frames = epochs * PASSES * clips.count * clips.frames
    return frames * teraflop(wildcards, config, clips), 12 * PARAMETERS  # with the checkpoint


def predict(stage, wildcards, config):
    clips = clips_of(wildcards, config, "test")
    frames = changed(wildcards, clips.bytes) * clips.count * clips.frames
    return frames * teraflop(wildcards, config, clips), TRACKED * clips.count * clips.frames


# Stages by the start of their names: the first that fits.
WORK = {
    "generate_crowd": generate,
    "manifest_tracking": list_sequences,
    "train_tracking": train,
    "predict_tracking": predict,
}
