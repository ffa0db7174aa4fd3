"""How much video a data set holds, for planning: as its manifest says, or as it is expected to."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from framefault.corruption.names import damage_of
from framefault.corruption.registry import share_changed
from framefault.data import REACH
from framefault.data.manifest import read_manifest
from framefault.errors import UserError


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
        return Clips(*clips_listed(manifest.resolve(), manifest.stat().st_mtime_ns, split))
    if dataset["type"] in ("motion", "crowd"):
        return generated(dataset, split)
    expected = dataset["expected"]
    if expected is None:
        raise UserError(
            f"How many clips {name} holds is not known: make {manifest} first,"
            f" or give datasets.{name}.expected."
        )
    if dataset["type"] == "mot":
        counts = {"train": 0, "test": len(dataset["sequences"])}
    else:
        counts = expected["clips"]
    size = expected["width"], expected["height"]
    return Clips(counts[split], expected["frames"], expected["bytes"], *size)


@cache
def clips_listed(path, changed, split):
    videos = read_manifest(path, split)
    mean = videos[["frames", "bytes", "width", "height"]].mean().fillna(0)
    return len(videos), *mean[:2].tolist(), *mean[2:].astype(int).tolist()


def generated(dataset, split):
    """The clips of a split of a data set that is made at run time."""
    width, height = dataset["width"], dataset["height"]
    if dataset["type"] == "motion":
        count, frames = 10 * dataset["clips"][split], dataset["frames"]
    else:
        count, frames = dataset["sequences"][split], dataset["frames"][split]
    return Clips(count, frames, frames * width * height / 6.6, width, height)


def shard_of(wildcards, config):
    """The part of a split that one shard holds."""
    clips = clips_of(wildcards, config)
    clips.count /= config["datasets"][wildcards["dataset"]]["shards"][wildcards["split"]]
    return clips


def changed(wildcards, size):
    """Expected share of clips of `size` bytes that a corruption changes; others cost nothing."""
    clean = damage_of(wildcards["corruption"]) == "clean"
    return 1.0 if clean else share_changed(wildcards["corruption"], float(wildcards["level"]), size)


def frames_of(name, config):
    """Number of distinct frames of pm-k sets: as they were made, or as they are expected to be."""
    dataset, sets = config["datasets"][name], Path(f"results/manifests/{name}.json")
    if sets.is_file():
        return frames_listed(sets.resolve(), sets.stat().st_mtime_ns)
    if dataset["type"] == "scenes":
        return dataset["videos"]["test"] * (2 * REACH + 1)
    if not {"anchors", "pairs"} <= set(dataset["expect"]):
        raise UserError(
            f"How many frames {name} has is not known: make {sets} first,"
            f" or give datasets.{name}.expect."
        )
    return dataset["expect"]["anchors"] + dataset["expect"]["pairs"]


@cache
def frames_listed(path, changed):
    return len(json.loads(path.read_text(encoding="utf-8"))["frames"])
