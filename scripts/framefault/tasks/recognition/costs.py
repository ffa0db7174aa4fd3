"""Work of the stages that handle clips and R3D, and the bytes that they leave."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from framefault.data.manifest import read_manifest
from framefault.errors import UserError
from framefault.tasks.recognition.segments import sliding_windows
from framefault.video.decode import cache_size

PASSES = {"none": 3, "bat": 3, "at": 6}  # backward is two; AT does all twice
PACKET = 1400  # bytes of video in a typical RTP packet


@dataclass
class Clips:
    """How much video a split of a data set holds."""

    count: int
    frames: float  # of one clip, on average, like the rest
    bytes: float
    width: int
    height: int

    @property
    def megapixels(self):
        return self.count * self.frames * self.width * self.height / 1e6

    @property
    def stored(self):
        return self.count * self.bytes


def clips_of(wildcards, config, split=None):
    """The clips of a split: from the manifest where it was made, else as the settings expect."""
    name, split = wildcards["dataset"], split or wildcards["split"]
    dataset, manifest = config["datasets"][name], Path(f"results/manifests/{name}.csv")
    if manifest.is_file():
        videos = read_manifest(manifest, split)
        mean = videos[["frames", "bytes", "width", "height"]].mean().fillna(0)
        return Clips(len(videos), *mean[:2].tolist(), *mean[2:].astype(int).tolist())
    if dataset["type"] == "motion":
        size = dataset["width"], dataset["height"]
        bytes_each = dataset["frames"] * size[0] * size[1] / 6.6
        return Clips(10 * dataset["clips"][split], dataset["frames"], bytes_each, *size)
    expected = dataset["expected"]
    if expected is None:
        raise UserError(
            f"How many clips {name} holds is not known: make {manifest} first,"
            f" or give datasets.{name}.expected."
        )
    size = expected["width"], expected["height"]
    return Clips(expected["clips"][split], expected["frames"], expected["bytes"], *size)


def shard_of(wildcards, config):
    """The part of a split that one shard holds."""
    clips = clips_of(wildcards, config)
    clips.count /= config["datasets"][wildcards["dataset"]]["shards"][wildcards["split"]]
    return clips


def changed(wildcards, size):
    """Expected share of clips of `size` bytes that a corruption changes; others cost nothing."""
    level, corruption = float(wildcards["level"]), wildcards["corruption"]
    if corruption == "packet_loss":
        return 1 - (1 - level) ** max(1, size / PACKET)
    if corruption == "random":
        return 1 - (1 - level) ** (8 * size)
    return 1.0


@cache
def counted(depth, width, frames, size):
    """(tera-operations of R3D for one segment, number of parameters), counted by torch."""
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    from framefault.tasks.recognition.r3d import R3D

    with torch.device("meta"), FlopCounterMode(display=False) as counter:
        model = R3D(depth, 51, width).eval()
        model(torch.empty(1, 3, frames, size, size))
    return counter.get_total_flops() / 1e12, sum(each.numel() for each in model.parameters())


def generate(stage, wildcards, config):
    train, test = (clips_of(wildcards, config, split) for split in ("train", "test"))
    return train.megapixels + test.megapixels, train.stored + test.stored


def list_videos(stage, wildcards, config):
    train, test = (clips_of(wildcards, config, split) for split in ("train", "test"))
    return (train.stored + test.stored) / 1e6, 200.0 * (train.count + test.count)


def encode(stage, wildcards, config):
    clips, dataset = shard_of(wildcards, config), config["datasets"][wildcards["dataset"]]
    return clips.megapixels * (dataset["container"] == "mp4"), clips.stored


def corrupt(stage, wildcards, config):
    clips = shard_of(wildcards, config)
    return clips.stored / 1e6, clips.stored


def decode(stage, wildcards, config):
    clips = shard_of(wildcards, config)
    share = changed(wildcards, clips.bytes)
    size = config["recognition"]["network"]["size"]
    width, height = size, size
    if wildcards["split"] == "train":
        width, height = cache_size(clips.width, clips.height, config["decode"]["train_short_side"])
    return share * clips.megapixels, share * clips.count * clips.frames * 3 * width * height


def train(stage, wildcards, config):
    room, dataset = config["recognition"], config["datasets"][wildcards["dataset"]]
    recipe = room["recipes"][dataset["recipe"]]
    operations, parameters = counted(**room["network"])
    segments = PASSES[stage.rpartition("_")[2]] * clips_of(wildcards, config, "train").count
    if recipe["validate_on"] == "test":
        segments += 3 * clips_of(wildcards, config, "test").count
    return recipe["epochs"] * segments * operations, 12.0 * parameters  # with the checkpoint


def predict(stage, wildcards, config):
    clips, network = clips_of(wildcards, config, "test"), config["recognition"]["network"]
    segments = len(sliding_windows(round(clips.frames), network["frames"]))
    share = changed(wildcards, clips.bytes)
    return share * clips.count * segments * counted(**network)[0], 500.0 * clips.count


def checksum(stage, wildcards, config):
    clips = clips_of(wildcards, config, "test")
    return clips.stored / 1e6, 100.0 * clips.count


# Stages by the start of their names: the first that fits.
WORK = {
    "generate_motion": generate,
    "manifest_recognition": list_videos,
    "encode": encode,
    "corrupt_": corrupt,
    "decode": decode,
    "train_recognition": train,
    "predict_recognition": predict,
    "predict_checksum": checksum,
}
