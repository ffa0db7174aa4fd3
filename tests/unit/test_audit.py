"""Which files are damaged, as the decoder says: real files, each damaged in its own way."""

import os
import subprocess
import sys

import numpy as np
import pytest

from framefault.data.audit import audit
from framefault.data.listing import sizes_digest
from framefault.tabular import read_csv
from videos import encode_frames
from workflow_tools import ROOT

NAMES = {
    "cut.avi": "", "deep/er/ones.mp4": "", "empty.mkv": "no video in it", "text.mp4": "no video",
    "lost.avi": "the container has 30 frames, and 29 of them decode",
}  # fmt: skip


@pytest.fixture(scope="module")
def pictures():
    draw = np.random.default_rng(0)
    still = draw.integers(0, 256, (1, 48, 64, 3))
    return (still + 4 * np.arange(30)[:, None, None, None]).clip(0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def folder(tmp_path_factory, pictures):
    """Whole files of several kinds, and NAMES, which are damaged."""
    root = tmp_path_factory.mktemp("videos")
    (root / "deep/er").mkdir(parents=True)
    avi = encode_frames(pictures, 25, "mpeg4", {"g": "5"}, "avi")
    mp4 = encode_frames(pictures, 25)
    for name, container in (("whole.avi", "avi"), ("whole.mkv", "matroska"), ("whole.mov", "mov")):
        (root / name).write_bytes(encode_frames(pictures, 25, "mpeg4", None, container))
    (root / "two\nlines, \"and\" a 'comma'.MP4").write_bytes(mp4)
    (root / "notes.txt").write_text("No video, and none is expected.\n" * 100)
    (root / ".hidden.mp4").write_bytes(b"")
    os.symlink("nowhere", root / "dangling.mp4")
    os.mkfifo(root / "pipe.mp4")
    (root / "cut.avi").write_bytes(avi[: len(avi) // 2])
    end = mp4.index(b"moov") - 100
    (root / "deep/er/ones.mp4").write_bytes(mp4[:end] + b"\xff" * 80 + mp4[end + 80 :])
    (root / "empty.mkv").write_bytes(b"")
    (root / "text.mp4").write_text("No video, but one is expected.\n" * 100)
    tag = avi.index(b"00dc", avi.index(b"movi") + 500)
    (root / "lost.avi").write_bytes(avi[:tag] + b"JUNK" + avi[tag + 4 :])
    return root


def test_damaged_files_are_named_with_a_reason_and_whole_ones_are_not(folder):
    files = audit(folder).set_index("path")
    damaged = files[files["damaged"] == 1]
    assert set(damaged.index) == NAMES.keys()
    assert all(NAMES[path] in reason != "" for path, reason in damaged["reason"].items())
    assert (files["status"] == "ok").all()
    whole = files[files["opened"] * (1 - files["damaged"]) == 1]
    assert len(whole) == 4
    assert (whole[["declared", "frames"]].fillna(30) == 30).all(axis=None)
    assert (whole[["errors", "corrupt", "messages"]] == 0).all(axis=None)
    assert files.loc["notes.txt", "reason"] == "no video"


def test_account_is_the_same_for_any_number_of_workers(folder):
    assert audit(folder, 1).equals(audit(folder, 3))


def test_file_that_cannot_be_read_is_damaged_and_stops_nothing(folder, monkeypatch):
    from framefault.data import audit as module

    def unreadable(path, mode):
        if path.endswith("whole.avi"):
            raise PermissionError(13, "Permission denied")
        return open(path, mode)

    monkeypatch.setattr(module, "open", unreadable, raising=False)
    files = audit(folder).set_index("path")
    assert files.loc["whole.avi", "status"] == "unreadable"
    assert files.loc["whole.avi", "reason"] == "it cannot be read: Permission denied"
    assert files["damaged"].sum() == len(NAMES) + 1


def test_file_that_hangs_a_decoder_is_damaged_and_stops_nothing(folder, monkeypatch):
    from framefault.data import audit as module

    original = module.decode_all

    def endless(container, found):
        while container.format.name == "avi":
            pass
        original(container, found)

    monkeypatch.setattr(module, "decode_all", endless)
    monkeypatch.setattr(module, "CPU_SECONDS", 0.3)
    files = audit(folder, 2).set_index("path")
    assert files.loc["whole.avi", ["status", "reason"]].tolist() == [
        "timed_out", "the decoder timed out",
    ]  # fmt: skip
    assert files.loc["whole.mov", "damaged"] == 0


def test_digest_follows_names_and_sizes_and_no_time(folder, tmp_path):
    (tmp_path / "a.avi").write_bytes(b"12")
    first = sizes_digest(tmp_path)
    os.utime(tmp_path / "a.avi", (0, 0))
    assert sizes_digest(tmp_path) == first
    (tmp_path / "a.avi").write_bytes(b"123")
    assert sizes_digest(tmp_path) != first


def run(*arguments):
    command = [sys.executable, ROOT / "scripts/audit_folder.py", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_command_needs_no_configuration_and_tells_of_damage_by_its_status(folder, tmp_path):
    done = run(folder, "--out", tmp_path / "audit.csv")
    assert done.returncode == 1, done.stderr
    assert "5 of 10 files are damaged; 7 have video." in done.stdout
    files = read_csv(tmp_path / "audit.csv")
    assert set(files["path"][files["damaged"] == 1]) == NAMES.keys()
    (tmp_path / "whole").mkdir()
    os.link(folder / "whole.mov", tmp_path / "whole/a.mov")
    assert run(tmp_path / "whole").returncode == 0


def test_command_refuses_what_is_no_folder_in_one_sentence(tmp_path):
    done = run(tmp_path / "absent")
    assert done.returncode == 1
    assert done.stderr == f"framefault: There is no folder {tmp_path / 'absent'}.\n"


def test_name_that_is_no_text_is_escaped(tmp_path):
    (tmp_path / os.fsdecode(b"caf\xe9.mp4")).write_bytes(b"x")
    done = run(tmp_path, "--out", tmp_path / "out.csv")
    assert done.returncode == 1, done.stderr
    assert read_csv(tmp_path / "out.csv")["path"].tolist() == ["caf\\xe9.mp4"]


def test_a_stream_that_appears_on_the_way_is_no_damage_of_another(tmp_path):
    noise = np.random.default_rng(0).integers(0, 256, (14, 480, 640, 3), np.uint8)
    data = encode_frames(noise, 25, "flv", {"b": "200M", "qmin": "1", "g": "1"}, "flv")
    sound = bytes([8]) + (2).to_bytes(3) + bytes(7) + b"\x2f\0" + (13).to_bytes(4)
    (tmp_path / "sound.flv").write_bytes(data + sound)
    (row,) = audit(tmp_path).to_dict("records")
    assert (row["status"], row["frames"], row["errors"]) == ("ok", 14, 0)
