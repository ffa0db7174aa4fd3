"""The archive of results: the same bytes, all of them back, and nothing from a damaged one.

What it says of itself is validated by the libraries of RO-Crate and Croissant. These know the
network, which is not asked here: the one context that RO-Crate's needs is given to it.
"""

import json
import tarfile
from importlib.resources import files
from pathlib import Path

import mlcroissant
import pandas as pd
import pytest
from rocrate.rocrate import ROCrate
from rocrate_validator import services
from rocrate_validator.utils.http import HttpRequester

from framefault.errors import UserError
from framefault.tabular import read_csv, write_csv, write_parquet
from framefault.tasks.recognition.predictions import SCHEMA
from framefault.workflow import archive, crate, provenance
from scored import RIGHT, WRONG, frame

PREDICTIONS = "predictions/mine/none/seed0/clean/0/seed0.parquet"
FILES = {
    "tables/table1.csv": [f"results/{PREDICTIONS}"],
    "tables/table1.md": [],
    "figures/figure1.png": [],
    "manifests/mine.csv": [],
    "excerpts/figure1.zip": [],
    PREDICTIONS: [],
    "decoded/large.frames": [],
    "report.html": [],
}
TABLE = [{"corruption": "random", "level": 1e-4, "none": 41.2, "none ci": 3.5, "clips": 2}]
CLIPS = [{"id": name, "label": name[0], "split": "test", "frames": 64} for name in ("a/x", "b/y")]


@pytest.fixture
def results(tmp_path, monkeypatch):
    """A small run: a table of predictions, and frames of which only the record is kept."""
    monkeypatch.chdir(tmp_path)
    for name, inputs in FILES.items():
        path = Path("results", name)
        path.parent.mkdir(parents=True, exist_ok=True)
        if name == PREDICTIONS:
            said = frame([RIGHT, WRONG]).assign(clip=["a/x", "b/y"])
            write_parquet(path, said.to_dict("records"), SCHEMA)
        elif path.suffix == ".csv":
            write_csv(path, CLIPS if "manifests" in name else TABLE)
        else:
            path.write_text(name)
        record = {"outputs": {path.name: provenance.facts_of(path)}}
        record |= {"inputs": dict.fromkeys(inputs, "")}
        record |= {"record": provenance.seal(record)}
        path = provenance.record_path(path)
        if not path.exists():
            path.write_text(json.dumps(record))
    for name, end in (("encode/mine", "09:30:10"), ("report", "09:31:59")):
        path = Path(f"results/logs/{name}.log")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"a line\n2026-02-03 {end},001 usage: 4.46 s, 3.95 CPU s, 661 MB\n")
    return tmp_path


def restored(tmp_path, monkeypatch, data):
    clone = tmp_path / "clone"
    clone.mkdir()
    monkeypatch.chdir(clone)
    Path("a.xz").write_bytes(data)
    return archive.restore(Path("a.xz"))


def test_results_come_back_without_bulk(results, monkeypatch):
    count, table = archive.write(Path("a.xz")), Path("results/tables/table1.csv").read_bytes()
    first = Path("a.xz").read_bytes()
    archive.write(Path("a.xz"))
    assert Path("a.xz").read_bytes() == first
    # Of 8 files one is bulk; 7 records, since two files share one; and when it all was.
    assert restored(results, monkeypatch, first) == count == 15
    assert Path("results/tables/table1.csv").read_bytes() == table
    assert Path("results", PREDICTIONS).exists() and not Path("Snakefile").exists()
    assert not Path("results/decoded/large.frames").exists()
    assert provenance.read_record(Path("results/decoded/large.frames"))
    with pytest.raises(UserError, match="has files already"):
        archive.restore(Path("a.xz"))


def test_a_restored_run_makes_the_same_archive(results, monkeypatch):
    archive.write(Path("a.xz"))
    data = Path("a.xz").read_bytes()
    restored(results, monkeypatch, data)
    archive.write(Path("again.xz"))
    assert Path("again.xz").read_bytes() == data


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


@pytest.mark.parametrize("name", ["tables/table1.csv", "excerpts/figure1.zip", PREDICTIONS])
def test_a_result_that_differs_from_its_record_is_not_archived(results, name):
    path = Path("results", name)
    path.write_bytes(path.read_bytes() + b".")
    with pytest.raises(UserError, match=f"{path} is not what its record says; delete"):
        archive.write(Path("a.xz"))
    assert not Path("a.xz").exists()


def test_an_archive_that_is_too_large_is_not_written(results):
    path = Path("results/report.html")
    path.write_bytes(b"x" * 1_000_000)
    provenance.record_path(path).unlink()
    words = r"MB, more than 0\.0001: results/report\.html is largest with 1\.0 MB .* MAX_MB=1`"
    with pytest.raises(UserError, match=words):
        archive.write(Path("a.xz"), most=100)
    assert not Path("a.xz").exists()


# What it says of itself ---------------------------------------------------------------------------


@pytest.fixture
def unpacked(results):
    """An archive as anybody unpacks it."""
    archive.write(Path("a.xz"))
    with tarfile.open("a.xz") as opened:
        opened.extractall("unpacked", filter="data")
    return results / "unpacked"


class Context:
    """The context of RO-Crate 1.1, as the network would answer.

    The library has that of 1.3, where terms of Bioschemas have other addresses.
    """

    def __init__(self):
        data = files("rocrate").joinpath("data/ro-crate.jsonld").read_text(encoding="utf-8")
        self.text = data.replace("https://bioschemas.org/terms/", "https://bioschemas.org/")
        self.status_code, self.headers = 200, {"Content-Type": "application/ld+json"}

    def json(self):
        return json.loads(self.text)


@pytest.fixture
def problems(monkeypatch):
    """Ask the validator what a crate lacks of the profile Workflow Run Crate."""

    def get(requester, address, **options):
        assert address == crate.CONTEXT, f"{address} was asked for"
        return Context()

    def found(folder):
        settings = services.ValidationSettings(
            rocrate_uri=str(folder), profile_identifier="workflow-run-crate", offline=True
        )
        return [issue.message for issue in services.validate(settings).get_issues()]

    monkeypatch.setattr(HttpRequester, "get", get, raising=False)
    return found


def test_the_archive_is_a_workflow_run_crate(unpacked, problems):
    assert problems(unpacked) == []
    read = ROCrate(unpacked)
    run = read.get("#run")
    assert run["instrument"] == read.mainEntity and read.mainEntity.id == "Snakefile"
    assert {each.id for each in run["object"]} == {
        "config/config.yaml", "results/manifests/mine.csv",
    }  # fmt: skip
    assert {each.id for each in run["result"]} == {
        f"results/{name}" for name in FILES if name.startswith(("tables", "figures", "report"))
    }
    # By the logs, the first job took 4 of the seconds before it ended.
    assert run["startTime"].startswith("2026-02-03T09:30:06")
    assert run["endTime"].startswith("2026-02-03T09:31:59")
    assert "agent" not in run.as_jsonld()
    papers = [each["name"] for each in read.root_dataset["citation"]]
    assert len(papers) == 2 and "Do Image Classifiers Generalize Across Time?" in papers


@pytest.mark.parametrize("key", ["license", "mainEntity", "conformsTo", "datePublished"])
def test_what_a_crate_must_say_is_missed(unpacked, problems, key):
    path = unpacked / crate.NAME
    said = json.loads(path.read_text(encoding="utf-8"))
    del said["@graph"][1][key]
    path.write_text(json.dumps(said), encoding="utf-8")
    assert problems(unpacked)


def test_croissant_reads_tables_clips_and_predictions(unpacked):
    said = mlcroissant.Dataset(unpacked / "croissant.json")

    def records(name):
        rows = pd.DataFrame(said.records(f"records/{name}"))
        texts = rows.map(lambda value: value.decode() if isinstance(value, bytes) else value)
        return texts.rename(columns=lambda column: column.removeprefix(f"records/{name}/"))

    table = records("tables/table1")
    assert table.columns.tolist() == ["corruption", "level", "none", "none_ci", "clips"]
    assert table.iloc[0].tolist() == ["random", 1e-4, 41.2, 3.5, 2]
    clips = read_csv(unpacked / "results/manifests/mine.csv")
    assert records("manifests/mine").to_dict("list") == clips.to_dict("list")
    predictions = records("predictions/mine/1")
    assert set(predictions.columns) == set(SCHEMA.names)
    assert predictions["clip"].tolist() == ["a/x", "b/y"]
    assert [row[0].index(max(row[0])) for row in predictions["logits"]] == [0, 1]


def test_croissant_notices_a_record_set_without_its_file(unpacked):
    path = unpacked / "croissant.json"
    said = json.loads(path.read_text(encoding="utf-8"))
    said["distribution"] = said["distribution"][1:]
    path.write_text(json.dumps(said), encoding="utf-8")
    with pytest.raises(mlcroissant.ValidationError):
        mlcroissant.Dataset(path)
