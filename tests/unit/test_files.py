"""Files that are whole or absent, and archives that notice damage."""

import errno
import os

import pytest

from framefault.errors import UserError
from framefault.files import file_digest, read_clips, sha256, whole, write_clips, write_json

CLIPS = [
    ("run/a b.avi", b"12345" * 40),
    ("odd/!#&()+;@[]~ $'\"*?.avi", b""),
    ("hôtel/été 日本.avi", bytes(range(256))),
]


def no_space(*_):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def stop_halfway(path, error):
    with whole(path) as part:
        part.write_bytes(b"half")
        assert not path.exists()
        raise error


def test_file_appears_under_its_name_when_it_is_whole(tmp_path):
    path = tmp_path / "new" / "file.bin"
    with whole(path) as part:
        part.write_bytes(b"half")
        assert not path.exists()
        assert part.suffix == ".bin"
    assert path.read_bytes() == b"half"
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("error", [ValueError("x"), KeyboardInterrupt(), OSError(errno.EIO, "x")])
def test_failure_leaves_nothing(tmp_path, error):
    with pytest.raises(type(error)):
        stop_halfway(tmp_path / "file", error)
    assert list(tmp_path.iterdir()) == []


def test_failure_keeps_the_older_file(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"old")
    with pytest.raises(ValueError, match="x"), whole(path) as part:
        part.write_bytes(b"half")
        raise ValueError("x")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_full_disk_is_the_users_to_solve(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "replace", no_space)
    with pytest.raises(UserError, match=r"Cannot write .*table\.json: No space left"):
        write_json(tmp_path / "table.json", {})
    assert list(tmp_path.iterdir()) == []


def test_disk_that_fills_up_while_writing_is_the_users_to_solve(tmp_path):
    with pytest.raises(UserError, match="No space left"):
        stop_halfway(tmp_path / "file", OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)))
    assert list(tmp_path.iterdir()) == []


def test_archive_gives_back_its_clips_in_order(tmp_path):
    write_clips(tmp_path / "clips.zip", iter(CLIPS))
    assert list(read_clips(tmp_path / "clips.zip")) == CLIPS


def test_same_clips_make_the_same_archive(tmp_path, monkeypatch):
    write_clips(tmp_path / "one.zip", CLIPS)
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    monkeypatch.setattr("time.time", lambda: 2e9)
    previous = os.umask(0o077)
    write_clips(tmp_path / "two.zip", CLIPS)
    os.umask(previous)
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()


def test_failing_clip_leaves_no_archive(tmp_path):
    def clips():
        yield CLIPS[0]
        raise ValueError("broken clip")

    with pytest.raises(ValueError, match="broken clip"):
        write_clips(tmp_path / "clips.zip", clips())
    assert list(tmp_path.iterdir()) == []


def test_flipped_byte_in_a_clip_is_reported(tmp_path):
    path = tmp_path / "clips.zip"
    write_clips(path, CLIPS)
    data = path.read_bytes()
    at = data.index(b"12345") + 7
    path.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
    with pytest.raises(UserError, match=r"clips\.zip is damaged .*`rm -r .*` and run"):
        list(read_clips(path))


def test_truncated_archive_is_reported(tmp_path):
    path = tmp_path / "clips.zip"
    write_clips(path, CLIPS)
    data = path.read_bytes()
    for length in (0, 10, len(data) // 2, len(data) - 1):
        path.write_bytes(data[:length])
        with pytest.raises(UserError, match=r"clips\.zip is damaged"):
            list(read_clips(path))


def test_any_damaged_byte_is_reported_or_harmless(tmp_path):
    path = tmp_path / "clips.zip"
    write_clips(path, CLIPS)
    data = path.read_bytes()
    unnoticed = {}
    for at in range(len(data)):
        for mask in (1, 8, 255):
            path.write_bytes(data[:at] + bytes([data[at] ^ mask]) + data[at + 1 :])
            try:
                if list(read_clips(path)) != CLIPS:
                    unnoticed[at, mask] = "other clips"
            except UserError:
                pass
            except Exception as error:
                unnoticed[at, mask] = repr(error)
    assert unnoticed == {}


def test_digest_of_a_file_is_that_of_its_bytes(tmp_path):
    data = bytes(range(256)) * 5000  # more than one piece
    (tmp_path / "file").write_bytes(data)
    assert file_digest(tmp_path / "file") == sha256(data)
    assert sha256(b"abc").startswith("ba7816bf8f01cfea")


def test_what_killed_jobs_left_is_removed_before_the_next_attempt(tmp_path):
    (tmp_path / ".123.t.json").write_text("half")
    (tmp_path / ".77.t.json").mkdir()
    (tmp_path / ".5.1.t.json").write_text("part of 1.t.json")
    (tmp_path / ".t.json").write_text("somebody's")
    write_json(tmp_path / "t.json", {})
    assert {path.name for path in tmp_path.iterdir()} == {"t.json", ".t.json", ".5.1.t.json"}


def test_folder_appears_whole_and_replaces_the_older_one(tmp_path):
    for name in ("one", "two"):
        with whole(tmp_path / "videos") as part:
            (part / "class").mkdir(parents=True)
            (part / "class" / name).write_text(name)
    assert [path.name for path in (tmp_path / "videos" / "class").iterdir()] == ["two"]
    with pytest.raises(ValueError, match="x"), whole(tmp_path / "videos") as part:
        part.mkdir()
        raise ValueError("x")
    assert [path.name for path in (tmp_path / "videos" / "class").iterdir()] == ["two"]
    assert [path.name for path in tmp_path.iterdir()] == ["videos"]
