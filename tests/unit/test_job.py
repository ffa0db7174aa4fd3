"""What every stage shares, shown by small stages that run as Snakemake starts them."""

import json
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from framefault.files import write_json
from framefault.workflow.costs import usage
from framefault.workflow.job import Job, Named, as_paths
from framefault.workflow.provenance import facts_of, read_record, seal
from workflow_tools import ROOT

STAGES = {
    "shows": """
    write_json(job.output.file, {
        "input": {name: str(each) for name, each in job.input.items()},
        "wildcards": job.wildcards, "settings": job.settings, "deep": job.settings.rules["deep"],
        "circumstances": job.circumstances, "threads": job.threads, "code": job.code,
    })
    return {"device": "CPU, abacus"}
""",
    "uses": """
    write_json(job.output.file, job.method().shard_names(2))
""",
    "refuses": """
    log.info("half done")
    raise UserError(f"{job.input.own} is no file of mine; delete it.")
""",
    "breaks": """
    raise ValueError("nobody thought of this")
""",
    "waits": """
    log.info("waiting")
    time.sleep(60)
""",
}
HEAD = '''"""A stage for tests."""

import time

from framefault.errors import UserError
from framefault.files import write_json
from framefault.workflow.job import log, stage


@stage
def main(job):'''
TAIL = """

if __name__ == "__main__":
    main()
"""
SETTINGS = {"rules": {"deep": 1}, "factor": 0.5}


@pytest.fixture(scope="module")
def scripts(tmp_path_factory):
    """A scripts folder with the real library and stages of its own."""
    folder = tmp_path_factory.mktemp("project") / "scripts"
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "scripts/framefault", folder / "framefault", ignore=ignored)
    for name, code in STAGES.items():
        (folder / f"{name}.py").write_text(HEAD + code + TAIL, encoding="utf-8")
    return folder


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("own.txt").write_text("mine")
    return tmp_path


@pytest.fixture
def command(scripts):
    """command(stage, *more) is a job's command line, as rules/common.smk makes it."""

    def made(name, *more, settings=SETTINGS, modules=(), **changes):
        files = {
            "input": {"own": "own.txt", "several": [], "two": ["own.txt", "absent.txt"]},
            "output": {"file": "out/made.json", "provenance": "out/made.provenance.json"},
            "wildcards": {"seed": "0"}, "circumstances": {"folder": "data"},
        } | changes  # fmt: skip
        options = ["--settings", json.dumps(settings), "--files", json.dumps(files)]
        stage = [str(scripts / f"{name}.py"), *modules]
        return [sys.executable, *stage, *options, "--threads", "3", "--log", "log.txt", *more]

    return made


def run(command):
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_paths_are_paths_and_lists_stay_lists():
    assert as_paths("a/b") == Path("a/b")
    assert as_paths(["a", "b c"]) == [Path("a"), Path("b c")]
    assert as_paths([]) == []


def test_stage_is_given_its_job(command, folder):
    done = run(command("shows"))
    assert (done.returncode, done.stderr) == (0, "")
    shown = json.loads(Path("out/made.json").read_text())
    code = shown.pop("code")
    assert shown == {
        "input": {
            "own": "own.txt",
            "several": "[]",
            "two": "[PosixPath('own.txt'), PosixPath('absent.txt')]",
        },
        "wildcards": {"seed": "0"},
        "settings": SETTINGS,
        "deep": 1,
        "circumstances": {"folder": "data"},
        "threads": 3,
    }
    assert read_record("out/made.json")["code"]["fingerprint"] == code


def test_record_is_written_beside_the_outputs(command, folder):
    run(command("shows"))
    found = read_record("out/made.json")
    assert found["stage"] == "shows"
    assert found["wildcards"] == {"seed": "0"}
    assert found["settings"] == SETTINGS
    assert found["device"] == "CPU, abacus"
    own = facts_of(Path("own.txt"))["sha256"]
    assert found["inputs"] == {"own.txt": own, "absent.txt": None}
    assert found["outputs"] == {"made.json": facts_of(Path("out/made.json"))}
    assert found["code"]["modules"].keys() >= {"shows", "framefault.files"}
    assert not found["code"]["modules"].keys() & {"framefault.errors", "framefault.workflow.job"}


def test_circumstances_and_threads_are_no_part_of_the_record(command, folder):
    run(command("shows"))
    first = Path("out/made.provenance.json").read_text()
    run(command("shows", "--threads", "1", circumstances={"folder": "elsewhere"}))
    second = read_record("out/made.json")
    made = json.loads(first)["outputs"]
    assert second["outputs"] != made  # the stage shows them
    second["outputs"] = made
    assert json.loads(first)["record"] == seal(second)


def test_prefix_of_a_module_leads_settings_to_its_results_and_is_not_recorded(command, folder):
    settings = {"rules": {"deep": ["results/raw/own", "raw/results/own"]}, "folder": "results/raw"}
    run(command("shows", settings=settings, prefix="some/place/"))
    shown = json.loads(Path("out/made.json").read_text())
    assert shown["settings"] == {
        "rules": {"deep": ["some/place/results/raw/own", "raw/results/own"]},
        "folder": "some/place/results/raw",
    }
    assert read_record("out/made.json")["settings"] == settings


def test_stage_without_a_record_among_its_outputs_writes_none(command, folder):
    assert run(command("shows", output={"file": "out/made.json"})).returncode == 0
    assert [path.name for path in Path("out").iterdir()] == ["made.json"]


def test_log_ends_with_time_and_memory(command, folder):
    run(command("shows"))
    wall, cpu = usage("log.txt")
    assert 0 < cpu
    assert 0 <= wall < 60


def test_user_error_is_one_sentence_and_exit_status_1(command, folder):
    done = run(command("refuses"))
    said = "own.txt is no file of mine; delete it."
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"framefault: {said}\n"
    log = Path("log.txt").read_text()
    assert "half done" in log and said in log and "Traceback" not in log
    assert not Path("out").exists()


def test_other_errors_keep_their_traceback(command, folder):
    done = run(command("breaks"))
    assert done.returncode == 1
    assert done.stderr.endswith("ValueError: nobody thought of this\n")
    assert "breaks.py" in Path("log.txt").read_text()


def test_changed_code_is_refused_before_anything_is_done(command, folder):
    done = run(command("shows", "--code", "0123456789abcdef"))
    assert done.returncode == 1
    assert done.stderr == (
        "framefault: The code of shows has changed since this run was planned;"
        " run the same command again.\n"
    )
    assert not Path("out").exists()


def test_code_that_was_planned_runs(command, folder):
    run(command("shows"))
    code = read_record("out/made.json")["code"]["fingerprint"]
    shutil.rmtree("out")
    assert run(command("shows", "--code", code)).returncode == 0
    assert Path("out/made.json").exists()


def test_stage_uses_the_method_that_it_is_told_and_records_its_code(command, folder):
    assert run(command("uses", modules=["framefault.shards"])).returncode == 0
    assert json.loads(Path("out/made.json").read_text())[1] == "00001-of-00002"
    found = read_record("out/made.json")
    assert found["stage"] == "uses framefault.shards"
    assert found["code"]["modules"].keys() >= {"uses", "framefault.shards"}
    code = found["code"]["fingerprint"]
    assert run(command("uses", "--code", code, modules=["framefault.shards"])).returncode == 0
    other = run(command("uses", "--code", code, modules=["framefault.seeds"]))
    assert "The code of uses framefault.seeds has changed since" in other.stderr


def test_method_that_cannot_be_imported_is_one_sentence(command, folder, scripts):
    (scripts / "framefault/needy.py").write_text("import no_such_library\n", encoding="utf-8")
    done = run(command("uses", modules=["framefault.needy"]))
    said = "framefault.needy cannot be used: No module named 'no_such_library'."
    assert (done.returncode, done.stderr) == (1, f"framefault: {said}\n")


def test_damaged_input_is_refused_before_anything_is_done(command, folder):
    run(command("shows"))
    write_json("out/made.json", {"other": "content"})
    output = {"file": "next.json", "provenance": "next.provenance.json"}
    done = run(command("shows", input={"before": "out/made.json"}, output=output))
    assert done.returncode == 1
    assert done.stderr.startswith("framefault: out/made.json is damaged (it has ")
    assert not Path("next.json").exists()


def test_log_that_cannot_be_written_is_one_sentence(command, folder):
    done = run([*command("shows")[:-1], "own.txt/log.txt"])
    assert done.returncode == 1
    assert done.stderr.startswith("framefault: Cannot write own.txt/log.txt: ")
    assert done.stderr.count("\n") == 1
    assert not Path("out").exists()


def test_interrupted_stage_says_nothing(command, folder):
    process = subprocess.Popen(
        command("waits"), stderr=subprocess.PIPE, text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )  # fmt: skip
    while not (Path("log.txt").exists() and "waiting" in Path("log.txt").read_text()):
        assert process.poll() is None
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=30)
    assert (process.returncode, said) == (130, "")


def test_training_is_told_where_it_writes_and_what_decides_it():
    output = Named(weights=Path("m/weights.safetensors"), history=Path("m/history.csv"))
    settings = Named(recipe={"epochs": 3}, network={"width": 1}, precision="bfloat16")
    wildcards = Named(dataset="d", model="bat_oracle/random/1e-4", training="2")
    job = Job(Named(), output, wildcards, settings, Named(), 4, "c0de")
    assert job.training() == {
        "weights": Path("m/weights.safetensors"),
        "history": Path("m/history.csv"),
        "checkpoint": Path("results/checkpoints/d/bat_oracle/random/1e-4/seed2.pt"),
        "recipe": {"epochs": 3},
        "identity": ["c0de", settings],
        "precision": "bfloat16",
        "workers": 4,
    }
