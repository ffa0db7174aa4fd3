"""How a frame lies in a network's input: scaled to fit and padded, as FairMOT does it."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
import torch.nn.functional as F

MULTIPLE = 32  # the coarsest stride of a network
GREY = 128  # FairMOT's 127.5, as it is in bytes


@dataclass(frozen=True)
class Letterbox:
    """Frames of one size in an input of `size` (width, height).

    Without `size` they keep their own, padded to a multiple of 32 pixels.
    """

    frame: tuple  # width, height
    size: tuple | None = None

    @cached_property
    def input(self):
        """Width and height of the input."""
        return tuple(self.size or (-(-side // MULTIPLE) * MULTIPLE for side in self.frame))

    @cached_property
    def scale(self):
        """Pixels of the input for one of the frame."""
        if self.size is None:
            return 1.0
        return min(ours / theirs for ours, theirs in zip(self.input, self.frame, strict=True))

    def place(self, frames):
        """Floats (N, 3, height, width), 0-255, of uint8 frames (N, H, W, 3)."""
        pixels = frames.permute(0, 3, 1, 2).float()
        scaled = [round(side * self.scale) for side in self.frame]
        if self.scale != 1:
            across, down = (
                overlaps(theirs, ours).to(pixels.device)
                for theirs, ours in zip(self.frame, scaled, strict=True)
            )
            pixels = (down @ pixels @ across.T).round()
        padding = []
        for ours, theirs in zip(self.input, scaled, strict=True):
            each = (ours - theirs) / 2
            padding += [round(each - 0.1), round(each + 0.1)]
        return F.pad(pixels, padding, value=GREY)

    def to_input(self, boxes):
        """Boxes (n, 4), x1 y1 x2 y2, of a frame as they lie in the input; not clipped."""
        ours, theirs = self._centres(boxes)
        return (boxes - theirs) * self.scale + ours

    def to_frame(self, boxes):
        """Boxes of the input as they lie in the frame; not clipped."""
        ours, theirs = self._centres(boxes)
        return (boxes - ours) / self.scale + theirs

    def _centres(self, boxes):
        """The middle of input and frame, which the padding lays over one another."""
        return (np.tile(size, 2) / 2 for size in (self.input, self.frame))


def overlaps(inputs, outputs):
    """Weights (outputs, inputs) that resize a line of pixels: how much of each an output covers.

    This is OpenCV's INTER_AREA, down and up, without OpenCV, whose import needs libraries of a
    desktop.
    """
    step = inputs / outputs
    start = torch.arange(outputs, dtype=torch.float64)[:, None] * step
    pixel = torch.arange(inputs, dtype=torch.float64)
    covered = torch.minimum(start + step, pixel + 1) - torch.maximum(start, pixel)
    return (covered.clamp(min=0) / step).float()
