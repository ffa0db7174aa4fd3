"""Detectors as files: ONNX networks of two signatures, and detections as text."""

import sys

import numpy as np
import pytest

from framefault.errors import UserError
from framefault.tasks.tracking.detections import Detections, by_score
from framefault.tasks.tracking.detectors import DetectionFile, OnnxFile, make_detector
from onnx_files import model, node
from workflow_tools import SHARED

SETTINGS = {"detector": "onnx", "file": None, "input": None, "most": 100}
PEDESTRIAN = SHARED / "pedestrian" / "pedestrian_ssdlite.onnx"
CAMPUS = SHARED / "mot15" / "TUD-Campus"
CLEAN = {"corruption": "clean", "level": "0", "seed": "0"}


# Detections ---------------------------------------------------------------------------------
def test_detections_are_sorted_by_score_and_ties_keep_their_order():
    found = by_score(np.arange(16).reshape(4, 4), [0.1, 0.5, 0.9, 0.5], np.eye(4))
    assert found.boxes[:, 0].tolist() == [8, 4, 12, 0]
    assert found.features.argmax(axis=1).tolist() == [2, 1, 3, 0]
    assert {each.dtype for each in (found.boxes, found.scores, found.features)} == {
        np.dtype(np.float32)
    }
    few = found[:2]
    assert (len(few), few.features.shape) == (2, (2, 4))
    assert len(by_score([], [])) == 0


@pytest.mark.parametrize(
    ("boxes", "scores", "features"),
    [
        (np.zeros((2, 4)), np.zeros(3), None),
        (np.zeros((2, 5)), np.zeros(2), None),
        (np.zeros((2, 4)), np.zeros(2), np.zeros((3, 8))),
        (np.zeros((2, 4)), np.zeros(2), np.zeros(2)),
        (np.zeros((2, 4)), np.array([0.1, 0.2]), None),
    ],
)
def test_detections_that_do_not_fit_are_refused(boxes, scores, features):
    with pytest.raises(ValueError):
        Detections(boxes, scores, features)


# ONNX files ---------------------------------------------------------------------------------
LEFT_TOP = [[8, 16, 24, 40], [0, 0, 16, 16], [0, 0, 8, 8]]  # in pixels of a 64 x 48 picture
SHARES = np.array(LEFT_TOP)[:, [1, 0, 3, 2]] / [48, 64, 48, 64]
TORCHVISION = {"boxes": LEFT_TOP, "scores": "n", "labels": [1, 1, 3]}
TENSORFLOW = {
    "detection_boxes:0": SHARES[None], "detection_scores:0": "n",
    "detection_classes:0": [[1.0, 1.0, 3.0]],
}  # fmt: skip


def onnx_file(folder, kind, shape, answers, fits=(1,)):
    """A network that finds three boxes of which the first has the mean of the red channel as score.

    `shape` is that of its input, `answers` its outputs by name. It works for pictures to which an
    array of the shape `fits` can be added.
    """
    boxes, scores, labels = answers
    axis, full = (
        (len(shape) - 1 if shape[-1] == 3 else len(shape) - 3),
        255 if kind is np.uint8 else 1,
    )
    constants = {
        boxes: np.array(answers[boxes], np.float32), labels: np.array(answers[labels], np.float32),
        "red": np.array(0), "full": np.array([full], np.float32),
        "others": np.array([0.5, 0.75], np.float32), "nothing": np.zeros(fits, np.float32),
    }  # fmt: skip
    nodes = [
        node("Cast", ["picture"], ["cast"], to=1),
        node("Add", ["cast", "nothing"], ["float"]),
        node("Gather", ["float", "red"], ["plane"], axis=axis),
        node("ReduceMean", ["plane"], ["mean"], keepdims=0),
        node("Div", ["mean", "full"], ["share"]),
        node("Concat", ["share", "others"], [scores], axis=0),
    ]
    outputs = [
        (name, np.float32, [f"n{i}"] * np.ndim(constants.get(name, [0])))
        for i, name in enumerate(answers)
    ]
    file = folder / "detector.onnx"
    file.write_bytes(model([("picture", kind, shape)], outputs, constants, nodes))
    return file


def coloured(red, green, width=64, height=48, frames=1):
    return np.full((frames, height, width, 3), [red, green, 0], np.uint8)


@pytest.mark.parametrize("size", [("h", "w"), (48, 64), (24, 32)])
@pytest.mark.parametrize("kind", [np.uint8, np.float32])
@pytest.mark.parametrize("layout", ["first", "last", "batch, first", "batch, last"])
@pytest.mark.parametrize("answers", [TORCHVISION, TENSORFLOW], ids=["torchvision", "tensorflow"])
def test_onnx_files_of_both_signatures(tmp_path, answers, layout, kind, size):
    pytest.importorskip("onnxruntime")
    shape = [3, *size] if "first" in layout else [*size, 3]
    file = onnx_file(tmp_path, kind, ["n", *shape] if "batch" in layout else shape, answers)
    detector = OnnxFile(file, SETTINGS)
    (found,) = detector.detect(coloured(255, 0))
    assert found.scores.tolist() == [1, 0.5]
    scale = 2 if size == (24, 32) and answers is TORCHVISION else 1
    assert found.boxes == pytest.approx(np.array(LEFT_TOP[:2]) * scale, abs=1e-5)
    (found,) = detector.detect(coloured(51, 255))
    assert found.scores == pytest.approx([0.5, 0.2])


def test_frames_have_the_size_of_the_setting_where_the_file_is_open(tmp_path):
    pytest.importorskip("onnxruntime")
    file = onnx_file(tmp_path, np.uint8, [1, "h", "w", 3], TORCHVISION)
    (found,) = OnnxFile(file, SETTINGS | {"input": [32, 96]}).detect(coloured(255, 0))
    assert found.boxes[0] == pytest.approx([16, 8, 48, 20])
    file = onnx_file(tmp_path, np.uint8, [1, 48, 64, 3], TORCHVISION)
    (found,) = OnnxFile(file, SETTINGS | {"input": [32, 96]}).detect(coloured(255, 0))
    assert found.boxes[0] == pytest.approx(LEFT_TOP[0])


def test_at_most_so_many_detections_are_given(tmp_path):
    pytest.importorskip("onnxruntime")
    file = onnx_file(tmp_path, np.uint8, [1, "h", "w", 3], TORCHVISION)
    (found,) = OnnxFile(file, SETTINGS | {"most": 1}).detect(coloured(0, 0))
    assert found.boxes.tolist() == [LEFT_TOP[1]]


@pytest.mark.parametrize(
    ("kind", "shape", "answers", "said"),
    [
        (np.uint8, [1, "h", "w", 3], {"output0": [[1]], "n": "n", "labels": [1]}, "output0"),
        (np.uint8, [1, "h", "w", 3], {"boxes": [[1]], "n": "n", "scores": [1]}, "boxes, n, scores"),
        (np.uint8, [1, "h", "w", "c"], TORCHVISION, "picture tensor"),
        (np.uint8, [8, "h", "w", 3], TORCHVISION, "[8, 'h', 'w', 3]"),
        (np.int64, [1, "h", "w", 3], TORCHVISION, "int64"),
    ],
)
def test_onnx_files_of_another_signature_are_one_sentence(tmp_path, kind, shape, answers, said):
    pytest.importorskip("onnxruntime")
    file = onnx_file(tmp_path, kind, shape, answers)
    with pytest.raises(UserError, match=r"boxes, scores, labels") as caught:
        OnnxFile(file, SETTINGS)
    assert said in str(caught.value) and str(file) in str(caught.value)


def test_a_size_that_a_network_does_not_take_is_one_sentence(tmp_path):
    pytest.importorskip("onnxruntime")
    file = onnx_file(tmp_path, np.uint8, [1, "h", "w", 3], TORCHVISION, fits=(96, 32, 3))
    with pytest.raises(UserError, match=r"fails on a picture of 64x48 pixels .*set `input`"):
        list(OnnxFile(file, SETTINGS).detect(coloured(0, 0)))
    assert list(OnnxFile(file, SETTINGS | {"input": [32, 96]}).detect(coloured(0, 0)))


def test_boxes_that_are_not_finite_are_refused(tmp_path):
    pytest.importorskip("onnxruntime")
    answers = TORCHVISION | {"boxes": [[np.nan] * 4] * 3}
    file = onnx_file(tmp_path, np.uint8, [1, "h", "w", 3], answers)
    with pytest.raises(UserError, match=r"detector\.onnx gives .* not finite"):
        list(OnnxFile(file, SETTINGS).detect(coloured(0, 0)))


def test_a_file_that_is_no_onnx_file_is_one_sentence(tmp_path):
    pytest.importorskip("onnxruntime")
    (tmp_path / "broken.onnx").write_bytes(b"no network")
    for name in ("broken.onnx", "missing.onnx"):
        with pytest.raises(UserError, match=name):
            OnnxFile(tmp_path / name, SETTINGS)


def test_a_missing_package_is_one_sentence(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(UserError, match="needs the package onnxruntime"):
        OnnxFile(tmp_path / "detector.onnx", SETTINGS)


@pytest.mark.skipif(not PEDESTRIAN.is_file(), reason="needs the shared ONNX file")
def test_a_real_network_finds_what_it_found_elsewhere():
    pytest.importorskip("onnxruntime")
    from PIL import Image

    expected = np.loadtxt(SHARED / "mot15" / "tud_campus_ssdlite_det.txt", delimiter=",")
    files = sorted((CAMPUS / "img1").iterdir())[:5]
    frames = np.stack([np.asarray(Image.open(file)) for file in files])
    detector = OnnxFile(PEDESTRIAN, SETTINGS | {"input": [300, 300]})
    for number, found in enumerate(detector.detect(frames), 1):
        sure = found[found.scores >= 0.1]
        lines = expected[expected[:, 0] == number]
        lines = lines[np.argsort(-lines[:, 6], kind="stable")]
        assert sure.scores == pytest.approx(lines[:, 6], abs=1e-3)
        size = sure.boxes[:, 2:] - sure.boxes[:, :2]
        assert np.hstack([sure.boxes[:, :2], size]) == pytest.approx(lines[:, 2:6], abs=0.05)


# Detections by file -------------------------------------------------------------------------
LINES = "1,-1,10,20,30,40,0.9\n\n3,-1,1.5,2,3,4,0.25,-1,-1,-1\n3,-1,5,6,7,8,0.75\n"


def detections(folder, text, frames=3, pattern="{sequence}.txt", condition=CLEAN, **settings):
    path = folder / pattern
    (folder / pattern.format(sequence="s", **condition)).parent.mkdir(parents=True, exist_ok=True)
    (folder / pattern.format(sequence="s", **condition)).write_text(text)
    settings = SETTINGS | {"detector": "file", "file": str(path)} | settings
    detect, facts = make_detector(settings, [], condition)
    assert facts == {}
    return list(detect(np.zeros((frames, 4, 4, 3), np.uint8), "s"))


def test_detections_of_a_file_are_those_of_each_frame(tmp_path):
    first, second, third = detections(tmp_path, LINES)
    assert first.boxes.tolist() == [[10, 20, 40, 60]]
    assert len(second) == 0
    assert third.boxes.tolist() == [[5, 6, 12, 14], [1.5, 2, 4.5, 6]]
    assert third.scores.tolist() == [0.75, 0.25]
    assert third.features is None
    assert len(detections(tmp_path, LINES, most=1)[2]) == 1


def test_there_may_be_a_file_for_each_condition(tmp_path):
    pattern = "{corruption}/{level}/seed{seed}/{sequence}/det.txt"
    condition = {"corruption": "packet_loss", "level": "0.1", "seed": "2"}
    detections(tmp_path, LINES, pattern=pattern, condition=condition)
    assert (tmp_path / "packet_loss" / "0.1" / "seed2" / "s" / "det.txt").is_file()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1,-1,10,20,30,40\n", "line 1 is '1,-1,10,20,30,40'"),
        (LINES + "2,-1,10,20,wide,40,1\n", "line 5"),
        ("1,-1,10,20,nan,40,1\n", "line 1"),
        ("1.5,-1,10,20,30,40,1\n", "line 1"),
        ("0,-1,10,20,30,40,1\n", "line 1"),
        ("1 -1 10 20 30 40 1\n", "line 1"),
        (LINES + "4,-1,10,20,30,40,1\n", "line 5: there is no frame 4"),
    ],
)
def test_a_wrong_line_is_one_sentence_that_names_it(tmp_path, text, said):
    with pytest.raises(UserError) as caught:
        detections(tmp_path, text)
    assert said in str(caught.value) and "s.txt" in str(caught.value)


def test_a_missing_file_of_detections_is_one_sentence(tmp_path):
    detector = DetectionFile(str(tmp_path / "{sequence}.txt"), CLEAN, 100)
    with pytest.raises(UserError, match="sequence gone"):
        list(detector.detect(np.zeros((1, 4, 4, 3), np.uint8), "gone"))
