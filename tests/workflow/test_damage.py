"""Damaged files are reported by whoever reads them, or change nothing; never other numbers."""

import random
import re
import shutil
import subprocess
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch

from clips import as_pictures
from crash_tools import (
    CALL,
    assert_finished_like,
    copy_without,
    finished_project,
    jobs_of,
)
from damage_tools import (
    cut,
    damaged,
    empty,
    flip_any,
    flip_middle,
    flipped,
    outcome,
    rewrite,
    undisturbed,
)
from framefault.data.manifest import read_manifest
from framefault.errors import UserError
from framefault.files import read_clips, write_clips
from framefault.tabular import read_csv, read_parquet, write_csv, write_parquet
from framefault.tasks.recognition.networks.r3d import R3D
from framefault.tasks.recognition.predictions import SCHEMA
from framefault.training.checkpoint import Checkpoint
from framefault.training.loop import make_scheduler
from framefault.training.weights import load_weights, save_weights, state_digest
from framefault.video.cache import DecodedClips, write_shard
from framefault.workflow import provenance
from framefault.workflow.job import Job, Named
from workflow_tools import snakemake

# What every rule reads; kinds are folder and suffix below results/.
READ = {
    "encode": ["manifests.csv"],
    "corrupt_packet_loss": ["clips.zip"],
    "corrupt_random": ["clips.zip"],
    "corrupt_contiguous": ["clips.zip"],
    "decode": [
        "manifests.csv", "clips.zip", "corrupted.zip", "corrupted.csv", "decoded.frames",
        "decoded.parquet",
    ],
    "train_recognition_none": ["decoded.frames", "decoded.parquet", "models.safetensors"],
    "train_recognition_at": ["decoded.frames", "decoded.parquet", "models.safetensors"],
    "train_recognition_bat": ["decoded.frames", "decoded.parquet", "models.safetensors"],
    "predict_recognition": [
        "models.safetensors", "decoded.frames", "decoded.parquet", "predictions.parquet",
    ],
    "score_recognition": ["predictions.parquet"],
    "table_paper_a": ["cells.json"],
    "compare_paper_a": ["tables.csv"],
}  # fmt: skip
NOT_MADE_HERE = {"config.csv"}
MADE_FROM_VIDEOS = ("generate_motion", "manifest_recognition")
RAW_VIDEO = "results/raw/motion/swing/swing_train_astronaut_000.mp4"
CELL = "results/cells/motion/bat/seed0/random/1e-4/seed0.json"


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    return finished_project(tmp_path_factory)


@pytest.fixture(scope="module")
def project(damageable):
    return damageable


@pytest.fixture(scope="module")
def jobs(project):
    return jobs_of(project)


def kind(path):
    return path.split("/")[1] + Path(path).suffix if path.startswith("results/") else "config.csv"


def test_every_file_that_a_stage_reads_is_damaged_below(jobs):
    read = {(job.rule, kind(path)) for job in jobs for path in job.inputs if Path(path).suffix}
    assert {pair for pair in read if pair[1] not in NOT_MADE_HERE} == {
        (rule, each) for rule, kinds in READ.items() for each in kinds
    }


@pytest.mark.parametrize("how", [cut, flip_middle, empty], ids=lambda how: how.__name__)
@pytest.mark.parametrize(
    ("rule", "what"), [(rule, what) for rule, kinds in READ.items() for what in kinds]
)
def test_damaged_file_is_named_with_the_command_that_remakes_it(
    finished, project, jobs, rule, what, how
):
    job, path = next(
        (job, path)
        for job in jobs if job.rule == rule
        for path in reversed(job.inputs) if kind(path) == what
    )  # fmt: skip
    with damaged(project / path, how):
        made = outcome(project, job)
    if isinstance(made, str):
        assert f"`rm -r {path}` and run the same command again" in made
    else:  # frames of a clip that this job does not read
        assert how is flip_middle and path.endswith(".frames")
        assert made == undisturbed(finished, job)


def other_key(data, draw):
    return data.replace(b'"bytes"', b'"bytds"')


def other_digest(data, draw):
    return flipped(data, data.index(b'"sha256": "') + len(b'"sha256": "'), 1)


@pytest.mark.parametrize("how", [cut, empty, other_key, other_digest], ids=lambda how: how.__name__)
@pytest.mark.parametrize(
    "rule", ["decode", "train_recognition_bat", "predict_recognition", "score_recognition"]
)
def test_damaged_record_of_an_input_is_noticed(finished, project, jobs, rule, how):
    job = next(job for job in jobs if job.rule == rule)
    record = provenance.record_path(job.inputs[0])
    with damaged(project / record, how):
        assert str(record).removesuffix(provenance.SUFFIX) in outcome(project, job)


@pytest.mark.parametrize("rule", READ)
def test_no_damage_above_is_left_behind(finished, project, jobs, rule):
    job = next(job for job in jobs if job.rule == rule)
    assert outcome(project, job) == undisturbed(finished, job)


@pytest.mark.parametrize("where", ["files", "records"])
@pytest.mark.parametrize("times", [40, pytest.param(1500, marks=pytest.mark.long)])
def test_any_flipped_bit_is_reported_or_changes_no_result(finished, project, jobs, times, where):
    draw = random.Random(times)
    for _ in range(times):
        job = draw.choice([job for job in jobs if job.rule not in MADE_FROM_VIDEOS])
        path = Path(draw.choice([path for path in job.inputs if (project / path).is_file()]))
        if where == "records":
            path = provenance.record_path(path)
        if path.parts[0] == "results":
            with damaged(project / path, flip_any, draw):
                made = outcome(project, job)
            assert isinstance(made, str) or made == undisturbed(finished, job)


def write_record(path, *made):
    """A record as a stage would write it beside a file, of all that it made."""
    output = Named({file.name: file for file in made}, provenance=provenance.record_path(path))
    provenance.write("compare", Job(Named(), output, Named(), Named(), Named(), 1, ""), {})


# Files too large to be read twice ---------------------------------------------------------------


def large_clips(folder, draw):
    write_clips(folder / "a.zip", [(f"c/{i}.mp4", draw.bytes(600_000)) for i in range(9)])
    return folder / "a.zip", lambda path: list(read_clips(path)), b"c/0.mp4"


def large_table(folder, draw):
    rows = [{"clip": f"c/{i}", "frames": draw.integers(1000)} for i in range(500_000)]
    write_csv(folder / "a.csv", rows)
    return folder / "a.csv", lambda path: read_csv(path).to_dict("list"), b"c/0"


def large_frames(folder, draw):
    account = {
        "clip": "c/0", "label": "c", "status": "ok", "opened": True, "errors": 0, "frames": 150,
        "full_length": True, "unchanged": False, "distance": 0.0, "distance_dropped": 0.0,
        "numbers": list(range(150)), "times": [],
    }  # fmt: skip
    frames = draw.integers(0, 256, (150, 128, 171, 3), np.uint8)
    write_shard(folder / "a.frames", folder / "a.parquet", [(as_pictures(frames), account)])
    return folder / "a.frames", lambda path: DecodedClips([path])[0][:].tobytes(), b"\x80"


def large_predictions(folder, draw):
    rows = [
        dict.fromkeys(SCHEMA.names) | {"clip": f"c/{i}", "logits": draw.random((9, 101)).tolist()}
        for i in range(1500)
    ]
    write_parquet(folder / "a.parquet", rows, SCHEMA)
    number_of_rows = b"\x16\xb8\x17"  # 1500 as Thrift has it
    read = partial(read_parquet, schema=SCHEMA)
    return folder / "a.parquet", lambda path: read(path).to_pylist(), number_of_rows


def large_weights(folder, draw):
    def read(path):
        state, classes = load_weights(path)
        return state_digest(state), classes

    torch.manual_seed(0)
    save_weights(R3D(10, 3, 0.35), folder / "a.safetensors", ["left", "right", "up"])
    return folder / "a.safetensors", read, b"left"


@pytest.mark.parametrize(
    "make", [large_clips, large_table, large_frames, large_predictions, large_weights]
)
def test_flipped_bit_in_a_large_file_is_reported_or_harmless(tmp_path, monkeypatch, make):
    monkeypatch.chdir(tmp_path)
    folder = Path("results")
    folder.mkdir()
    path, read, weak = make(folder, np.random.default_rng(0))
    write_record(path, *sorted(folder.iterdir()))
    data, whole, draw, unnoticed = path.read_bytes(), read(path), random.Random(0), []
    assert len(data) > 4_000_000
    places = range(data.rindex(weak), data.rindex(weak) + len(weak))
    places = [*places, *places, *(draw.randrange(-2000, 2000) for _ in range(20))]
    for at in [*places, *(draw.randrange(len(data)) for _ in range(10))]:
        path.write_bytes(flipped(data, at % len(data), 1 << draw.randrange(8)))
        try:
            provenance.input_digests([path])
            if read(path) != whole:
                unnoticed.append(at)
        except UserError as error:
            assert str(path) in str(error)
    assert unnoticed == []


RECIPE = {"schedule": "cosine", "warmup": 0, "epochs": 3, "factor": 0.1, "patience": 2}


def training(seed):
    torch.manual_seed(seed)
    model = R3D(10, 3, width=0.0625)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    return model, optimizer, make_scheduler(optimizer, RECIPE, batches=4)


def test_damaged_checkpoint_is_not_continued(tmp_path):
    path, draw = tmp_path / "checkpoint.pt", random.Random(0)
    saved, fresh = training(seed=0), training(seed=1)
    checkpoint = Checkpoint(path, "key")
    checkpoint.save(*saved, [{"epoch": 1}])
    checkpoint.finish()
    data, known = path.read_bytes(), [state_digest(each[0].state_dict()) for each in (saved, fresh)]
    continued = []
    for how in (cut, empty, *[flip_any] * 60):
        path.write_bytes(how(data, draw))
        state = training(seed=1)
        history = Checkpoint(path, "key").restore(*state)
        if state_digest(state[0].state_dict()) != known[0 if history else 1]:
            continued.append(how.__name__)
    assert continued == []


# What the sentences say -------------------------------------------------------------------------


def follow_until_finished(project, rounds=8):
    """Do what the sentences of a failing run say, and run the same command again."""
    for _ in range(rounds):
        done = snakemake(project, *CALL, "--keep-going", check=False)
        if done.returncode == 0:
            return
        commands = set(re.findall(r"`(rm -r results/\S+)`", done.stdout))
        assert commands, done.stdout
        for command in commands:
            subprocess.run(["bash", "-c", command], cwd=project, check=True)
    raise AssertionError("never finished")


FOLLOWED = {
    "upstream": (
        ("raw/textures/swing/swing_train_brick_000.mp4", "manifests/textures.csv",
         "clips/motion/train/00000-of-00001.zip",
         "corrupted/motion/test/random/1e-4/seed0/00000-of-00001.zip",
         "corrupted/motion/test/random/1e-4/seed0/00000-of-00001.csv",
         "decoded/motion/train/clean/0/seed0/00000-of-00001.frames",
         "decoded/motion/test/clean/0/seed0/00000-of-00001.parquet"),
        ("clips/textures", "decoded/textures", "corrupted/motion/train/contiguous",
         "decoded/motion/train/contiguous", "decoded/motion/test/random", "models/textures",
         "models/motion/at_eps2", "models/motion/bat", "predictions/motion/at_eps2",
         "predictions/motion/bat", "cells/motion/at_eps2", "cells/motion/bat",
         "tables", "comparison"),
    ),
    "downstream": (
        ("models/textures/none/seed0/weights.safetensors",
         "models/motion/bat/seed0/weights.safetensors",
         "predictions/motion/none/seed0/clean/0/seed0.parquet",
         "cells/motion/bat_low/seed0/clean/0/seed0.json"),
        ("models/motion/at_eps2", "predictions/motion/at_eps2", "predictions/motion/bat",
         "cells/motion/at_eps2", "cells/motion/bat", "cells/motion/none", "tables", "comparison"),
    ),
    "records": (
        ("predictions/motion/none/seed0/clean/0/seed0.provenance.json",),
        ("cells/motion/none", "tables", "comparison"),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("changed", "removed"), FOLLOWED.values(), ids=FOLLOWED)
def test_doing_what_the_sentences_say_ends_with_the_same_bytes(
    finished, tmp_path, changed, removed
):
    project = copy_without(finished, tmp_path / "project", *removed)
    for path in changed:
        rewrite(project / "results" / path, cut((project / "results" / path).read_bytes(), None))
    follow_until_finished(project)
    assert_finished_like(project, finished)


# Raw videos -------------------------------------------------------------------------------------


def test_changed_raw_video_is_named_with_the_command_that_remakes_it(project, jobs):
    job = next(job for job in jobs if job.outputs[0].startswith("results/clips/motion/train"))
    with damaged(project / RAW_VIDEO, flip_middle):
        assert "`rm -r results/raw/motion` and run the same command again" in outcome(project, job)


def test_deleted_raw_video_is_named_with_the_command_that_remakes_it(project, jobs):
    job = next(job for job in jobs if job.outputs[0].startswith("results/clips/motion/train"))
    away = (project / RAW_VIDEO).rename(project / "away.mp4")
    said = outcome(project, job)
    away.rename(project / RAW_VIDEO)
    assert "`rm -r results/raw/motion` and run the same command again" in said


def test_raw_video_that_is_damaged_before_it_is_listed_is_noticed(project, jobs):
    job = next(job for job in jobs if job.outputs[0] == "results/manifests/motion.csv")
    with damaged(project / RAW_VIDEO, flip_middle):
        assert isinstance(outcome(project, job), str)


# The chain of records ---------------------------------------------------------------------------


def shown(project, *arguments):
    """Exit status and output of the program that shows how a file was made."""
    done = subprocess.run(
        [sys.executable, "scripts/provenance.py", *arguments],
        cwd=project, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
    )  # fmt: skip
    assert "Traceback" not in done.stdout
    return done.returncode, done.stdout


def test_chain_leads_from_the_raw_clips_to_the_number(project):
    status, said = shown(project, CELL, "--all")
    assert status == 0
    stages = re.findall(r"^(\w+(?: [\w.]+)?): \d+ jobs?$", said, re.MULTILINE)
    told = {
        f"corrupt framefault.corruption.{name}" for name in ("packet_loss", "random", "contiguous")
    }
    assert set(stages) == told | {
        "generate_motion", "manifest_recognition", "encode", "decode", "score_recognition",
        *(f"{name} framefault.tasks.recognition.networks.r3d" for name in (
            "train_recognition_none", "train_recognition_bat", "predict_recognition",
        )),
    }  # fmt: skip
    for row in read_manifest(project / "results/manifests/motion.csv").to_dict("records"):
        assert f"{row['sha256'][:16]}  {row['path']} ({row['split']})" in said
    assert (project / CELL).read_text(encoding="utf-8") in said
    assert re.search(r"The chain of \d+ jobs holds", said)


def test_short_form_stands_for_all_clips_by_a_digest(project):
    short, everything = shown(project, CELL)[1], shown(project, CELL, "--all")[1]
    assert "more (digest of their lines)" in short
    assert len(short) < len(everything)


IN_THE_CHAIN = (
    "raw/motion/swing/swing_train_astronaut_000.mp4", "manifests/motion.csv",
    "clips/motion/test/00000-of-00001.zip",
    "corrupted/motion/test/random/1e-4/seed0/00000-of-00001.csv",
    "decoded/motion/test/clean/0/seed0/00000-of-00001.frames",
    "decoded/motion/train/contiguous/0.5/seed0/00000-of-00001.parquet",
    "models/textures/none/seed0/weights.safetensors", "models/motion/bat/seed0/history.csv",
    "predictions/motion/bat/seed0/random/1e-4/seed0.parquet",
    "cells/motion/bat/seed0/random/1e-4/seed0.json",
)  # fmt: skip


@pytest.mark.parametrize("path", IN_THE_CHAIN)
def test_changed_file_breaks_the_chain(project, path):
    with damaged(project / "results" / path, flip_middle):
        status, said = shown(project, CELL)
    assert status == 1
    (fault,) = re.findall("^BROKEN: .*$", said, re.MULTILINE)
    assert f"results/{path.removesuffix('/swing/swing_train_astronaut_000.mp4')}" in fault
    assert "holds" not in said


def test_changed_byte_of_a_large_file_breaks_the_chain(project, tmp_path):
    large = tmp_path / "large.zip"
    large.write_bytes(bytes(5_000_000))
    write_record(large, large)
    assert shown(project, str(large))[0] == 0
    with damaged(large, flip_middle):
        status, said = shown(project, str(large))
    assert status == 1
    assert f"BROKEN: {large}" in said


def test_file_that_was_remade_from_other_inputs_breaks_the_chain(finished, tmp_path):
    project = copy_without(finished, tmp_path / "project")
    weights = "results/models/textures/none/seed0/weights.safetensors"
    job = next(job for job in jobs_of(project) if weights in job.outputs)
    other = job.command.replace('"epochs":1,', '"epochs":2,')
    assert other != job.command
    subprocess.run(["bash", "-c", other], cwd=project, check=True)
    status, said = shown(project, CELL)
    assert status == 1
    assert re.search(f"^BROKEN: .* came from another {weights}", said, re.MULTILINE)


@pytest.mark.parametrize(
    "path", ["results/nothing.csv", "results/nowhere/a.csv", "README.md", "results", "Snakefile"]
)
def test_file_without_a_record_is_one_sentence(project, path):
    status, said = shown(project, path)
    assert status == 1
    assert said.count("\n") == 1
    assert said.startswith(f"framefault: No record tells how {path} was made")


def test_damaged_record_in_the_chain_is_one_sentence(project):
    record = "results/manifests/motion.provenance.json"
    with damaged(project / record, cut):
        status, said = shown(project, CELL)
    assert status == 1
    assert said.startswith(f"framefault: {record} is damaged")


def test_chain_is_still_told_when_caches_were_deleted(finished, tmp_path):
    project = copy_without(finished, tmp_path / "project")
    before = shown(project, CELL)
    for kind in ("decoded", "corrupted", "clips"):
        for file in (project / "results" / kind).rglob("00000-of-00001.*"):
            if not file.match("*.provenance.json"):
                file.unlink()
    shutil.rmtree(project / "results/raw/motion")
    assert shown(project, CELL) == before


def test_chain_with_a_missing_link_is_not_said_to_hold(finished, tmp_path):
    project = copy_without(finished, tmp_path / "project", "decoded/motion/test")
    status, said = shown(project, CELL)
    assert status == 1
    assert "results/decoded/motion/test/random/1e-4/seed0/00000-of-00001" in said
