"""Networks on a GPU: the CPU's results within rounding, and trainings that go on and are recorded.

These run where torch finds a GPU; the same code is tested on a CPU beside each of its parts.
"""

import json
import logging

import numpy as np
import pytest
import torch
from PIL import Image
from test_detection_networks import RECIPE as BOX_RECIPE
from test_detection_networks import Squares
from test_tracking_training import NETWORK as TRACKER
from test_tracking_training import RECIPE as TRACK_RECIPE
from test_tracking_training import walking

import train_recognition_none
from clips import RECIPE, decoded_clips
from framefault.tasks.detection import networks as detectors
from framefault.tasks.detection.predict import detect
from framefault.tasks.detection.views import DetectionLoss, TrainingPictures
from framefault.tasks.frames import networks as classifiers
from framefault.tasks.frames.inputs import MEAN, STD
from framefault.tasks.frames.predict import logits_of
from framefault.tasks.recognition.adversarial import adversary
from framefault.tasks.recognition.methods import networks
from framefault.tasks.recognition.networks.r3d import R3D
from framefault.tasks.recognition.predict import predict
from framefault.tasks.recognition.views import TrainingClips, validation
from framefault.tasks.tracking import networks as trackers
from framefault.tasks.tracking.fairmot import FairMOT
from framefault.tasks.tracking.losses import TrackingLoss
from framefault.tasks.tracking.views import TrainingFrames
from framefault.training.checkpoint import Checkpoint
from framefault.training.device import describe, pick_device, relative
from framefault.training.loop import batches_ahead, fit
from framefault.training.weights import load_weights, save_weights
from framefault.workflow import provenance
from framefault.workflow.fingerprint import fingerprint
from framefault.workflow.job import Job, Named

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU")
CPU, ROUNDING = torch.device("cpu"), 1e-3
SIZE, LENGTH = 32, 8


def test_a_gpu_is_used_and_named():
    assert pick_device().type == "cuda"
    assert describe(pick_device()) == torch.cuda.get_device_name()


def same(found, expected):
    return relative(*(torch.as_tensor(np.asarray(each)) for each in (found, expected))) < ROUNDING


@pytest.mark.parametrize("depth", [10, 18, 50])
def test_logits_of_clips_are_the_cpus(tmp_path, depth):
    clips = decoded_clips(tmp_path, frames=20, side=SIZE)
    torch.manual_seed(0)
    model = R3D(depth, 5, 0.25)
    for crop in (SIZE, 24):
        here, there = (
            np.concatenate(predict(model, Squared(clips), LENGTH, crop, each, workers=3))
            for each in (CPU, pick_device())
        )
        assert same(there, here)


def test_a_training_step_of_clips_is_the_cpus():
    torch.manual_seed(0)
    model, x = R3D(10, 5, 0.25).train(), torch.randn(4, 3, LENGTH, SIZE, SIZE)
    gradients = []
    for device in (CPU, pick_device()):
        model.to(device).zero_grad()
        model(x.to(device)).square().mean().backward()
        gradients.append([weight.grad.cpu().clone() for weight in model.parameters()])
    here, there = gradients
    assert max(map(relative, there, here)) < 0.01  # TF32


class Squared:
    """Clips, of which the left square is seen."""

    def __init__(self, clips):
        self.clips, self.accounts, self.length = clips, clips.accounts, clips.length

    def __getitem__(self, index):
        return self.clips[index][:, :, :SIZE]


@pytest.mark.parametrize("name", ["resnet18", "alexnet", "small_vgg"])
def test_logits_of_pictures_are_the_cpus(name):
    torch.manual_seed(0)
    model = classifiers.build(name, 10)
    pixels = np.random.default_rng(0).integers(0, 256, (70, 64, 64, 3), np.uint8)
    here, there = (logits_of(model, pixels, MEAN, STD, each) for each in (CPU, pick_device()))
    assert same(there, here)


@pytest.mark.parametrize("network", [TRACKER, {"backbone": "dla34"}], ids=lambda it: it["backbone"])
def test_tracked_objects_are_the_cpus(tmp_path, network):
    if network["backbone"] == "dla34":
        pytest.importorskip("timm")
    torch.manual_seed(0)
    save_weights(trackers.build(network), tmp_path / "w.safetensors", None)
    settings = {"network": network, "input": None, "most": 5}
    frames = np.random.default_rng(0).integers(0, 256, (11, 64, 96, 3), np.uint8)
    here, there = (
        list(FairMOT(tmp_path / "w.safetensors", settings, each).detect(frames))
        for each in (CPU, pick_device())
    )
    assert len(there) == len(here) == 11
    for ours, theirs in zip(there, here, strict=True):
        assert same(ours.scores, theirs.scores)


def test_detected_boxes_are_the_cpus():
    torch.manual_seed(0)
    model = detectors.build({"name": "small", "width": 8}, 2)
    pictures = [Image.fromarray(Squares().open(index)[0]) for index in range(9)]
    here, there = (detect(model, pictures, each) for each in (CPU, pick_device()))
    assert len(here) == len(there) > 0
    assert same(there["score"], here["score"])


# Trainings ----------------------------------------------------------------------------------
def of_clips(folder):
    clips = decoded_clips(folder, count=16, side=SIZE)
    # At higher rates, roundings grow to other losses within an epoch.
    recipe = RECIPE | {"schedule": "plateau", "validate_on": "test", "epochs": 4}
    recipe["learning_rate"] = 5e-4
    labels = [index % 2 for index in range(len(clips))]
    torch.manual_seed(0)
    return {
        "model": R3D(10, 2, 0.25), "recipe": recipe, "workers": 3,
        "data": TrainingClips(
            clips, list(range(16)), lambda index, draw: clips[index], "d", 0, recipe, LENGTH, SIZE
        ),
        "validate": validation(clips, range(16), labels, LENGTH, SIZE, pick_device(), workers=2),
    }  # fmt: skip


def test_pixels_of_a_training_are_the_cpus(tmp_path):
    data, seen = of_clips(tmp_path)["data"], []
    for device in (CPU, pick_device()):
        batches = batches_ahead(data, range(3), 3, device)
        seen.append([data.as_input(pixels).cpu() for pixels, _ in batches])
    assert len(seen[0]) == 3 * len(data.batches(0))
    assert all(map(torch.equal, *seen))


def adversarial(folder):
    return of_clips(folder) | {"perturb": adversary(4, 1.25, "d", 0)}


def of_tracks(folder):
    frames = TrainingFrames(*walking(folder), TRACK_RECIPE, None, "d", 0)
    torch.manual_seed(0)
    return {
        "model": trackers.build(TRACKER), "data": frames, "recipe": TRACK_RECIPE,
        "objective": TrackingLoss(TRACKER["identity"], frames.identities),
    }  # fmt: skip


def of_boxes(folder):
    torch.manual_seed(0)
    model, recipe = detectors.build({"name": "small", "width": 8}, 2), BOX_RECIPE | {"epochs": 3}
    return {
        "model": model, "data": TrainingPictures(Squares(empty=(3,)), recipe, ("d",)),
        "recipe": recipe, "objective": DetectionLoss(model),
    }  # fmt: skip


@pytest.mark.parametrize("training", [of_clips, adversarial, of_tracks, of_boxes])
def test_an_interrupted_training_goes_on_from_its_checkpoint(tmp_path, training, caplog):
    caplog.set_level(logging.INFO)
    made = training(tmp_path) | {"device": pick_device()}
    whole = fit(**made, checkpoint=Checkpoint(tmp_path / "whole.pt", "k"))
    epochs = made["recipe"]["epochs"]
    assert len(whole) == epochs and whole[-1]["loss"] < whole[0]["loss"]

    class Stopping(Checkpoint):
        def save(self, *state):
            super().save(*state)
            if len(state[-1]) == epochs - 1:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fit(
            **training(tmp_path) | {"device": pick_device()},
            checkpoint=Stopping(tmp_path / "c.pt", "k"),
        )
    again = training(tmp_path) | {"device": pick_device()}
    resumed = fit(**again, checkpoint=Checkpoint(tmp_path / "c.pt", "k"))
    assert f"resumed after epoch {epochs - 1}" in caplog.text
    assert len(resumed) == epochs
    # Kernels of a GPU add in any order: the same within that, not to the bit.
    assert resumed[-1]["loss"] == pytest.approx(whole[-1]["loss"], rel=0.2, abs=0.05)


def test_the_record_and_the_log_name_the_gpu(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    decoded_clips(tmp_path, count=8)
    files = {name: tmp_path / name for name in ("weights.safetensors", "history.csv")}
    output = Named(
        weights=files["weights.safetensors"], history=files["history.csv"],
        provenance=tmp_path / "weights.provenance.json",
    )  # fmt: skip
    job = Job(
        Named(clean=[tmp_path / "shard.frames"], validation=[], start=[]), output,
        Named(dataset="d", model="none", training="0"),
        Named(
            recipe=RECIPE, network={"depth": 10, "width": 0.25, "frames": 8, "size": 16},
            precision="float32",
        ),
        Named(), 2, fingerprint("train_recognition_none"), (networks()["r3d"].module,),
    )  # fmt: skip
    facts = train_recognition_none.main.__wrapped__(job)
    provenance.write("train_recognition_none", job, {}, facts)
    record = json.loads((tmp_path / "weights.provenance.json").read_text())
    assert record["device"] == torch.cuda.get_device_name()
    state, classes = load_weights(output.weights)
    assert classes == ["class0", "class1"]
    assert all(torch.isfinite(each).all() for each in state.values() if each.is_floating_point())
