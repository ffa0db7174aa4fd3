"""One seed scheme for every random draw of the project."""

import hashlib

import numpy as np


def rng(*key):
    """Counter-based generator keyed by what is drawn, never by when or where.

    `key` is any sequence of strings and numbers, such as
    ("corrupt", dataset, clip, corruption, level, seed). Numbers are equal when
    their values are (0.1 and 1e-1), so the spelling of a level does not matter.
    """
    text = "\x1f".join(repr(float(k)) if isinstance(k, (int, float)) else k for k in key)
    digest = hashlib.sha256(text.encode()).digest()
    return np.random.Generator(np.random.Philox(key=np.frombuffer(digest[:16], "<u8")))
