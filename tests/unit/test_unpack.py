"""Archives as publishers ship them, and as nobody should."""

import bz2
import gzip
import io
import lzma
import os
import stat
import subprocess
import sys
import tarfile
import zipfile

import numpy as np
import pytest

from framefault.data.unpack import unpack
from framefault.errors import UserError
from rar import COMPRESSED, rar4, rar5
from workflow_tools import ROOT

SCRIPTS = str(ROOT / "scripts")
# Of HMDB51's own names, and one with every odd character at once.
ODD = "#20_Rhythm_clap_u_nm_np1_fr_goo_0.avi"
MEMBERS = {"clap": None, f"clap/{ODD}": b"clip 1", "clap/a!#&()+;@[]~ b.avi": b"clip 2" * 1000}


def zip_of(members, root=""):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            if content is None:
                archive.mkdir(root + name)
            elif isinstance(content, str):
                link = zipfile.ZipInfo(root + name)
                link.external_attr = (stat.S_IFLNK | 0o777) << 16
                archive.writestr(link, content)
            else:
                archive.writestr(root + name, content)
    return file.getvalue()


def tar_of(members, compression="gz"):
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode=f"w:{compression}") as archive:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            if content is None:
                member.type = tarfile.DIRTYPE
            elif isinstance(content, str):
                member.type, member.linkname = tarfile.SYMTYPE, content
            else:
                member.size = len(content)
            archive.addfile(member, io.BytesIO(content) if isinstance(content, bytes) else None)
    return file.getvalue()


FORMATS = {"rar4": rar4, "rar5": rar5, "zip": zip_of, "tar": tar_of}
each_format = pytest.mark.parametrize("form", FORMATS)


def files(folder):
    paths = [path for path in folder.rglob("*") if path.is_file()]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def content(members):
    return {name: data for name, data in members.items() if data is not None}


def written(tmp_path, data, name="archive"):
    (tmp_path / name).write_bytes(data)
    return tmp_path / name


@each_format
def test_every_byte_of_every_format(tmp_path, form):
    unpack(written(tmp_path, FORMATS[form](MEMBERS)), tmp_path / "out")
    assert files(tmp_path / "out") == content(MEMBERS)


@pytest.mark.parametrize("form", COMPRESSED)
def test_compressed_and_solid_rars(tmp_path, form):
    unpack(written(tmp_path, COMPRESSED[form]), tmp_path / "out")
    lines = "".join(f"{number:03d}\n" for number in range(512)).encode()
    assert files(tmp_path / "out") == {"stest1.txt": lines, "stest2.txt": lines}


@each_format
def test_root_of_the_archive_becomes_the_folder(tmp_path, form):
    members = {"UCF-101/Punch/v.avi": b"clip", "UCF-101/README": b"text", "other.txt": b"other"}
    unpack(written(tmp_path, FORMATS[form](members)), tmp_path / "out", root="UCF-101")
    assert files(tmp_path / "out") == {"Punch/v.avi": b"clip", "README": b"text"}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["archive", "out"]


def test_absent_root_is_named(tmp_path):
    with pytest.raises(UserError, match="archive holds no folder UCF-101"):
        unpack(written(tmp_path, rar4(MEMBERS)), tmp_path / "out", root="UCF-101")


@pytest.mark.parametrize(("outer", "inner"), [(rar4, rar4), (rar4, rar5), (rar5, rar4)])
@pytest.mark.parametrize("workers", [1, 2])
def test_rars_inside_a_rar(tmp_path, outer, inner, workers):
    classes = {
        "clap": MEMBERS,
        "shoot_bow": {"shoot_bow/6arrows_within_30_seconds_shoot_bow_f_nm_np1_fr_med_0.avi": b"3"},
    }
    data = outer({f"{name}.rar": inner(members) for name, members in classes.items()})
    unpack(written(tmp_path, data), tmp_path / "out", nested=True, workers=workers)
    assert files(tmp_path / "out") == content(classes["clap"] | classes["shoot_bow"])


def test_damaged_rar_inside_a_rar_is_named(tmp_path):
    data = rar4({"clap.rar": rar4(MEMBERS)[:-3000]})
    with pytest.raises(UserError, match=r"archive cannot be unpacked \(clap\.rar: damaged"):
        unpack(written(tmp_path, data), tmp_path / "out", nested=True)


@each_format
@pytest.mark.parametrize("kept", [0.5, 0.9])
def test_truncated_archive_is_one_sentence_with_a_command(tmp_path, form, kept):
    data = FORMATS[form](MEMBERS | {"clap/long.avi": bytes(range(256)) * 4000})
    path = written(tmp_path, data[: int(len(data) * kept)])
    with pytest.raises(UserError, match="cannot be unpacked") as error:
        unpack(path, tmp_path / "out")
    assert f"`rm {path}`" in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("form", ["rar4", "rar5", "zip"])
def test_flipped_bit_is_noticed(tmp_path, form):
    data = bytearray(FORMATS[form]({"clap/v.avi": bytes(range(256)) * 400}))
    data[data.index(b"clap/v.avi") + 60] ^= 1
    with pytest.raises(UserError, match="cannot be unpacked"):
        unpack(written(tmp_path, bytes(data)), tmp_path / "out")


def incompressible(count):
    """Contents that fill several blocks of each compression."""
    return {f"clap/{i}.avi": np.random.default_rng(i).bytes(30_000) for i in range(count)}


@pytest.mark.parametrize("compression", ["gz", "bz2", "xz"])
def test_every_flipped_bit_of_a_compressed_tar_is_noticed_or_changes_nothing(tmp_path, compression):
    members = incompressible(12)
    data = tar_of(members, compression)
    draw, missed = np.random.default_rng(0), []
    for number, place in enumerate(draw.integers(0, len(data), 60)):
        damaged = bytearray(data)
        damaged[place] ^= 1 << draw.integers(8)
        folder = tmp_path / str(number)
        try:
            unpack(written(tmp_path, bytes(damaged)), folder)
        except UserError as error:
            assert "cannot be unpacked" in str(error)
        else:
            missed += [place] if files(folder) != members else []
    assert missed == []


def headers_of(data):
    """Where the headers of a plain tar start, and its end."""
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        return [member.offset for member in archive] + [archive.offset]


def test_every_flipped_bit_in_a_header_of_a_plain_tar_is_noticed(tmp_path):
    """Its contents have no checksum."""
    data, draw = tar_of(incompressible(4), ""), np.random.default_rng(0)
    for number, start in enumerate(headers_of(data)):
        for place in start + draw.integers(0, 500, 12):
            damaged = bytearray(data)
            damaged[place] ^= 1 << draw.integers(8)
            with pytest.raises(UserError, match="cannot be unpacked"):
                unpack(written(tmp_path, bytes(damaged)), tmp_path / str(number))


@pytest.mark.parametrize("compression", ["gz", "bz2", "xz", ""])
@pytest.mark.parametrize("change", ["no end", "end inside a member", "more after its end"])
def test_a_tar_that_does_not_end_as_it_should_is_refused(tmp_path, change, compression):
    plain = tar_of(MEMBERS, "")
    last = headers_of(plain)[-1]
    data = {
        "no end": plain[:last], "end inside a member": plain[: last - 2000],
        "more after its end": plain + plain,
    }[change]  # fmt: skip
    compress = {"gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress, "": bytes}
    with pytest.raises(UserError, match="cannot be unpacked"):
        unpack(written(tmp_path, compress[compression](data)), tmp_path / "out")


def test_a_member_that_is_lost_from_the_list_of_a_zip_is_noticed(tmp_path):
    data = bytearray(zip_of({"a.avi": b"1", "b.avi": b"2"}))
    first = data.index(b"PK\1\2")
    data[first + 32] = data.index(b"PK\5\6") - data.rindex(b"PK\1\2")  # length of its comment
    with pytest.raises(UserError, match="its list of members is not whole"):
        unpack(written(tmp_path, bytes(data)), tmp_path / "out")


def test_a_zip_of_another_compression_is_damaged_as_any(tmp_path):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("a.avi", bytes(range(256)) * 40)
    for place in range(60, 90, 3):
        data = bytearray(file.getvalue())
        data[place] ^= 16
        with pytest.raises(UserError, match="cannot be unpacked"):
            unpack(written(tmp_path, bytes(data)), tmp_path / "out")


@pytest.mark.parametrize("form", ["rar4", "zip", "tar"])
def test_an_archive_that_would_fill_the_disk_is_refused(tmp_path, form, monkeypatch):
    monkeypatch.setattr("framefault.data.unpack.LEAST", 20_000)
    monkeypatch.setattr("framefault.data.unpack.GROWTH", 1.5 if form != "rar4" else 0.9)
    path = written(tmp_path, FORMATS[form]({"a": bytes(20_000), "b": bytes(20_000)}))
    with pytest.raises(UserError, match="it unpacks to more than"):
        unpack(path, tmp_path / "out")
    assert sum(len(each) for each in files(tmp_path / "out").values()) < 40_000


@each_format
@pytest.mark.parametrize("names", [("a", "a/b"), ("x" * 300,)])
def test_names_that_no_folder_can_hold_are_one_sentence(tmp_path, form, names):
    with pytest.raises(UserError, match="cannot be unpacked .* member"):
        unpack(written(tmp_path, FORMATS[form](dict.fromkeys(names, b"1"))), tmp_path / "out")


def test_root_may_not_leave_the_folder(tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.tex").write_bytes(b"text")
    for root in ("../mine", str(tmp_path / "mine")):
        with pytest.raises(UserError, match="is no folder in it"):
            unpack(written(tmp_path, tar_of(MEMBERS)), tmp_path / "out", root=root)
    assert files(tmp_path / "mine") == {"thesis.tex": b"text"}


def test_tars_unpack_where_tarfile_has_no_filters(tmp_path, monkeypatch):
    """As in Python 3.11.2 of Debian 12: `extract` has no such argument."""
    real = tarfile.TarFile.extract
    monkeypatch.setattr(
        tarfile.TarFile, "extract",
        lambda self, member, path="", set_attrs=True, *, numeric_owner=False: real(
            self, member, path, set_attrs, numeric_owner=numeric_owner
        ),
    )  # fmt: skip
    monkeypatch.delattr(tarfile, "data_filter", raising=False)
    unpack(written(tmp_path, tar_of(MEMBERS)), tmp_path / "out")
    assert files(tmp_path / "out") == content(MEMBERS)


@each_format
@pytest.mark.parametrize("name", ["../evil", "a/../../evil", "/tmp/framefault-evil", "..\\evil"])
def test_nothing_is_written_outside_of_the_folder(tmp_path, form, name):
    place = tmp_path / "deep" / "down"
    place.mkdir(parents=True)
    path = written(place, FORMATS[form]({"good": b"1", name: b"evil"}))
    with pytest.raises(UserError, match="outside of its folder"):
        unpack(path, place / "out")
    assert set(files(tmp_path)) <= {"deep/down/archive", "deep/down/out/good"}


@each_format
def test_links_are_refused(tmp_path, form):
    members = {"good": b"1", "link": "/etc", "link/passwd": b"evil"}
    with pytest.raises(UserError, match="'link' is a link"):
        unpack(written(tmp_path, FORMATS[form](members)), tmp_path / "out")
    assert not any(path.is_symlink() for path in tmp_path.rglob("*"))


def test_name_that_is_no_unicode_is_refused(tmp_path):
    with pytest.raises(UserError, match="is no Unicode name"):
        unpack(written(tmp_path, rar5({"\ud800.avi": b"1"})), tmp_path / "out")


@pytest.mark.parametrize("data", [b"", b"<html>moved</html>", b"Rar!\x1a\x07\x00 and no more"])
def test_what_is_no_archive_is_one_sentence(tmp_path, data):
    with pytest.raises(UserError, match="cannot be unpacked"):
        unpack(written(tmp_path, data), tmp_path / "out")


@pytest.fixture
def without_rar_package(monkeypatch):
    """As if unrar2-cffi were not installed: importing it fails."""
    for name in [name for name in sys.modules if name.partition(".")[0] == "unrar"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "unrar", None)


def test_rar_without_its_package_says_what_to_install(tmp_path, without_rar_package):
    path = written(tmp_path, rar4(MEMBERS))
    with pytest.raises(UserError, match=r"`pip install -r envs/rar\.txt`") as error:
        unpack(path, tmp_path / "out")
    message = str(error.value)
    assert message.startswith(f"{path} is a RAR archive")
    assert "name the folder as the data set's `path`" in message
    assert "\n" not in message


def test_rars_inside_a_zip_without_their_package_say_what_to_install(tmp_path):
    program = (
        "import sys; sys.modules['unrar'] = None; from pathlib import Path;"
        "from framefault.data.unpack import unpack;"
        "unpack(Path('archive'), Path('out'), nested=True, workers=2)"
    )
    written(tmp_path, zip_of({"clap.rar": rar4(MEMBERS)}))
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, env=os.environ | {"PYTHONPATH": SCRIPTS},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "pip install -r envs/rar.txt" in done.stderr.splitlines()[-1]


@pytest.mark.parametrize("form", ["zip", "tar"])
def test_other_archives_need_no_package(tmp_path, form, without_rar_package):
    unpack(written(tmp_path, FORMATS[form](MEMBERS)), tmp_path / "out")
    assert files(tmp_path / "out") == content(MEMBERS)
