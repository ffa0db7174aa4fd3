"""Records of jobs: what they say, that they can be trusted, and the chain they form."""

import importlib
import json
from pathlib import Path

import pytest

from framefault.errors import UserError
from framefault.workflow.chain import chain, faults
from framefault.workflow.fingerprint import code_modules, fingerprint, libraries
from framefault.workflow.job import Job, Named
from framefault.workflow.provenance import facts_of, input_digests, read_record, record_path, write

PREDICTION = "0.1.parquet"
STAGE = "score_sets"


def record(path, before=None, stage=STAGE, seed=0, facts=None):
    """Write the record of a job that made one file, maybe from another."""
    output = Named(made=path, provenance=record_path(path))
    wildcards, settings = Named(dataset="d"), Named(seed=seed)
    inputs = Named(before=before) if before else Named()
    job = Job(inputs, output, wildcards, settings, Named(), 1, fingerprint(stage))
    write(stage, job, input_digests(inputs.values()), facts)


@pytest.fixture
def made(tmp_path, monkeypatch):
    """source.bin -> middle.bin -> end.bin, each with the record of its job."""
    monkeypatch.chdir(tmp_path)
    for name, before in (
        ("source.bin", None),
        ("middle.bin", "source.bin"),
        ("end.bin", "middle.bin"),
    ):
        path = Path(name)
        path.write_bytes(name.encode() * 1000)
        record(path, before and Path(before))
    return tmp_path


@pytest.mark.parametrize(
    ("path", "record"),
    [
        ("results/cells/d/bat/seed0/random/1e-4/seed1.json", "seed1.provenance.json"),
        (f"results/predictions/{PREDICTION}", "0.1.provenance.json"),
        ("results/decoded/00000-of-00002.frames", "00000-of-00002.provenance.json"),
        ("results/raw/motion", "motion.provenance.json"),
    ],
)
def test_record_lies_beside_its_file(path, record):
    assert record_path(path).name == record
    assert record_path(path).parent.as_posix() == path.rsplit("/", 1)[0]


def test_record_says_what_made_the_file(made):
    found = read_record(made / "middle.bin")
    assert found == {
        "stage": STAGE,
        "wildcards": {"dataset": "d"},
        "outputs": {"middle.bin": facts_of(made / "middle.bin")},
        "settings": {"seed": 0},
        "inputs": {"source.bin": facts_of(made / "source.bin")["sha256"]},
        "code": {"fingerprint": fingerprint(STAGE), "modules": code_modules(STAGE)},
        "versions": found["versions"],
    }
    assert found["versions"].keys() == {"python", "numpy", "pandas", "pyarrow", "scipy"}


def test_record_holds_what_the_stage_tells_of_itself(made):
    record(Path("end.bin"), Path("middle.bin"), facts={"device": "CPU, abacus"})
    assert read_record(made / "end.bin")["device"] == "CPU, abacus"


def test_record_covers_every_output_of_its_job(tmp_path):
    (tmp_path / "t.csv").write_text("x\n1\n")
    (tmp_path / "t.md").write_text("x")
    output = Named({name: tmp_path / f"t.{name}" for name in ("csv", "md")})
    output |= {"provenance": tmp_path / "t.provenance.json"}
    write("table", Job(Named(), Named(output), Named(), Named(), Named(), 1, "code"), {})
    assert list(read_record(tmp_path / "t.md")["outputs"]) == ["t.csv", "t.md"]


def test_libraries_are_those_that_the_code_names():
    assert libraries("compare") == {"numpy", "pandas", "pyarrow", "scipy"}
    assert libraries("decode") >= {"av", "numpy", "pyarrow"}
    assert "torch" in libraries("train_recognition_at")
    assert not libraries("score_recognition") & {"torch", "av", "framefault", "json"}


def test_ffmpegs_version_is_told_where_it_is_used(tmp_path):
    importlib.import_module("av")
    (tmp_path / "x.frames").touch()
    record(tmp_path / "x.frames", stage="decode")
    assert read_record(tmp_path / "x.frames")["versions"]["ffmpeg"][0].isdigit()


def test_same_job_writes_the_same_record_without_time_or_place(made):
    first = (made / "end.provenance.json").read_bytes()
    record(Path("end.bin"), Path("middle.bin"))
    assert (made / "end.provenance.json").read_bytes() == first
    assert str(made) not in first.decode()


@pytest.mark.parametrize(
    ("old", "new"), [('"seed": 0', '"seed": 1'), ('"dataset": "d"', '"dataset": "e"')]
)
def test_edited_record_is_noticed(made, old, new):
    file = made / "source.provenance.json"
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))
    with pytest.raises(UserError, match=r"source\.provenance\.json is damaged"):
        read_record(made / "source.bin")
    file.write_text(json.dumps(json.loads(text)))  # other layout, same content
    assert read_record(made / "source.bin")["settings"] == {"seed": 0}


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


@pytest.mark.parametrize("name", ["clips.zip", "00000-of-00001.frames"])
def test_large_files_are_judged_by_their_size_alone(tmp_path, name):
    """Their readers check every clip."""
    path = tmp_path / name
    path.write_bytes(b"12345")
    record(path)
    digest = facts_of(path)["sha256"]
    path.write_bytes(b"12346")
    assert input_digests([path]) == {str(path): digest}
    path.write_bytes(b"1234")
    with pytest.raises(UserError, match="it has 4 of 5 bytes"):
        input_digests([path])


def test_folder_that_is_not_what_its_job_wrote_is_refused(tmp_path):
    folder = tmp_path / "videos"
    folder.mkdir()
    (folder / "a").write_text("1")
    record(folder)
    assert input_digests([folder]) == {str(folder): facts_of(folder)["sha256"]}
    (folder / "a").write_text("2")
    with pytest.raises(UserError, match=r"videos is damaged .*files are not what was written"):
        input_digests([folder])


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"outputs": {}}', "\x00" * 40])
def test_damaged_record_is_named(made, text):
    (made / "source.provenance.json").write_text(text)
    with pytest.raises(UserError, match=r"source\.provenance\.json is damaged"):
        input_digests([made / "source.bin"])


def test_chain_goes_back_to_the_source(made):
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
    record(Path("source.bin"), seed=1)
    (fault,) = faults(chain("end.bin"))
    assert fault.startswith("middle.provenance.json came from another source.bin")


def test_record_is_found_under_the_name_of_another_output(made):
    output = Named(weights=Path("w.bin"), history=Path("h.csv"), provenance=record_path("w.bin"))
    for name in ("weights", "history"):
        output[name].write_text(name)
    job = Job(Named(), output, Named(), Named(), Named(), 1, fingerprint(STAGE))
    write(STAGE, job, input_digests([Path("end.bin")]))
    names = [path.name.split(".")[0] for path in chain("h.csv")]
    assert names == ["source", "middle", "end", "w"]


def test_file_without_a_record_has_no_chain(tmp_path):
    with pytest.raises(UserError, match=r"No record tells how .*x\.csv was made"):
        chain(tmp_path / "x.csv")
