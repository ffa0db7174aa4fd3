"""The training script as a process that is killed."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from clips import RECIPE, decoded_clips
from framefault.errors import UserError
from framefault.training.loop import hold_out
from framefault.workflow.fingerprint import fingerprint
from workflow_tools import ROOT

pytestmark = pytest.mark.slow

NETWORK = {"depth": 10, "width": 0.0625, "frames": 8, "size": 16}
CHECKPOINT = Path("results/checkpoints/d/none/seed0.pt")


def command(data):
    """The stage's command line; it writes into the folder in which it is run."""
    files = {
        "input": {"clean": [str(data / "shard.frames")], "validation": [], "start": []},
        "output": {"weights": "weights.safetensors", "history": "history.csv"},
        "wildcards": {"dataset": "d", "model": "none", "training": "0"}, "circumstances": {},
    }  # fmt: skip
    settings = {"recipe": RECIPE | {"epochs": 20}, "network": NETWORK, "precision": "float32"}
    stage = ["train_recognition_none", "framefault.tasks.recognition.networks.r3d"]
    code = fingerprint(*stage)
    options = ["--settings", json.dumps(settings), "--files", json.dumps(files), "--code", code]
    script = str(ROOT / "scripts/run.py")
    return [sys.executable, script, *stage, *options]


def test_killed_training_goes_on_from_its_last_epoch_with_the_same_weights(tmp_path):
    decoded_clips(tmp_path, count=12)
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    for folder in (whole, killed):
        folder.mkdir()
    subprocess.run(command(tmp_path), cwd=whole, check=True)
    running = subprocess.Popen(command(tmp_path), cwd=killed)
    while not (killed / CHECKPOINT).exists():
        assert running.poll() is None
        time.sleep(0.005)
    running.kill()
    assert running.wait() == -signal.SIGKILL
    assert not (killed / "weights.safetensors").exists()
    resumed = subprocess.run(
        command(tmp_path), cwd=killed, check=True, stderr=subprocess.PIPE, text=True
    )
    assert "resumed after epoch" in resumed.stderr
    for name in ("weights.safetensors", "history.csv"):
        assert (killed / name).read_bytes() == (whole / name).read_bytes()
    assert not (killed / CHECKPOINT).exists()


def test_held_out_clips_are_not_learned_and_do_not_depend_on_the_seed():
    learned, held_out = hold_out(range(50), 0.1, "d")
    assert len(held_out) == 5
    assert sorted(learned + held_out) == list(range(50))
    assert hold_out(range(50), 0.1, "d") == (learned, held_out)
    assert hold_out(range(50), 0.1, "other") != (learned, held_out)


@pytest.mark.parametrize("validate_on", ["test", None])
def test_without_a_share_everything_is_learned(validate_on):
    assert hold_out(range(5), validate_on, "d") == ([0, 1, 2, 3, 4], [])


def test_videos_are_held_out_as_a_whole():
    videos = np.repeat([f"video {number}" for number in range(20)], 7)
    learned, held_out = hold_out(videos, 0.1, "d")
    assert not set(videos[learned]) & set(videos[held_out])
    assert len(set(videos[held_out])) == 2 and len(held_out) == 14
    assert sorted(learned + held_out) == list(range(140))


def test_a_small_share_holds_out_one_video_and_a_single_one_cannot_be():
    assert len(hold_out(range(5), 0.01, "d")[1]) == 1
    with pytest.raises(UserError, match="one video only"):
        hold_out(["a"] * 9, 0.5, "d")
