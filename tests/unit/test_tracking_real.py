"""A real sequence, a real person detector and real damage: from pictures to scores."""

from functools import partial

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from framefault.corruption.packet_loss import corrupt as drop_packets
from framefault.corruption.random import flip_bits
from framefault.seeds import rng
from framefault.tasks.tracking.association import track
from framefault.tasks.tracking.detectors import DetectionFile, OnnxFile
from framefault.tasks.tracking.predictions import as_rows
from framefault.tasks.tracking.score import tracking_scores
from framefault.video.decode import decode_clip
from framefault.video.encode import encode_frames
from framefault.video.moments import clean_times, frame_numbers
from scored import by_measure
from workflow_tools import SHARED

PEDESTRIAN = SHARED / "pedestrian" / "pedestrian_ssdlite.onnx"
CAMPUS = SHARED / "mot15" / "TUD-Campus"
FPS, LENGTH = 25, 71
ENCODER = {"crf": "23", "preset": "medium", "g": "250", "bf": "3"}
OPTIONS = {"confidence": 0.35, "min_area": 100, "max_aspect": 1.6, "distance": 0.4, "buffer": 30}

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not PEDESTRIAN.is_file(), reason="needs the shared MOT15 files"),
]


def decode(data, delay=0.0, clean=None):
    """Frames of a video file, and which clean frames they stand for."""
    frames, account = decode_clip(data, (640, 480), expected_frames=LENGTH)
    times = np.array(account["times"], np.float64) - delay
    return frames, frame_numbers(times, clean_times(times) if clean is None else clean)


def tracks_of(frames, detect):
    return as_rows(track(detect(frames), FPS, OPTIONS))


def scores_of(tracks, numbers):
    """{measure: value}, and {(measure, part): value}, of the tracks in some frames."""
    found = {"clip": "s", "numbers": list(numbers), "tracks": tracks}
    found |= {"status": "ok", "frames": len(numbers), "errors": 0, "full_length": True}
    truth = pd.read_csv(CAMPUS / "gt" / "gt.txt", header=None, usecols=range(6))
    truth = truth.set_axis(["frame", "id", "x", "y", "w", "h"], axis=1).assign(sequence="s")
    playable = {"min_frames": 1, "max_errors": None, "full_length": False}
    scores = by_measure(tracking_scores([found], truth, 0.5, "order", playable, 0.95))
    return {key: each["value"] for key, each in scores.items()}


@pytest.fixture(scope="module")
def detect():
    pytest.importorskip("onnxruntime")
    return OnnxFile(PEDESTRIAN, {"input": [300, 300], "most": 100}).detect


@pytest.fixture(scope="module")
def pictures():
    files = sorted((CAMPUS / "img1").iterdir())
    return np.stack([np.asarray(Image.open(file)) for file in files])


@pytest.fixture(scope="module")
def of_pictures(pictures, detect):
    return scores_of(tracks_of(pictures, detect), range(LENGTH))


@pytest.fixture(scope="module")
def video(pictures):
    """The sequence as an H.264 file with B-frames."""
    return encode_frames(pictures, FPS, ENCODER)


@pytest.fixture(scope="module")
def clean(video, detect):
    """Tracks of the undamaged video."""
    return tracks_of(decode(video)[0], detect)


def of_damaged(video, detect, damage):
    """Measures after a damage, a function that gives bytes and a delay."""
    times = decode_clip(video, (640, 480), expected_frames=LENGTH)[1]["times"]
    frames, numbers = decode(*damage(video, rng("damage", 0)), clean_times(times))
    return scores_of(tracks_of(frames, detect), numbers)


def lossy(p, data, draw):
    received = drop_packets(data, p, draw)
    return received.data, received.delay


def flipped(p, data, draw):
    return flip_bits(data, p, draw)[0], 0.0


def test_the_clean_video_is_tracked_as_its_pictures_are(of_pictures, clean):
    """A prototype with the same detector had a MOTA of .627 on the pictures."""
    assert of_pictures["mota"] == pytest.approx(0.627, abs=0.02)
    scores = scores_of(clean, range(LENGTH))
    assert scores["mota"] == pytest.approx(of_pictures["mota"], abs=0.05)
    assert scores["objects"] == 359


def test_detections_by_file_are_tracked_as_those_of_the_network(pictures, of_pictures):
    file = DetectionFile(str(SHARED / "mot15" / "tud_campus_ssdlite_det.txt"), {}, 100)
    scores = scores_of(tracks_of(pictures, partial(file.detect, sequence="s")), range(LENGTH))
    assert scores == pytest.approx(of_pictures, abs=0.005)


def test_a_channel_without_loss_changes_nothing(video):
    frames, numbers = decode(*lossy(0, video, rng("none")))
    assert np.array_equal(frames, decode(video)[0])
    assert numbers.tolist() == [*range(LENGTH)]


def test_tracking_falls_with_the_damage(video, detect, clean):
    scores = scores_of(clean, range(LENGTH))
    little = of_damaged(video, detect, partial(lossy, 0.01))
    much = of_damaged(video, detect, partial(lossy, 0.1))
    flips = of_damaged(video, detect, partial(flipped, 1e-5))
    for name in ("mota", "recall"):
        assert scores[name] >= little[name] > much[name] + 0.2
        assert scores[name] > flips[name] + 0.2
    assert scores["fn"] <= little["fn"] < much["fn"]
    assert much["mota"] < 0.2


def test_lost_frames_can_be_counted_by_time(video, detect):
    """Where frames are missing, those after them come too early by order, and right by time."""
    frames, numbers = decode(video)
    kept = np.r_[:20, 24:LENGTH]
    scores = scores_of(tracks_of(frames[kept], detect), numbers[kept])
    assert scores["mota", "time"] > scores["mota", "order"] + 0.1
    assert scores["mota"] == scores["mota", "order"]
