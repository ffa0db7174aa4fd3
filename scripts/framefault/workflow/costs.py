"""What jobs will cost: hours and bytes, from earlier runs of the same stage or reference rates.

The cost of a job is taken as proportional to its work, which is counted in a unit that suits its
stage: megabytes read, megapixels decoded, tera-operations of a network, or just jobs.
"""

import re
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from framefault.tabular import read_csv
from framefault.tasks.frames import costs as frames
from framefault.tasks.recognition import costs as recognition
from framefault.workflow.config import CONFIG
from framefault.workflow.provenance import read_record

USAGE = re.compile(r"usage: ([0-9.]+) s, ([0-9.]+) CPU s, [0-9]+ MB$")
CPUS_PER_GPU = 2  # busy while a GPU computes: one drives it, one or more cut crops


def work(stage, wildcards, config):
    """(units of work, bytes left) of a job; stages that cost next to nothing count jobs."""
    for task in (frames, recognition):
        for name, count in task.WORK.items():
            if stage.startswith(name):
                return count(stage, wildcards, config)
    return 1.0, 2000.0


@dataclass
class Rate:
    """Seconds per unit of work, and how that is known."""

    cpu: float
    gpu: float
    basis: str


def rates(jobs, config):
    """{stage: Rate}: measured by earlier jobs of this configuration, else by reference.

    `jobs` are (stage, wildcards, log file, output).
    """
    gpus, measured = config["compute"]["gpus"], defaultdict(list)
    found = {
        row["stage"]: reference(row, gpus)
        for row in read_csv(CONFIG / "costs.csv").to_dict("records")
    }
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
    return record is not None and "cpu" not in str(record.get("device", "cpu")).lower()
