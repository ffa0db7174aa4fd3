"""Clips as files: the very bytes, names of any kind, checksums that other programs check."""

import subprocess

import pandas as pd
import pytest

from framefault.data.export import COLUMNS, export_clips, file_name
from framefault.errors import UserError
from framefault.tabular import read_csv

CONDITION = {
    "dataset": "mine", "split": "test", "corruption": "packet_loss", "level": "0.1", "seed": "0"
}  # fmt: skip
HOSTILE = ["-rf", "two\nlines", "back\\slash", 'a "quoted", comma', "clips.csv", "ü ü", "#"]


def accounts(names, **changes):
    facts = {
        "label": "class", "changed": 1, "playable": True, "status": "ok", "opened": True,
        "frames": 3, "errors": 0, "full_length": True, "unit": "datagram", "sent": 9, "damaged": 1,
        "delay": 0.0,
    }  # fmt: skip
    return pd.DataFrame([{"clip": f"class/{name}"} | facts | changes for name in names])


def exported(folder, files, clips):
    folder.mkdir()
    export_clips(folder, files, clips, CONDITION)
    return folder


def test_hostile_names_and_empty_clips_are_files_that_other_programs_check(tmp_path):
    files = [(f"class/{name}.mp4", name.encode() * index) for index, name in enumerate(HOSTILE)]
    folder = exported(tmp_path / "out", files, accounts(HOSTILE))
    for name, data in files:
        assert (folder / "clips" / name).read_bytes() == data
    check = ["sha256sum", "--strict", "--check", "--quiet", "SHA256SUMS"]
    assert subprocess.run(check, cwd=folder, check=False).returncode == 0
    table = read_csv(folder / "clips.csv")
    assert table.columns.tolist() == COLUMNS
    assert table["file"].tolist() == [f"clips/{name}" for name, _ in files]
    listed = (folder / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    assert len(listed) == len(files) + 2
    (folder / "clips/class/#.mp4").write_bytes(b"changed")
    assert subprocess.run(check, cwd=folder, capture_output=True, check=False).returncode == 1


def test_unplayable_clips_are_there_and_named_as_such(tmp_path):
    clips = pd.concat([accounts(["good"]), accounts(["bad"], playable=False, frames=0)])
    files = [("class/good.mp4", b"good"), ("class/bad.mp4", b"")]
    folder = exported(tmp_path / "out", files, clips)
    assert read_csv(folder / "clips.csv")["playable"].tolist() == [1, 0]
    assert "1 of them do not count as playable" in (folder / "README.md").read_text()
    assert (folder / "clips/class/bad.mp4").read_bytes() == b""


@pytest.mark.parametrize("name", ["class/unknown.mp4", "../class/a.mp4", "/class/a.mp4"])
def test_clip_that_was_not_listed_is_refused(tmp_path, name):
    with pytest.raises(UserError, match="is not as it was listed"):
        exported(tmp_path / "out", [(name, b"")], accounts(["a"]))


@pytest.mark.parametrize(
    ("name", "data", "file"),
    [
        ("a/b.mpg", b"\x1a\x45\xdf\xa3 stored by a receiver", "a/b.mkv"),
        ("a/b.mpg", b"\x00\x00\x01\xba", "a/b.mpg"),
        ("a/b.webm", b"\x1a\x45\xdf\xa3", "a/b.webm"),
        ("a/b.mp4", b"", "a/b.mp4"),
    ],
)
def test_extension_is_that_of_what_is_in_the_file(name, data, file):
    assert file_name(name, data) == file
