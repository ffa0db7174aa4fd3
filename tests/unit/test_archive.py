"""The archive of results: the same bytes, all of them back, and nothing from a damaged one."""

import json
from pathlib import Path

import pytest

from framefault.errors import UserError
from framefault.workflow import archive, provenance


@pytest.fixture
def results(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, inputs in (
        ("tables/one.csv", ["results/predictions/read.parquet"]),
        ("predictions/read.parquet", []),
        ("decoded/large.frames", []),
        ("report.html", []),
    ):
        path = Path("results", name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
        facts = provenance.facts_of(path)
        record = {"outputs": {path.name: facts}, "inputs": dict.fromkeys(inputs, "")}
        record |= {"record": provenance.seal(record)}
        provenance.record_path(path).write_text(json.dumps(record))
    return tmp_path


def restored(tmp_path, monkeypatch, data):
    clone = tmp_path / "clone"
    clone.mkdir()
    monkeypatch.chdir(clone)
    Path("a.xz").write_bytes(data)
    return archive.restore(Path("a.xz"))


def test_results_come_back_without_bulk(results, monkeypatch):
    count = archive.write(Path("a.xz"))
    first = Path("a.xz").read_bytes()
    archive.write(Path("a.xz"))
    assert Path("a.xz").read_bytes() == first
    assert restored(results, monkeypatch, first) == count == 7
    assert Path("results/tables/one.csv").read_text() == "tables/one.csv"
    assert Path("results/predictions/read.parquet").exists()
    assert not Path("results/decoded/large.frames").exists()
    assert provenance.read_record(Path("results/decoded/large.frames"))
    with pytest.raises(UserError, match="has files already"):
        archive.restore(Path("a.xz"))


@pytest.mark.parametrize("part", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("damage", ["flip", "cut"])
def test_a_damaged_archive_writes_nothing(results, monkeypatch, part, damage):
    archive.write(Path("a.xz"))
    data = bytearray(Path("a.xz").read_bytes())
    at = int(len(data) * part)
    data[at] ^= 0xFF
    with pytest.raises(UserError, match=r"a\.xz cannot be used"):
        restored(results, monkeypatch, bytes(data if damage == "flip" else data[:at]))
    assert not Path("results").exists()


def test_a_result_that_differs_from_its_record_is_not_archived(results):
    Path("results/tables/one.csv").write_text("other")
    with pytest.raises(UserError, match="one.csv is not what its record"):
        archive.write(Path("a.xz"))
    assert not Path("a.xz").exists()
