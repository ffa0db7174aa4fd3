"""Excerpts: what is written is read, the same content is the same bytes, damage is named."""

import zipfile

import numpy as np
import pytest

from framefault.errors import UserError
from framefault.plots.excerpt import CONTENT, by_number, read_excerpt, write_excerpt

PICTURE = np.arange(4 * 5 * 3, dtype=np.uint8).reshape(4, 5, 3)
CONTENT_OF_ALL_KINDS = {
    "moment": ("a", 3),
    "rows": [{"right": None, "x": 0.1 + 0.2, "name": "✓ Größe"}],
    "frames": {"7": PICTURE, "12": 255 - PICTURE},
    "seen": [None, {"image": PICTURE[::2]}],
    "file": np.frombuffer(b"bytes", np.uint8),
    "distances": np.array([3, 0, 255]),
    "nothing": np.empty(0, np.int64),
}


def test_what_is_written_is_read(tmp_path):
    for name in ("a.zip", "b.zip"):
        write_excerpt(tmp_path / name, CONTENT_OF_ALL_KINDS)
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()
    found = read_excerpt(tmp_path / "a.zip")
    assert found["moment"] == ["a", 3] and found["rows"] == CONTENT_OF_ALL_KINDS["rows"]
    frames = by_number(found["frames"])
    assert [*frames] == [7, 12] and np.array_equal(frames[12], 255 - PICTURE)
    assert found["seen"][0] is None and np.array_equal(found["seen"][1]["image"], PICTURE[::2])
    assert found["file"].tobytes() == b"bytes"
    for name in ("distances", "nothing"):
        assert found[name].dtype == CONTENT_OF_ALL_KINDS[name].dtype
        assert np.array_equal(found[name], CONTENT_OF_ALL_KINDS[name])


def test_pictures_can_be_looked_at(tmp_path):
    write_excerpt(tmp_path / "a.zip", {"frames": {"7": PICTURE}})
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        assert archive.namelist() == [CONTENT, "000.png"]


def test_a_damaged_excerpt_is_named(tmp_path):
    path = tmp_path / "a.zip"
    write_excerpt(path, CONTENT_OF_ALL_KINDS)
    data = bytearray(path.read_bytes())
    data[data.index(b"IDAT") + 6] ^= 1
    path.write_bytes(data)
    with pytest.raises(UserError, match=r"a\.zip is damaged"):
        read_excerpt(path)
