"""A disk that fills up: one sentence, nothing half-written, and the same bytes once there is room.

The disk is a small tmpfs in a mount namespace, where this file runs as a program.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from base64 import urlsafe_b64decode
from pathlib import Path

import pytest

from clips import as_pictures
from crash_tools import (
    CALL,
    copy_without,
    differences,
    finished_project,
    result_files,
    tiny_project,
)
from workflow_tools import ROOT, snakemake

ROOM = 1_000_000_000
SENTENCE = re.compile(r"Cannot write (\S+): No space left on device; solve that and run the .*")
LAST_STEPS = (
    *(f"{kind}/motion/{model}" for kind in ("predictions", "cells") for model in ("none", "bat")),
    "tables", "comparison",
)  # fmt: skip


def in_namespace(*arguments, check=True):
    """Run a command as one who may mount disks that nobody else sees."""
    path = os.pathsep.join(str(ROOT / folder) for folder in ("scripts", "tests"))
    return subprocess.run(
        ["unshare", "--user", "--map-root-user", "--mount", *map(str, arguments)],
        env=os.environ | {"PYTHONPATH": path}, stdout=subprocess.PIPE, text=True, check=check,
    )  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def may_mount(tmp_path_factory):
    mount = ("mount", "-t", "tmpfs", "tmpfs", tmp_path_factory.mktemp("disk"))
    if not shutil.which("unshare") or in_namespace(*mount, check=False).returncode:
        pytest.skip("needs user namespaces")


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    return finished_project(tmp_path_factory)


# The whole workflow -----------------------------------------------------------------------------


def run_until_there_is_room(project, disk, kept, limit, *rooms):
    """Run on a disk that has some more bytes or files free each time; keep what there was."""
    aside = kept / "aside"
    shutil.copytree(disk, aside, symlinks=True)
    mount_disk(disk, size=ROOM)
    shutil.copytree(aside, disk, symlinks=True, dirs_exist_ok=True)
    for number, room in enumerate(rooms):
        remount(disk, limit, int(room))
        done = snakemake(project, *CALL, check=False)
        shutil.copytree(project / "results", kept / str(number) / "results")
        (kept / str(number) / "said.txt").write_text(done.stdout, encoding="utf-8")
        if done.returncode == 0:
            break


def mount_disk(disk, size):
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", disk], check=True)


def remount(disk, limit, room):
    """Leave so much room: bytes for "size", files for "nr_inodes"."""
    now = os.statvfs(disk)
    used = {
        "size": (now.f_blocks - now.f_bfree) * now.f_frsize,
        "nr_inodes": now.f_files - now.f_ffree,
    }
    subprocess.run(["mount", "-o", f"remount,{limit}={used[limit] + room}", disk], check=True)


def without_last_steps(finished, folder):
    """A copy without the last results, and without Snakemake's records of them."""
    project = copy_without(finished, folder, *LAST_STEPS)
    removed = tuple(f"results/{path}/" for path in LAST_STEPS)
    for record in (project / "results/.records").iterdir():
        if urlsafe_b64decode(record.name).decode().startswith(removed):
            record.unlink()
    return project


LONG = [
    ("nothing", "results", "size", (600_000,) * 25),
    ("models", "results", "size", tuple(range(4096, 80_000, 8192))),
    ("models", "results", "nr_inodes", tuple(range(1, 40, 3))),
    ("models", ".", "size", tuple(range(0, 100_000, 20_000))),
]


@pytest.mark.parametrize(
    ("start", "disk", "limit", "rooms"),
    [
        ("nothing", "results", "size", (300_000, 4_000_000)),
        ("models", "results", "size", (20_000, 60_000)),
        ("copy", "results", "size", (0,)),
        ("models", "results", "nr_inodes", (1, 20)),
        ("models", ".", "size", (50_000,)),
        *(pytest.param(*each, marks=pytest.mark.long) for each in LONG),
    ],
    ids=lambda value: None if isinstance(value, str) else f"{len(value)} times",
)
def test_full_disk_is_one_sentence_and_the_plain_command_goes_on(
    finished, tmp_path, start, disk, limit, rooms
):
    if start == "nothing":
        project = tiny_project(tmp_path / "project")
        (project / "results").mkdir()
    elif start == "copy":  # all that is there is judged, and Snakemake is told of it
        project = copy_without(finished, tmp_path / "project", ".records")
    else:
        project = without_last_steps(finished, tmp_path / "project")
    kept = tmp_path / "kept"
    kept.mkdir()
    program = (sys.executable, __file__, "run_until_there_is_room")
    in_namespace(*program, project, project / disk, kept, limit, *rooms, ROOM)
    *failed, last = sorted(kept.glob("[0-9]*"), key=lambda path: int(path.name))
    assert differences(last, finished) == []
    assert failed
    whole = result_files(finished)
    for each in failed:
        said = (each / "said.txt").read_text(encoding="utf-8")
        sentences = re.findall("^framefault: (.*)$", said, re.MULTILINE)
        assert [line for line in sentences if not SENTENCE.fullmatch(line)] == []
        assert sentences or "No space left on device" in said
        assert not re.search('^ *File ".*/scripts/', said, re.MULTILINE)
        for path, data in result_files(each).items():
            assert path.startswith(("results/.records", "results/checkpoints")) or (
                data == whole[path]
            )


# Every writer -----------------------------------------------------------------------------------


def write_on_full_disk(disk):
    """Print {writer: [error, message, what is left]} for disks with some room or none."""
    import numpy as np
    import torch

    from framefault import files, tabular
    from framefault.tasks.recognition import predictions
    from framefault.tasks.recognition.networks.r3d import R3D
    from framefault.training import weights
    from framefault.training.checkpoint import Checkpoint
    from framefault.training.loop import make_scheduler
    from framefault.video import cache as frames
    from framefault.workflow import provenance
    from framefault.workflow.job import Job, Named

    def made_nothing(record):
        return Job(Named(), Named(provenance=record), Named(), Named(), Named(), 1, "")

    draw = np.random.default_rng(0)
    row = dict.fromkeys(predictions.SCHEMA.names) | {"logits": draw.random((99, 99)).tolist()}
    account = dict.fromkeys(frames.ACCOUNT.names) | {"unchanged": False, "stored": range(20)}
    pictures = as_pictures(draw.integers(0, 256, (20, 64, 64, 3), np.uint8))
    model = R3D(10, 3, width=0.0625)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    scheduler = make_scheduler(optimizer, {"schedule": "cosine", "warmup": 0, "epochs": 1}, 1)
    checkpoint = Checkpoint(disk / "checkpoint.pt", "key")

    def save_checkpoint():
        checkpoint.save(model, optimizer, scheduler, [])
        checkpoint.finish()

    writers = {
        "clips.zip": lambda path: files.write_clips(path, [("a.mp4", draw.bytes(300_000))]),
        "table.csv": lambda path: tabular.write_csv(path, [{"a": i} for i in range(99_999)]),
        "cell.json": lambda path: files.write_json(path, list(range(99_999))),
        "small.json": lambda path: files.write_json(path, {}),
        "rows.parquet": lambda path: tabular.write_parquet(path, [row] * 20, predictions.SCHEMA),
        "weights.safetensors": lambda path: weights.save_weights(model, path, ["a", "b", "c"]),
        "checkpoint.pt": lambda path: save_checkpoint(),
        "shard.frames": lambda path: frames.write_shard(
            path, path.with_suffix(".parquet"), [(pictures, account)] * 3
        ),
        "made.provenance.json": lambda path: provenance.write("table", made_nothing(path), {}),
    }
    mount_disk(disk, size=ROOM)
    outcomes = {}
    for name, write in writers.items():
        for room in (0, 4096, 200_000):
            for path in disk.iterdir():
                path.unlink()
            (disk / name).write_bytes(b"old")
            remount(disk, "size", room)
            try:
                write(disk / name)
                error = None
            except Exception as caught:
                error = caught
            left = {path.name: path.read_bytes().decode("latin") for path in disk.iterdir()}
            outcomes[f"{name} {room}"] = [type(error).__name__, str(error), left]
    print(json.dumps(outcomes))


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory):
    disk = tmp_path_factory.mktemp("disk")
    return json.loads(in_namespace(sys.executable, __file__, "write_on_full_disk", disk).stdout)


@pytest.mark.parametrize("room", [0, 4096, 200_000])
@pytest.mark.parametrize(
    "name",
    [
        "clips.zip", "table.csv", "cell.json", "small.json", "rows.parquet",
        "weights.safetensors", "checkpoint.pt", "shard.frames", "made.provenance.json",
    ],
)  # fmt: skip
def test_writer_says_that_the_disk_is_full_and_keeps_the_older_file(outcomes, name, room):
    error, message, left = outcomes[f"{name} {room}"]
    if room > 0 and name in ("small.json", "made.provenance.json"):
        assert error == "NoneType"
    else:
        assert error == "UserError"
        assert SENTENCE.fullmatch(message)
        assert left == {name: "old"}


if __name__ == "__main__":
    name, *arguments = sys.argv[1:]
    globals()[name](*(Path(each) if "/" in each else each for each in arguments))
