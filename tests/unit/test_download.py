"""Archives from a real web server: whole, broken off, moved, wrong, or put there by hand."""

import errno
import fcntl
import hashlib
import shutil
import socket
import subprocess

import numpy as np
import pytest

from framefault.data import download
from framefault.data.download import obtain
from framefault.errors import UserError
from web import serving

NAME = "clips.rar"
HOME = "https://example.org/clips"
DATA = np.random.default_rng(0).bytes(3_000_000)


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(download, "PAUSE", 0.001)


@pytest.fixture
def site():
    with serving({NAME: DATA, f"mirror/{NAME}": DATA}) as site:
        yield site


def archive(data=DATA, **changes):
    return {"file": NAME, "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()} | changes


def get(site, folder, *paths, expected=None, allow=True):
    urls = [f"{site.address}/{path}" for path in paths or (NAME,)]
    return obtain(expected or archive(), urls, HOME, folder / "data", allow)


def test_file_arrives_whole_and_is_not_asked_for_again(site, tmp_path):
    for _ in range(2):
        assert get(site, tmp_path).read_bytes() == DATA
    assert site.requests == [(f"/{NAME}", None)]
    assert [path.name for path in (tmp_path / "data").iterdir()] == [NAME]


def test_nothing_is_downloaded_without_leave(site, tmp_path):
    with pytest.raises(UserError) as error:
        get(site, tmp_path, allow=False)
    path = tmp_path / "data" / NAME
    assert str(error.value) == (
        f"There is no {path}; get that file from {HOME} and put it there,"
        " or set downloads.allow to true."
    )
    assert site.requests == []


def test_the_beginning_of_a_digest_is_checked_too(site, tmp_path):
    digest = hashlib.sha256(DATA).hexdigest()
    known = archive(bytes=None, sha256=digest[:8])
    assert get(site, tmp_path, expected=known).read_bytes() == DATA
    with pytest.raises(UserError, match=f"its sha256 is {digest} where 01234567 is expected"):
        get(site, tmp_path, expected=known | {"sha256": "01234567"})


def test_broken_transfer_goes_on_with_the_rest_only(site, tmp_path):
    site.breaks = [1_200_000, 700_000]
    assert get(site, tmp_path).read_bytes() == DATA
    assert [wanted for _, wanted in site.requests] == [None, "bytes=1200000-", "bytes=1900000-"]


def test_next_run_goes_on_where_a_dead_one_stopped(site, tmp_path):
    site.breaks = [1_000_000, 0, 0, 0]
    with pytest.raises(UserError, match="could not be downloaded"):
        get(site, tmp_path)
    part = tmp_path / "data" / f"{NAME}.part"
    assert part.read_bytes() == DATA[:1_000_000]
    assert not (tmp_path / "data" / NAME).exists()
    site.requests.clear()
    assert get(site, tmp_path).read_bytes() == DATA
    assert site.requests == [(f"/{NAME}", "bytes=1000000-")]
    assert not part.exists()


def test_run_that_died_at_the_very_end_asks_once(site, tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / f"{NAME}.part").write_bytes(DATA)
    assert get(site, tmp_path).read_bytes() == DATA
    assert len(site.requests) == 1


def test_part_that_is_longer_than_the_file_is_begun_again(site, tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / f"{NAME}.part").write_bytes(DATA + b"more")
    assert get(site, tmp_path).read_bytes() == DATA


def test_server_without_ranges_sends_all_again(site, tmp_path):
    site.ranges, site.breaks = False, [1_000_000]
    assert get(site, tmp_path).read_bytes() == DATA
    assert len(site.requests) == 2


def test_busy_server_is_asked_again(site, tmp_path):
    site.busy = 2
    assert get(site, tmp_path).read_bytes() == DATA


def test_second_address_serves_when_the_first_does_not(site, tmp_path):
    assert get(site, tmp_path, "moved.rar", f"mirror/{NAME}").read_bytes() == DATA
    assert [path for path, _ in site.requests] == ["/moved.rar", f"/mirror/{NAME}"]


def test_wrong_file_is_set_aside_and_the_next_address_tried(site, tmp_path):
    site.files["wrong"] = DATA[::-1]
    assert get(site, tmp_path, "wrong", NAME).read_bytes() == DATA
    assert (tmp_path / "data" / f"{NAME}.unexpected").read_bytes() == DATA[::-1]


def test_wrong_digest_names_both(site, tmp_path):
    site.files[NAME] = DATA[::-1]
    with pytest.raises(UserError) as error:
        get(site, tmp_path)
    assert hashlib.sha256(DATA).hexdigest() in str(error.value)
    assert hashlib.sha256(DATA[::-1]).hexdigest() in str(error.value)
    assert (tmp_path / "data" / f"{NAME}.unexpected").read_bytes() == DATA[::-1]


def test_wrong_size_is_refused_before_the_transfer(site, tmp_path):
    with pytest.raises(UserError, match="has 3000000 bytes where 7 are expected"):
        get(site, tmp_path, expected=archive(bytes=7))
    assert (tmp_path / "data" / f"{NAME}.part").stat().st_size == 0


def test_page_of_a_site_that_moved_is_no_archive(site, tmp_path):
    site.type = "text/html; charset=utf-8"
    with pytest.raises(UserError, match="it gives a page instead of the file"):
        get(site, tmp_path, expected=archive(bytes=None, sha256=None))


def test_unknown_size_and_digest_are_not_checked(site, tmp_path):
    assert get(site, tmp_path, expected=archive(bytes=None, sha256=None)).read_bytes() == DATA


def test_file_that_is_nowhere_names_every_reason_and_where_to_put_it(site, tmp_path):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        dead = f"http://127.0.0.1:{closed.getsockname()[1]}/{NAME}"
        with pytest.raises(UserError) as error:
            urls = [f"{site.address}/gone.rar", dead]
            obtain(archive(), urls, HOME, tmp_path / "data", allow=True)
    text = str(error.value)
    assert f"{urls[0]}: 404 Not Found" in text
    assert f"{dead}: [Errno {errno.ECONNREFUSED}] Connection refused" in text
    assert f"get that file from {HOME} and put it at {tmp_path / 'data' / NAME}." in text
    assert "\n" not in text and "object at" not in text


def test_users_own_file_is_verified_like_a_download(site, tmp_path):
    path = tmp_path / "data" / NAME
    path.parent.mkdir()
    path.write_bytes(DATA)
    assert get(site, tmp_path, allow=False) == path
    path.write_bytes(DATA[:-1] + b"?")
    with pytest.raises(UserError, match=r"clips\.rar is not the expected file: its sha256 is"):
        get(site, tmp_path, allow=False)
    assert path.with_name(f"{NAME}.unexpected").read_bytes() == DATA[:-1] + b"?"
    assert site.requests == []


def test_two_runs_do_not_write_the_same_file(site, tmp_path):
    (tmp_path / "data").mkdir()
    with open(tmp_path / "data" / f"{NAME}.part", "ab") as part:
        fcntl.flock(part, fcntl.LOCK_EX)
        with pytest.raises(UserError, match="Another run is downloading"):
            get(site, tmp_path)


def test_full_disk_is_one_sentence(site, tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / f"{NAME}.part").symlink_to("/dev/full")
    with pytest.raises(
        UserError, match=r"Cannot write .*clips\.rar\.part: No space left on device"
    ):
        get(site, tmp_path)


@pytest.mark.skipif(not shutil.which("openssl"), reason="needs a certificate")
def test_digest_vouches_for_a_server_without_a_valid_certificate(tmp_path):
    command = "openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=other -keyout k -out c"
    subprocess.run(command.split(), cwd=tmp_path, check=True, capture_output=True)
    with serving({NAME: DATA}, certificate=(tmp_path / "c", tmp_path / "k")) as site:
        assert get(site, tmp_path).read_bytes() == DATA
        with pytest.raises(UserError, match="certificate verify failed"):
            get(site, tmp_path / "other", expected=archive(sha256=None))


def test_folder_that_cannot_be_written_is_one_sentence(site, tmp_path):
    (tmp_path / "data").write_text("a file")
    with pytest.raises(UserError, match=r"Cannot write .*clips\.rar\.part: "):
        get(site, tmp_path)
