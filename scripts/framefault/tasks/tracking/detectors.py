"""Detectors of a user: a network as an ONNX file, or its detections as text files."""

import numpy as np
from PIL import Image

from framefault.errors import UserError, in_one_line
from framefault.tasks.tracking.boxes import corners
from framefault.tasks.tracking.detections import by_score
from framefault.training.onnx import open_session

# Names of the outputs with boxes, scores and classes.
TENSORFLOW = ("detection_boxes", "detection_scores", "detection_classes")
TORCHVISION = ("boxes", "scores", "labels")
KNOWN = (
    "TensorFlow's (detection_boxes, detection_scores, detection_classes) or torchvision's (boxes,"
    " scores, labels), with one input of one picture of three channels, as uint8 or float"
)
PERSON = 1  # in COCO's classes


def make_detector(settings, weights, condition):
    """A function (frames, sequence) that yields the Detections of each frame, and where it runs.

    `settings` is the detector's part of a model's settings, `weights` the path of its network, if
    it has one, and `condition` names corruption, level and seed of the clips.
    """
    if settings["detector"] == "file":
        return DetectionFile(settings["file"], condition, settings["most"]).detect, {}
    if settings["detector"] == "onnx":
        network, facts = OnnxFile(settings["file"], settings), {}
    else:
        from framefault.tasks.tracking.fairmot import FairMOT
        from framefault.training.device import describe, pick_device

        device = pick_device()
        network, facts = FairMOT(weights, settings, device), {"device": describe(device)}
    return lambda frames, sequence: network.detect(frames), facts


class OnnxFile:
    """A detector as an ONNX file, of one of two signatures.

    TensorFlow's Object Detection API: outputs detection_boxes (top, left, bottom, right as shares
    of the picture), detection_scores and detection_classes. torchvision: boxes (left, top, right,
    bottom in pixels of the input), scores and labels. The input is one picture in RGB, with its
    channels first or last, with or without an axis of pictures; uint8 from 0 to 255, or float from
    0 to 1. Frames are squashed to the size that the file says; where it says none, to the setting
    `input` (width, height), or they keep their size. Class 1 counts, COCO's person.

    Raises UserError for a file of another signature. One thread: the same frame, the same boxes.
    """

    def __init__(self, path, settings):
        self.path, self.session = path, open_session(path)
        given = {each.name.removesuffix(":0"): each.name for each in self.session.get_outputs()}
        inputs = self.session.get_inputs()
        names = next((names for names in (TENSORFLOW, TORCHVISION) if {*names} <= {*given}), None)
        axes = axes_of(inputs[0].shape)
        kind = {"tensor(uint8)": np.uint8, "tensor(float)": np.float32}.get(inputs[0].type)
        if names is None or len(inputs) != 1 or axes is None or kind is None:
            takes = ", ".join(f"{each.name} {each.type} {each.shape}" for each in inputs)
            raise UserError(
                f"{path} takes {takes} and gives {', '.join(given)}; a detector has to be like"
                f" {KNOWN}; export it so."
            )
        self.input, self.kind, self.first, self.batched = inputs[0].name, kind, *axes
        self.relative, self.outputs = names is TENSORFLOW, [given[name] for name in names]
        self.size = size_of(inputs[0].shape, self.first) or settings["input"]
        self.most = settings["most"]

    def detect(self, frames):
        """Yield the Detections of each of uint8 RGB frames (T, H, W, 3)."""
        for frame in frames:
            yield self._detect(frame)

    def _detect(self, frame):
        height, width = frame.shape[:2]
        size = tuple(self.size or (width, height))
        picture = Image.fromarray(frame).resize(size, Image.Resampling.BILINEAR)
        pixels = np.asarray(picture, self.kind)
        if self.kind is np.float32:
            pixels = pixels / np.float32(255)
        pixels = pixels.transpose(2, 0, 1) if self.first else pixels
        pixels = np.ascontiguousarray(pixels[None] if self.batched else pixels)
        boxes, scores, labels = self._run(pixels, size)
        if not (np.isfinite(boxes).all() and np.isfinite(scores).all()):
            raise UserError(
                f"{self.path} gives boxes or scores that are not finite; export it anew."
            )
        if self.relative:
            boxes = boxes[:, [1, 0, 3, 2]] * np.array([width, height] * 2)
        else:
            boxes = boxes * np.array([width / size[0], height / size[1]] * 2)
        chosen = labels == PERSON
        return by_score(boxes[chosen], scores[chosen])[: self.most]

    def _run(self, pixels, size):
        try:
            boxes, scores, labels = self.session.run(self.outputs, {self.input: pixels})
            return boxes.reshape(-1, 4), scores.reshape(-1), labels.reshape(-1)
        except Exception as error:  # onnxruntime's have no common class of their own
            raise UserError(
                f"{self.path} fails on a picture of {size[0]}x{size[1]} pixels"
                f" ({in_one_line(error)}); set `input` of the tracker to a size that it takes."
            ) from error


def axes_of(shape):
    """Whether channels come first, and whether there is an axis of pictures; None: neither."""
    batched = len(shape) == 4
    if len(shape) not in (3, 4) or (batched and isinstance(shape[0], int) and shape[0] != 1):
        return None
    channels = [position for position in (batched, len(shape) - 1) if shape[position] == 3]
    return (channels[0] == int(batched), batched) if channels else None


def size_of(shape, first):
    """(width, height) of the pictures that a network takes, or None where it takes any."""
    height, width = shape[-2:] if first else shape[-3:-1]
    return (width, height) if isinstance(width, int) and isinstance(height, int) else None


class DetectionFile:
    """Detections of any detector, in text files as MOTChallenge has them.

    `pattern` is the path of a sequence's file. It holds {sequence}, and {corruption}, {level} and
    {seed} if there is a file for each condition (clean clips: clean, 0 and 0). A line is
    frame,-1,x,y,w,h,score and may go on. Frames are counted from 1 in the order in which they are
    decoded; x and y, left and top in pixels, are used as they are.
    """

    def __init__(self, pattern, condition, most):
        self.pattern, self.condition, self.most = pattern, condition, most

    def detect(self, frames, sequence):
        """Yield the Detections of each frame. Raises UserError with the line that is wrong."""
        path = self.pattern.format(sequence=sequence, **self.condition)
        lines = read_detections(path, len(frames), sequence)
        for number in range(1, len(frames) + 1):
            found = lines[lines[:, 0] == number]
            yield by_score(corners(found[:, 1:5]), found[:, 5])[: self.most]


def read_detections(path, frames, sequence):
    """Lines of a file of detections: (n, 6) of frame, x, y, w, h, score. Raises UserError."""
    try:
        with open(path, encoding="utf-8") as file:
            lines = [(number, line.strip()) for number, line in enumerate(file, 1)]
    except (OSError, UnicodeError) as error:
        raise UserError(
            f"Cannot read {path}, the detections of sequence {sequence}: {error};"
            " the tracker's setting `file` says where they are."
        ) from error
    rows = []
    for number, line in filter(lambda each: each[1], lines):
        try:
            fields = [float(field) for field in line.split(",")]
            row = np.array([fields[0], *fields[2:7]]).reshape(6)
        except ValueError as error:
            raise malformed(path, number, line) from error
        if not np.isfinite(row).all() or row[0] != int(row[0]) or row[0] < 1:
            raise malformed(path, number, line)
        if row[0] > frames:
            raise UserError(
                f"{path}, line {number}: there is no frame {int(row[0])} of sequence {sequence},"
                f" which decodes to {frames}; make the detections on the frames of this video."
            )
        rows.append(row)
    return np.array(rows).reshape(-1, 6)


def malformed(path, number, line):
    return UserError(
        f"{path}, line {number} is {line!r}; a detection is frame,-1,x,y,w,h,score in numbers,"
        " with frames counted from 1."
    )
