"""What jobs will cost: hours and bytes, from earlier runs of the same stage or reference rates.

The cost of a job is taken as proportional to its work, which is counted in a unit that suits its
stage: megabytes read, megapixels decoded, tera-operations of a network, or just jobs.
"""

import re
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from framefault.corruption.names import damage_of
from framefault.corruption.registry import corruptions
from framefault.data.extent import changed, clips_of, shard_of
from framefault.errors import UserError
from framefault.tabular import read_csv
from framefault.tasks.detection import costs as detection
from framefault.tasks.frames import costs as frames
from framefault.tasks.recognition import costs as recognition
from framefault.tasks.recognition.methods import detectors
from framefault.tasks.tracking import costs as tracking
from framefault.workflow.config import CONFIG, TASKS
from framefault.workflow.provenance import read_record

USAGE = re.compile(r"usage: ([0-9.]+) s, ([0-9.]+) CPU s, [0-9]+ MB$")
IMPORT_SECONDS = 4  # every stage imports its libraries
CPUS_PER_GPU = 2  # busy while a GPU computes: one drives it, one or more cut crops


def encode(stage, wildcards, config):
    clips, dataset = shard_of(wildcards, config), config["datasets"][wildcards["dataset"]]
    is_encoded = stage == "encode_sent" or dataset["container"] == "mp4"
    return clips.megapixels * is_encoded, clips.stored


def corrupt(stage, wildcards, config):
    clips = shard_of(wildcards, config)
    return clips.stored / 1e6, clips.stored


def decode(stage, wildcards, config):
    clips = shard_of(wildcards, config)
    share = changed(wildcards, clips.bytes)
    task = TASKS[config["datasets"][wildcards["dataset"]]["type"]]
    width, height = CACHED_SIZES[task](clips, wildcards, config)
    is_clean = damage_of(wildcards["corruption"]) == "clean"
    kept = share * clips.count * clips.frames * (1 if is_clean else OWN)
    return share * clips.megapixels, kept * BYTES * width * height


def export(stage, wildcards, config):
    clips = clips_of(wildcards, config)
    return clips.stored / 1e6, clips.stored


# Frames of damaged clips that are not the clean clips', which are stored once: 0.62 of them in the
# default run, 0.79 in `make bench`.
OWN = 0.7
BYTES = 1.5  # of a pixel in YUV 4:2:0
CACHED_SIZES = {"recognition": recognition.cached_size, "tracking": tracking.cached_size}
# Stages of all tasks by the start of their names.
WORK = {"encode": encode, "corrupt": corrupt, "decode": decode, "export": export}


def work(stage, wildcards, config):
    """(units of work, bytes left) of a job; stages that cost next to nothing count jobs."""
    for known in (frames.WORK, detection.WORK, recognition.WORK, tracking.WORK, WORK):
        for name, count in known.items():
            if stage.startswith(name):
                return count(stage, wildcards, config)
    return 1.0, 2000.0


@dataclass
class Rate:
    """Seconds per unit of work, and how that is known."""

    cpu: float
    gpu: float
    basis: str


GUESS = Rate(1.0, 0.0, "a guess: 1 s")  # of stages that config/costs.csv does not know


def cost(stage, wildcards, known, config):
    """(CPU seconds, GPU seconds, bytes that stay) of a job, by `rates`."""
    units, size = work(stage, wildcards, config)
    rate = known.get(stage, GUESS)
    return units * rate.cpu, units * rate.gpu, size


def wall(cost, threads):
    """Expected seconds of a job from its `cost`."""
    cpu, gpu, _ = cost
    return IMPORT_SECONDS + (gpu or cpu / threads)


def rates(jobs, config):
    """{stage: Rate}: measured by earlier jobs of this configuration, else by reference.

    `jobs` are (stage, wildcards, log file, output).
    """
    gpus, measured = config["compute"]["gpus"], defaultdict(list)
    found = {
        row["stage"]: reference(row, gpus)
        for row in read_csv(CONFIG / "costs.csv").to_dict("records")
    }
    found |= {f"corrupt_{name}": found["corrupt"] for name in corruptions()}
    found |= {f"score_{name}": found["score_ood"] for name in detectors()}
    for stage, wildcards, log, output in jobs:
        used, units = usage(log), work(stage, wildcards, config)[0]
        on_gpu = found[stage].gpu > 0
        if used and units and not (on_gpu and not made_on_gpu(output)):
            wall, cpu = used
            measured[stage].append((cpu / units, wall / units if on_gpu else 0.0))
    for stage, pairs in measured.items():
        cpu, gpu = (median(each) for each in zip(*pairs, strict=True))
        found[stage] = Rate(cpu, gpu, f"{len(pairs)} earlier jobs")
    return found


def estimated(records, config):
    """{stage: (CPU seconds, GPU seconds, basis)} of the jobs of some records, by reference rates.

    Unlike what jobs took, it is the same wherever and whenever they ran. Work of unknown amount
    counts nothing, and the basis says so.
    """
    rows = {
        re.sub("_paper_[a-z]+", "", row["stage"]): row
        for row in read_csv(CONFIG / "costs.csv").to_dict("records")
    }
    found = {}
    for record in records:
        stage = record["stage"]
        script = stage.split()[0]  # what follows are the modules with its methods
        rate = reference(rows[script], is_of_gpu(record)) if script in rows else GUESS
        try:
            units, basis = work(script, record["wildcards"], config)[0], rate.basis
        except UserError:  # data of which only their owner knows how many they are
            units, basis = 0.0, "not known"
        cpu, gpu, _ = found.get(stage, (0.0, 0.0, ""))
        found[stage] = cpu + units * rate.cpu, gpu + units * rate.gpu, basis
    return found


def reference(row, gpus):
    if gpus and row["gpu_seconds"] > 0:
        return Rate(CPUS_PER_GPU * row["gpu_seconds"], row["gpu_seconds"], row["gpu_basis"])
    return Rate(row["cpu_seconds"], 0.0, row["cpu_basis"])


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
    return record is not None and is_of_gpu(record)


def is_of_gpu(record):
    return "cpu" not in str(record.get("device", "cpu")).lower()
