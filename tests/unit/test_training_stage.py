"""The training script as a process that is killed."""

import json
import signal
import subprocess
import sys
import time

import pytest

from clips import RECIPE, decoded_clips
from framefault.models.training import hold_out
from framefault.workflow.fingerprint import fingerprint
from workflow_tools import ROOT


def command(data, out):
    values = {
        "dataset": "d", "seed": 0, "clean": data / "shard.frames", "model": json.dumps(
            {"depth": 10, "width": 0.0625, "frames": 8, "size": 16}),
        "recipe": json.dumps(RECIPE | {"epochs": 12}), "options": "{}",
        "code": fingerprint("train_none"),
        "weights": out / "weights.safetensors", "history": out / "history.csv",
        "checkpoint": out / "checkpoint.pt", "workers": 1,
    }  # fmt: skip
    options = [word for name, value in values.items() for word in (f"--{name}", str(value))]
    empty = ["--validation", "--corrupted", "--start"]
    return [sys.executable, str(ROOT / "scripts/train_none.py"), *options, *empty]


def test_killed_training_goes_on_from_its_last_epoch_with_the_same_weights(tmp_path):
    decoded_clips(tmp_path, count=24)
    subprocess.run(command(tmp_path, tmp_path / "whole"), check=True)
    out = tmp_path / "killed"
    running = subprocess.Popen(command(tmp_path, out))
    while not (out / "checkpoint.pt").exists():
        assert running.poll() is None
        time.sleep(0.005)
    running.kill()
    assert running.wait() == -signal.SIGKILL
    assert not (out / "weights.safetensors").exists()
    resumed = subprocess.run(command(tmp_path, out), check=True, stderr=subprocess.PIPE, text=True)
    assert "resumed after epoch" in resumed.stderr
    for name in ("weights.safetensors", "history.csv"):
        assert (out / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()
    assert not (out / "checkpoint.pt").exists()


def test_held_out_clips_are_not_learned_and_do_not_depend_on_the_seed():
    learned, held_out = hold_out(50, 0.1, "d")
    assert len(held_out) == 5
    assert sorted(learned + held_out) == list(range(50))
    assert hold_out(50, 0.1, "d") == (learned, held_out)
    assert hold_out(50, 0.1, "other") != (learned, held_out)


@pytest.mark.parametrize("validate_on", ["test", None])
def test_without_a_share_everything_is_learned(validate_on):
    assert hold_out(5, validate_on, "d") == ([0, 1, 2, 3, 4], [])
