"""Frames of sequences, with the objects in them, as FairMOT is trained on them."""

import numpy as np
import torch
from PIL import Image

from framefault.errors import UserError
from framefault.seeds import rng
from framefault.tasks.tracking.letterbox import GREY, Letterbox

NOTHING = np.zeros((0, 5))  # the objects of a frame without any


def as_input(pixels):
    """Float pictures (N, 3, H, W), 0-255, of uint8 pixels (N, H, W, 3)."""
    return pixels.permute(0, 3, 1, 2).float()


def normalise(x):
    """FairMOT sees values from 0 to 1: no mean is subtracted."""
    return x / 255


class TrainingFrames:
    """Every frame of some clips in random views: scaled, moved, flipped, in another light.

    `tracks` (sequence, frame, id, x, y, w, h) say what is in the frames; `size` is that of the
    network's input, as of `Letterbox`. Every draw is keyed by (data set, clip, frame, epoch, seed).
    """

    memory_format = torch.channels_last
    as_input, normalise = staticmethod(as_input), staticmethod(normalise)

    def __init__(self, clips, tracks, recipe, size, dataset, seed):
        self.clips, self.key = clips, (dataset, seed)
        self.boxes = [Letterbox((clip["width"], clip["height"]), size) for clip in clips.accounts]
        inputs = sorted({box.input for box in self.boxes})
        if len(inputs) > 1:
            raise UserError(
                f"The training sequences of {dataset} have several sizes ({inputs[0]} and"
                f" {inputs[-1]}, padded): give the tracker an `input` that all are scaled to."
            )
        self.frames = [
            (index, frame)
            for index, clip in enumerate(clips.accounts)
            for frame in range(clip["frames"])
        ]
        self.identities, self.objects = objects_of(clips, self.boxes, tracks)
        if not self.identities:
            raise UserError(f"The training sequences of {dataset} show no object to learn from.")
        self.most = max(map(len, self.objects.values()))
        self.scales, self.shift, self.flip = recipe["scales"], recipe["shift"], recipe["flip"]
        self.colour = recipe["colour"]
        self.batch_size = recipe["batch_size"]

    def batches(self, epoch):
        """Positions of each batch of an epoch."""
        order = rng("order", *self.key, epoch).permutation(len(self.frames))
        return [order[i : i + self.batch_size] for i in range(0, len(order), self.batch_size)]

    def collect(self, epoch, batch):
        """One batch as uint8 pictures (N, H, W, 3) and objects (N, M, 5), as of `TrackingLoss`."""
        pictures, objects = [], np.full((len(batch), self.most, 5), -1, np.float32)
        for row, position in enumerate(batch):
            index, frame = self.frames[position]
            clip, box = self.clips.accounts[index], self.boxes[index]
            name, number = clip["clip"], clip["numbers"][frame] + 1
            placed = box.place(torch.from_numpy(self.clips[index][frame][None].copy()))
            picture = placed[0].permute(1, 2, 0).byte().numpy()
            draw = rng("view", *self.key, name, number, epoch)
            picture, seen = self.view(picture, self.objects.get((name, number), NOTHING), draw)
            pictures.append(picture)
            objects[row, : len(seen)] = seen
        return torch.from_numpy(np.stack(pictures)), torch.from_numpy(objects)

    def view(self, picture, objects, draw):
        """A random view of a picture (H, W, 3), and the objects that are at least partly in it."""
        size = np.array(picture.shape[1::-1])
        scale, shift = draw.uniform(*self.scales), draw.uniform(-self.shift, self.shift, 2) * size
        # Where a pixel of the view is in the picture: both are scaled about their middle.
        start = size / 2 - (size / 2 + shift) / scale
        picture = Image.fromarray(picture).transform(
            tuple(size), Image.Transform.AFFINE, (1 / scale, 0, start[0], 0, 1 / scale, start[1]),
            Image.Resampling.BILINEAR, fillcolor=(GREY,) * 3,
        )  # fmt: skip
        picture = recoloured(np.asarray(picture), self.colour, draw)
        boxes = (objects[:, 1:] - np.tile(start, 2)) * scale
        if draw.random() < self.flip:
            picture = picture[:, ::-1]
            boxes = boxes * (-1, 1, -1, 1) + (size[0], 0, size[0], 0)
            boxes = boxes[:, [2, 1, 0, 3]]
        inside = ((boxes[:, 2:] > 0) & (boxes[:, :2] < size)).all(1)
        return picture, np.column_stack([objects[:, 0], boxes])[inside]


def recoloured(picture, most, draw):
    """The picture in another light: each channel times 1 - `most` to 1 + `most`."""
    gains = draw.uniform(1 - most, 1 + most, 3)
    return (picture * gains.astype(np.float32)).clip(0, 255).astype(np.uint8)


def objects_of(clips, boxes, tracks):
    """(number of identities, (clip, frame from 1) -> objects (n, 5)) of some clips.

    An identity is one object of one sequence. Boxes are x1 y1 x2 y2 in pixels of the input, where
    the letterboxes `boxes`, one for each clip, lay them.
    """
    box_of = {clip["clip"]: box for clip, box in zip(clips.accounts, boxes, strict=True)}
    tracks = tracks[tracks["sequence"].isin(box_of)]
    numbers = tracks.groupby(["sequence", "id"]).ngroup()
    corners = tracks[["x", "y", "x", "y"]].to_numpy(float)
    corners[:, 2:] += tracks[["w", "h"]].to_numpy(float)
    objects = {}
    for key, rows in tracks.groupby(["sequence", "frame"]).indices.items():
        placed = box_of[key[0]].to_input(corners[rows])
        objects[key] = np.column_stack([numbers.iloc[rows], placed])
    return numbers.nunique(), objects
