"""What jobs will cost: hours and bytes, from earlier runs of the same stage or reference rates.

The cost of a job is taken as proportional to its work, which is counted in a unit that suits its
stage: megabytes read, megapixels decoded, tera-operations of a network, or just jobs.
"""

import csv
import re
from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from statistics import median

from framefault.clips.decode import cache_size
from framefault.clips.segments import sliding_windows
from framefault.errors import UserError
from framefault.files import read_csv
from framefault.pmk import costs as pmk
from framefault.workflow.provenance import read_record

RATES = Path(__file__).resolve().parents[2] / "config" / "costs.csv"
USAGE = re.compile(r"usage: ([0-9.]+) s, ([0-9.]+) CPU s, [0-9]+ MB$")
UNITS = {
    "generate": "megapixels", "encode": "megapixels", "decode": "megapixels",
    "manifest": "megabytes", "corrupt": "megabytes", "checksum": "megabytes",
    "train": "teraflop", "predict": "teraflop",
}  # fmt: skip
PASSES = {"train_none": 3, "train_bat": 3, "train_at": 6}  # backward is two; AT does all twice
CPUS_PER_GPU = 2  # busy while a GPU computes: one drives it, one or more cut crops
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


def clips_of(dataset, name, split):
    """The clips of a split: from the manifest where it was made, else as the settings expect."""
    manifest = Path(f"results/manifests/{name}.csv")
    if manifest.is_file():
        rows = [row for row in read_csv(manifest) if row["split"] == split]
        frames, size, width, height = (
            sum(float(row[key]) for row in rows) / max(1, len(rows))
            for key in ("frames", "bytes", "width", "height")
        )
        return Clips(len(rows), frames, size, int(width), int(height))
    if dataset["type"] == "generated":
        count = 10 * dataset["clips"][split]
        size = dataset["width"], dataset["height"]
        return Clips(count, dataset["frames"], dataset["frames"] * size[0] * size[1] / 6.6, *size)
    expected = dataset["expected"]
    if expected is None:
        raise UserError(
            f"How many clips {name} holds is not known: make {manifest} first,"
            f" or give datasets.{name}.expected."
        )
    size = expected["width"], expected["height"]
    return Clips(expected["clips"][split], expected["frames"], expected["bytes"], *size)


def changed(corruption, level, size):
    """Expected share of clips of `size` bytes that a corruption changes; others cost nothing."""
    level = float(level)
    if corruption == "packet_loss":
        return 1 - (1 - level) ** max(1, size / PACKET)
    if corruption == "random":
        return 1 - (1 - level) ** (8 * size)
    return 1.0


@cache
def teraflop(depth, width, frames, size):
    """Tera-operations of one forward pass of R3D for one segment, counted by torch."""
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    from framefault.models.r3d import R3D

    with torch.device("meta"), FlopCounterMode(display=False) as counter:
        R3D(depth, 51, width).eval()(torch.empty(1, 3, frames, size, size))
    return counter.get_total_flops() / 1e12


@cache
def parameters(depth, width):
    import torch

    from framefault.models.r3d import R3D

    with torch.device("meta"):
        return sum(each.numel() for each in R3D(depth, 51, width).parameters())


def work(stage, wildcards, config):
    """Units of work of a job, and the bytes it leaves."""
    kind = stage.split("_")[0]
    if kind == "time":
        return pmk.work(stage, wildcards, config["time"])
    if kind not in UNITS:
        return 1.0, 2000.0
    dataset = config["datasets"][wildcards["dataset"]]
    train, test = (clips_of(dataset, wildcards["dataset"], split) for split in ("train", "test"))
    stored = train.count * train.bytes + test.count * test.bytes
    if kind == "generate":
        return train.megapixels + test.megapixels, stored
    if kind == "manifest":
        return stored / 1e6, 200.0 * (train.count + test.count)
    if kind == "train":
        return training(stage, train, test, config, config["recipes"][dataset["recipe"]])
    clips = train if wildcards.get("split") == "train" else test
    share = changed(wildcards.get("corruption", "none"), wildcards.get("level", 0), clips.bytes)
    if kind == "predict":
        segments = len(sliding_windows(round(clips.frames), config["model"]["frames"]))
        return share * clips.count * segments * flops_of(config["model"]), clips.count * 500.0
    part = clips.count / dataset["shards"][wildcards["split"]]
    if kind == "checksum":
        return part * clips.bytes / 1e6, 100.0 * part
    if kind == "corrupt":
        return part * clips.bytes / 1e6, part * clips.bytes
    megapixels = part * clips.megapixels / clips.count
    if kind == "encode":
        return megapixels * (dataset["container"] == "mp4"), part * clips.bytes
    cached = 3 * cached_pixels(clips, wildcards["split"], config)
    return share * megapixels, share * part * clips.frames * cached


def training(stage, train, test, config, recipe):
    segments = PASSES[stage] * train.count
    if recipe["validate_on"] == "test":
        segments += 3 * test.count
    model = config["model"]
    weights_and_checkpoint = 12.0 * parameters(model["depth"], model["width"])
    return recipe["epochs"] * segments * flops_of(model), weights_and_checkpoint


def flops_of(model):
    return teraflop(model["depth"], model["width"], model["frames"], model["size"])


def cached_pixels(clips, split, config):
    if split == "test":
        return config["model"]["size"] ** 2
    width, height = cache_size(clips.width, clips.height, config["decode"]["train_short_side"])
    return width * height


@dataclass
class Rate:
    """Seconds per unit of work, and how that is known."""

    cpu: float
    gpu: float
    basis: str


def rates(jobs, config):
    """{stage: Rate}: measured by earlier jobs of this configuration, else by reference."""
    gpus = config["compute"]["gpus"]
    found = {}
    with open(RATES, encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if gpus and row["gpu_seconds"]:
                gpu = float(row["gpu_seconds"])
                found[row["stage"]] = Rate(CPUS_PER_GPU * gpu, gpu, row["gpu_basis"])
            else:
                found[row["stage"]] = Rate(float(row["cpu_seconds"]), 0.0, row["cpu_basis"])
    measured = defaultdict(list)
    for stage, wildcards, log, output in jobs:
        used, units = usage(log), work(stage, wildcards, config)[0]
        on_gpu = gpus and {"train", "predict"} & set(stage.split("_"))
        if used and units and not (on_gpu and not made_on_gpu(output)):
            wall, cpu = used
            measured[stage].append((cpu / units, wall / units if on_gpu else 0.0))
    for stage, pairs in measured.items():
        cpu, gpu = (median(each) for each in zip(*pairs, strict=True))
        found[stage] = Rate(cpu, gpu, f"{len(pairs)} earlier jobs")
    return found


def usage(log):
    """(wall seconds, CPU seconds) that a finished job wrote at the end of its log, or None."""
    try:
        *_, last = Path(log).read_text(encoding="utf-8", errors="replace").splitlines()
    except (OSError, ValueError):
        return None
    found = USAGE.search(last)
    return (float(found[1]), float(found[2])) if found else None


def made_on_gpu(output):
    record = read_record(output)
    return record is not None and "cpu" not in str(record.get("device", "cpu")).lower()
