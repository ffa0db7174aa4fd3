"""Decoded pictures as they are kept: in YUV 4:2:0, as decoders have them, half the bytes of RGB.

RGB is made of them where they are looked at, by the conversion that FFmpeg makes of each.
"""

from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate

import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter

AT_ONCE = 2**20  # pixels that are converted in one call: a bound on memory
STEPS = 1, 2, 2  # pixels from value to value in each plane: brightness, then two of colour


@dataclass(frozen=True)
class Layout:
    """What is kept of a clip's pictures, and what of that is seen.

    Pictures are `width` x `height` pixels after `turns` quarter turns to the left. Of these, the
    central `crop` x `crop` are seen; all, if it is 0. Raises ValueError for a crop that is larger.
    """

    width: int
    height: int
    crop: int = 0
    turns: int = 0

    def __post_init__(self):
        if self.crop > min(self.width, self.height):
            raise ValueError(
                f"Crop {self.crop} is larger than the picture {self.width}x{self.height}."
            )

    @property
    def coded(self):
        """(width, height) before pictures are turned."""
        return (self.width, self.height) if self.turns % 2 == 0 else (self.height, self.width)

    @property
    def seen(self):
        """(top, left, height, width) of what is seen, in pixels of the picture."""
        if not self.crop:
            return 0, 0, self.height, self.width
        return centre_box(self.height, self.width, self.crop)

    @property
    def is_whole(self):
        """Whether pictures are kept and converted whole.

        Those that are turned are, and those of an odd height, whose colours FFmpeg spreads over
        all rows.
        """
        return bool(self.turns or self.height % 2)

    @cached_property
    def window(self):
        """(top, left, height, width) of what is kept, in pixels of the coded picture.

        Just around what is seen, in pairs of rows and from an even column on: four pixels share
        one colour.
        """
        if self.is_whole:
            return 0, 0, *self.coded[::-1]
        return in_pairs(self.seen)

    @cached_property
    def planes(self):
        """(rows, columns) of each plane."""
        _, _, height, width = self.window
        colour = -(-height // 2), -(-width // 2)
        return (height, width), colour, colour

    @cached_property
    def nbytes(self):
        """Bytes of a kept picture."""
        return sum(rows * columns for rows, columns in self.planes)

    def split(self, kept):
        """The planes (T, rows, columns) of kept pictures (T, bytes): views."""
        found, first = [], 0
        for rows, columns in self.planes:
            part = kept[:, first : first + rows * columns]
            found.append(part.reshape(len(kept), rows, columns))
            first += rows * columns
        return found

    @cached_property
    def corners(self):
        """(row, column) of a coded picture's planes at which what is kept begins."""
        top, left, _, _ = self.window
        return [(top // step, left // step) for step in STEPS]

    def keep(self, picture, planes, position):
        """Copy what is kept of a coded picture, a VideoFrame in yuv420p, to a position in `planes`,
        which `split` has made."""
        for plane, kept, (row, column) in zip(picture.planes, planes, self.corners, strict=True):
            line = plane.line_size
            pixels = np.ndarray(kept.shape[1:], np.uint8, plane, row * line + column, (line, 1))
            kept[position] = pixels

    def rgb(self, kept, box=None):
        """uint8 RGB (T, h, w, 3) of kept pictures (T, bytes).

        Of all that is seen, or of a box in it: (top, left, height, width).
        """
        box = box or (0, 0, *self.seen[2:])
        frames = np.empty((len(kept), *box[2:], 3), np.uint8)
        (_, _, rows, columns), _ = self.around(box)
        at_once = 1 if rows % 2 else max(1, AT_ONCE // (rows * columns))
        for first in range(0, len(kept), at_once):
            some = slice(first, first + at_once)
            convert([(self, kept[some], box)], [frames[some]])
        return frames

    def around(self, box):
        """A window of what is kept, around a box of what is seen, and where the box is in it.

        Both as (top, left, height, width); the box in the window once it is turned.
        """
        (top, left, _, _), (above, before, rows, columns) = self.seen, self.window
        top, left, height, width = top + box[0], left + box[1], *box[2:]
        if self.is_whole:
            return (0, 0, rows, columns), (top, left, height, width)
        top, left = top - above, left - before
        return in_pairs((top, left, height, width)), (top % 2, left % 2, height, width)


def convert(parts, found):
    """Make RGB of parts of clips: (layout, kept pictures (T, bytes), box), with boxes of one size.

    `found` are arrays (T, h, w, 3) that get it. FFmpeg sees one picture, in which all lie one above
    the other: to convert each alone takes several times as long, and gives the same if they have
    an even number of rows.
    """
    places = [layout.around(box) for layout, _, box in parts]
    rows, columns = (max(window[side] for window, _ in places) for side in (2, 3))
    counts = [len(kept) for _, kept, _ in parts]
    tall = VideoFrame(columns, sum(counts) * rows, "yuv420p")
    planes = [
        values_of(plane, sum(counts), -(-rows // step), -(-columns // step))
        for plane, step in zip(tall.planes, STEPS, strict=True)
    ]
    slots = [slice(end - count, end) for end, count in zip(accumulate(counts), counts, strict=True)]
    for (layout, kept, _), slot, (window, _) in zip(parts, slots, places, strict=True):
        top, left, height, width = window
        for into, values, step in zip(planes, layout.split(kept), STEPS, strict=True):
            values = values[:, top // step : -(-(top + height) // step)]
            values = values[:, :, left // step : -(-(left + width) // step)]
            into[slot, : values.shape[1], : values.shape[2]] = values
    tall = VideoReformatter().reformat(tall, tall.width, tall.height, "rgb24", threads=1)
    pixels = values_of(tall.planes[0], sum(counts), rows, columns, 3)
    for (layout, _, _), into, slot, (window, box) in zip(parts, found, slots, places, strict=True):
        upright = np.rot90(pixels[slot, : window[2], : window[3]], layout.turns, (1, 2))
        top, left, height, width = box
        into[:] = upright[:, top : top + height, left : left + width]


def centre_box(height, width, side):
    """The square in the centre: (top, left, side, side), in pixels."""
    return round((height - side) / 2), round((width - side) / 2), side, side


def in_pairs(box):
    """A box (top, left, height, width) made larger, to pairs of rows and an even first column."""
    top, left, height, width = box
    return top // 2 * 2, left // 2 * 2, -(-(height + top % 2) // 2) * 2, width + left % 2


def values_of(plane, count, rows, columns, *channels):
    """The values (count, rows, columns, *channels) of a plane with pictures one above the other."""
    line, steps = plane.line_size, (3, 1) if channels else (1,)
    shape = count, rows, columns, *channels
    return np.ndarray(shape, np.uint8, plane, 0, (rows * line, line, *steps))


class Pictures:
    """Pictures of a clip, kept as of a Layout; those asked for come as uint8 RGB.

    An array-like (T, H, W, 3). `stored` (n, bytes) are pictures, and so are `clean`; `places` (T)
    say where each is, position in `stored` or ~position in `clean`: by default, all of `stored`.
    """

    def __init__(self, layout, stored, clean=None, places=None):
        self.layout, self.stored, self.clean = layout, stored, clean
        self.places = np.arange(len(stored)) if places is None else places

    @property
    def shape(self):
        return len(self.places), *self.layout.seen[2:], 3

    def __len__(self):
        return len(self.places)

    def kept(self, key):
        """The same pictures as they are kept: (bytes,) for one number, (n, bytes) for several."""
        places = self.places[key]
        if np.all(places >= 0):
            follow = places.ndim and len(places) and np.all(np.diff(places) == 1)
            return self.stored[slice(places[0], places[-1] + 1) if follow else places]
        if np.all(places < 0):
            return self.clean[~places]
        found = np.empty((len(places), self.layout.nbytes), np.uint8)
        is_stored = places >= 0
        found[is_stored] = self.stored[places[is_stored]]
        found[~is_stored] = self.clean[~places[~is_stored]]
        return found

    def __getitem__(self, key):
        kept = self.kept(key)
        return self.layout.rgb(kept) if kept.ndim == 2 else self.layout.rgb(kept[None])[0]

    def __array__(self, dtype=None, copy=None):
        return self[:] if dtype is None else self[:].astype(dtype)


@dataclass(frozen=True)
class Part:
    """A box (top, left, height, width) of some Pictures, of which `stacked` makes RGB."""

    pictures: Pictures
    key: np.ndarray
    box: tuple

    @property
    def shape(self):
        return len(self.key), *self.box[2:], 3


def stacked(parts):
    """uint8 RGB (N, T, h, w, 3) of Parts of one shape, many of them at once."""
    found = np.empty((len(parts), *parts[0].shape), np.uint8)
    known = [(each.pictures.layout, each.pictures.kept(each.key), each.box) for each in parts]
    together = []
    for number, (layout, kept, box) in enumerate(known):
        if layout.is_whole:
            found[number] = layout.rgb(kept, box)
        else:
            together.append(number)
    at_once = max(1, AT_ONCE // max(1, found[0, ..., 0].size))
    for first in range(0, len(together), at_once):
        some = together[first : first + at_once]
        convert([known[number] for number in some], [found[number] for number in some])
    return found
