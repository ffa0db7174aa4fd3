"""Records of jobs: what they say, that they can be trusted, and the chain they form."""

import importlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

from framefault.errors import UserError
from framefault.files import write_json
from framefault.workflow.chain import chain, faults
from framefault.workflow.fingerprint import code_modules, fingerprint, libraries
from framefault.workflow.provenance import facts_of, input_digests, read_record, record_path, write
from workflow_tools import ROOT

PREDICTION = "0.1.parquet"


@pytest.fixture
def made(tmp_path, monkeypatch):
    """source.bin -> middle.bin -> end.bin, each with the record of its job."""
    monkeypatch.chdir(tmp_path)
    for name, before in (
        ("source.bin", None),
        ("middle.bin", "source.bin"),
        ("end.bin", "middle.bin"),
    ):
        path = tmp_path.joinpath(name).relative_to(tmp_path)
        path.write_bytes(name.encode() * 1000)
        inputs = input_digests([path.with_name(before)]) if before else {}
        write(record_path(path), "score", {"seed": 0}, inputs, [path])
    return tmp_path


@pytest.mark.parametrize(
    ("path", "record"),
    [
        ("results/cells/d/bat/seed0/random/1e-4.json", "1e-4.provenance.json"),
        (f"results/predictions/{PREDICTION}", "0.1.provenance.json"),
        ("results/decoded/00000-of-00002.frames", "00000-of-00002.provenance.json"),
        ("results/raw/motion", "motion.provenance.json"),
    ],
)
def test_record_lies_beside_its_file(path, record):
    assert record_path(path).name == record
    assert record_path(path).parent.as_posix() == path.rsplit("/", 1)[0]


def test_record_says_what_made_the_file(made):
    record = read_record(made / "middle.bin")
    assert record["stage"] == "score"
    assert record["settings"] == {"seed": 0}
    assert record["outputs"] == {"middle.bin": facts_of(made / "middle.bin")}
    assert record["inputs"] == {"source.bin": facts_of(made / "source.bin")["sha256"]}
    assert record["code"] == {"fingerprint": fingerprint("score"), "modules": code_modules("score")}
    assert record["versions"].keys() == {"python", "numpy", "pyarrow", "scipy"}


def test_libraries_are_those_that_the_code_names():
    assert libraries("table") == {"numpy", "tabulate"}
    assert libraries("decode") >= {"av", "numpy", "pyarrow"}
    assert "torch" in libraries("train_at")
    assert not libraries("score") & {"torch", "av", "framefault", "json"}


def test_ffmpegs_version_is_told_where_it_is_used(tmp_path):
    importlib.import_module("av")
    write(tmp_path / "x.provenance.json", "decode", {}, {}, [])
    record = json.loads((tmp_path / "x.provenance.json").read_text())
    assert record["versions"]["ffmpeg"][0].isdigit()


def test_same_job_writes_the_same_record_without_time_or_place(made):
    first = (made / "end.provenance.json").read_bytes()
    inputs = input_digests([Path("middle.bin")])
    write(Path("end.provenance.json"), "score", {"seed": 0}, inputs, [Path("end.bin")])
    assert (made / "end.provenance.json").read_bytes() == first
    assert str(made) not in first.decode()


def test_digest_of_a_folder_follows_names_and_contents(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "x").write_text("1")
    before = facts_of(tmp_path)
    (tmp_path / ".hidden").write_text("not a result")
    assert facts_of(tmp_path) == before
    (tmp_path / "a" / "x").rename(tmp_path / "a" / "y")
    renamed = facts_of(tmp_path)
    (tmp_path / "a" / "y").write_text("2")
    assert len({each["sha256"] for each in (before, renamed, facts_of(tmp_path))}) == 3


def test_a_users_own_file_is_digested_and_a_missing_one_is_left_to_the_stage(tmp_path):
    (tmp_path / "own.pth").write_bytes(b"weights")
    (tmp_path / "videos").mkdir()
    digests = input_digests([tmp_path / name for name in ("own.pth", "none.pth", "videos")])
    assert list(digests.values()) == [facts_of(tmp_path / "own.pth")["sha256"], None, None]


@pytest.mark.parametrize("data", [b"", b"source.bin", b"Source.bin" + b"source.bin" * 999])
def test_input_that_is_not_what_its_job_wrote_is_refused(made, data):
    (made / "source.bin").write_bytes(data)
    with pytest.raises(UserError, match=r"source\.bin is damaged .*`rm -r .*source\.bin`"):
        input_digests([made / "source.bin"])


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"outputs": {}}', "\x00" * 40])
def test_damaged_record_is_named(made, text):
    (made / "source.provenance.json").write_text(text)
    with pytest.raises(UserError, match=r"source\.provenance\.json is damaged"):
        input_digests([made / "source.bin"])


def test_chain_goes_back_to_the_source(made, monkeypatch):
    records = chain("end.bin")
    assert [path.name.split(".")[0] for path in records] == ["source", "middle", "end"]
    assert list(faults(records)) == []


def test_chain_survives_the_deletion_of_intermediate_files(made):
    (made / "middle.bin").unlink()
    assert len(chain("end.bin")) == 3
    assert list(faults(chain("end.bin"))) == []


def test_changed_file_breaks_the_chain(made):
    (made / "source.bin").write_bytes(b"Source.bin" + b"source.bin" * 999)
    (fault,) = faults(chain("end.bin"))
    assert "source.bin is damaged" in fault


def test_file_that_was_made_again_from_something_else_breaks_the_chain(made):
    (made / "source.bin").write_bytes(b"other")
    write(record_path("source.bin"), "score", {"seed": 1}, {}, [made / "source.bin"])
    (fault,) = faults(chain("end.bin"))
    assert fault.startswith("middle.provenance.json came from another source.bin")


def test_file_without_a_record_has_no_chain(tmp_path):
    with pytest.raises(UserError, match=r"No record tells how .*x\.csv was made"):
        chain(tmp_path / "x.csv")


def test_stage_refuses_to_run_code_that_was_not_planned(tmp_path):
    write_json(tmp_path / "cell.json", {})
    command = [
        sys.executable, ROOT / "scripts/table.py", "--cells", tmp_path / "cell.json", "--columns",
        "[]", "--counts", "[]", "--conditions", "[]", "--datasets", "[]", "--seeds", "[0]",
        "--caption", "x",
        "--csv", tmp_path / "t.csv", "--md", tmp_path / "t.md", "--tex", tmp_path / "t.tex",
        "--code", "0123456789abcdef",
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == (
        "framefault: The code of table has changed since this run was planned;"
        " run the same command again."
    )
    assert [path.name for path in tmp_path.iterdir()] == ["cell.json"]
