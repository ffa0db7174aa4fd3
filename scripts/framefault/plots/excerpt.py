"""What a figure of frames shows, cut out of all frames: a small zip archive with its pictures."""

import io
import json

import numpy as np
from PIL import Image

from framefault.files import read_clips, write_clips

CONTENT = "content.json"
PART = "in the file"  # key of what stands for a picture or an array


def write_excerpt(path, content):
    """Nested dictionaries (of str) and lists of plain values, with pictures and arrays among them.

    Pictures, uint8 (H, W, 3), become PNG files, other arrays `.npy` files; the rest is JSON.
    """
    parts = []

    def plain(value):
        if isinstance(value, np.ndarray):
            is_picture = value.ndim == 3 and value.dtype == np.uint8
            name = f"{len(parts):03d}.{'png' if is_picture else 'npy'}"
            parts.append((name, as_png(value) if is_picture else as_npy(value)))
            return {PART: name}
        if isinstance(value, dict):
            return {key: plain(each) for key, each in value.items()}
        return [plain(each) for each in value] if isinstance(value, (list, tuple)) else value

    text = json.dumps(plain(content), indent=1, ensure_ascii=False)
    write_clips(path, [(CONTENT, text.encode()), *parts])


def read_excerpt(path):
    """What `write_excerpt` was given, tuples as lists. Raises UserError if the file is damaged."""
    parts = dict(read_clips(path))

    def whole(value):
        name = value.get(PART)
        return value if name is None else read_array(name, io.BytesIO(parts[name]))

    return json.loads(parts[CONTENT], object_hook=whole)


def by_number(pictures):
    """{frame number: picture} of what is written under their numbers as text."""
    return {int(number): picture for number, picture in pictures.items()}


def read_array(name, file):
    if name.endswith(".npy"):
        return np.load(file, allow_pickle=False)
    with Image.open(file) as picture:
        return np.asarray(picture)


def as_png(picture):
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "PNG")
    return file.getvalue()


def as_npy(array):
    file = io.BytesIO()
    np.save(file, array, allow_pickle=False)
    return file.getvalue()
