"""docs/your_own.md: every file and command of the page, on tiny videos, and what is refused."""

import csv
import re
import shutil
import subprocess
import sys

import numpy as np
import pytest
import yaml

from own_models import MeanColour, save_onnx, save_script, save_weights
from videos import encode_frames
from workflow_tools import ROOT, copy_project, planned_jobs, snakemake

PAGE = (ROOT / "docs/your_own.md").read_text(encoding="utf-8")
# A block, and the file that the line above it names, if any.
BLOCK = re.compile(r"(?:^`([\w./]+)`[^\n]*:\n\n)?^```(\w+)\n(.*?)^```$", re.M | re.S)
# The page's examples in a minute: nothing learns much.
SMALL = """
seeds: {training: [0]}
evaluate: {packet_loss: [0.1], random: [], contiguous: []}
decode: {train_short_side: 20}
recognition:
  network: {width: 0.0625, frames: 8, size: 16}
  bat: {levels: {packet_loss: [0.1, 1e-3], random: [], contiguous: []}}
  recipes: {scratch: {epochs: 1}}
"""
# Torchvision's own input takes too long here.
SMALLER = {"model.yaml": {"my_r3d": {"frames": 8, "stride": 1, "resize": [24, 32], "size": 24}}}


def videos(folder):
    """Two classes that differ in brightness, four videos of each."""
    for number in range(8):
        label = ("run", "walk")[number % 2]
        frames = np.random.default_rng(number).integers(0, 128, (12, 48, 64, 3), np.uint8)
        file = folder / label / f"{number}.mp4"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(encode_frames(frames + np.uint8(100 * (number % 2)), 25))


def run(project, command):
    words = command.split()
    if words[0] == "python":
        return subprocess.run([sys.executable, *words[1:]], cwd=project, check=True)
    return snakemake(project, *words[1:], "small.yaml")


def follow(project, text):
    """Write the files of a text and run its programs and commands, in order."""
    for file, kind, content in BLOCK.findall(text):
        if file:
            (project / file).parent.mkdir(parents=True, exist_ok=True)
            (project / file).write_text(content, encoding="utf-8")
            if file in SMALLER:
                shown = yaml.safe_load(content)
                for model, keys in SMALLER[file].items():
                    shown["recognition"]["models"][model] |= keys
                (project / file).write_text(yaml.safe_dump(shown), encoding="utf-8")
        elif kind == "python":
            subprocess.run([sys.executable, "-c", content], cwd=project, check=True)
        elif kind == "sh":
            for command in content.splitlines():
                run(project, command)


def part(heading):
    """The page's text below a heading, up to the next one of its rank or a higher one."""
    rank = len(heading.split()[0])
    return re.split(rf"\n#{{1,{rank}}} ", PAGE.partition(f"\n{heading}\n")[2])[0]


def table(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    project = copy_project(tmp_path_factory.mktemp("your_own"))
    (project / "small.yaml").write_text(SMALL, encoding="utf-8")
    videos(project / "videos")
    save_onnx(project / "net.onnx", 2, 8, 16)
    save_script(project / "net.pt", MeanColour(2), 2, 3, 8, 16, 16)
    follow(project, part("## Videos"))
    return project


def test_folder_of_videos_has_its_table(project):
    rows = table(project / "results/tables/table1.csv")
    assert [(row["dataset"], row["corruption"]) for row in rows] == [
        ("mine", "packet_loss"), ("mine", "clean"),
    ]  # fmt: skip
    assert {row["clips"] for row in rows} == {"4"}


def test_models_are_columns_and_curves_beside_the_defences(project):
    before = table(project / "results/tables/table1.csv")
    follow(project, part("## A model").partition("### What")[0])
    rows = table(project / "results/tables/table1.csv")
    for row, old in zip(rows, before, strict=True):
        assert {key: row[key] for key in old} == old
        assert all(0 <= float(row[name]) <= 100 for name in ("my_r3d", "my_own"))
    curves = table(project / "results/figures/figure3.csv")
    assert {row["curve"] for row in curves} >= {"Accuracy", "my_r3d", "my_own"}
    assert "my_r3d" in (project / "results/tables/table1.md").read_text(encoding="utf-8")


MODELS = {"check_model": 1, "predict_model": 2, "score_recognition": 2, "table_paper_a": 1}
CHANGES = {
    "other weights": (lambda folder: save_weights(folder / "own.pth", MeanColour(2)), MODELS),
    "other code of the factory": (
        lambda folder: edit(folder / "my_network.py", "clips.mean", "2 * clips.mean"), MODELS,
    ),
    "another order of classes": (
        lambda folder: (folder / "classes.txt").write_text("run\nwalk\n"), MODELS,
    ),
    "what it sees": (lambda folder: edit(folder / "model.yaml", "size: 16", "size: 15"), MODELS
                     | {"decode_view": 2}),
    "another place": (
        lambda folder: (
            (folder / "own.pth").rename(folder / "moved.pth"),
            edit(folder / "model.yaml", "own.pth", "moved.pth"),
        ),
        {},
    ),
    "files that are gone": (
        lambda folder: [(folder / name).unlink() for name in ("own.pth", "mine.pth")], {},
    ),
}  # fmt: skip


def edit(file, old, new):
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


@pytest.mark.parametrize(("change", "jobs"), CHANGES.values(), ids=CHANGES)
def test_what_changes_of_a_model_runs_that_model_again_and_trains_nothing(
    project, tmp_path, change, jobs
):
    copy = shutil.copytree(project, tmp_path / "project", symlinks=True)
    change(copy)
    call = "results/tables/table1.csv", "--configfile", "mine.yaml", "model.yaml", "small.yaml"
    plan = planned_jobs(snakemake(copy, "-n", *call))
    assert {rule: count for rule, count in plan.items() if rule != "total"} == jobs


def test_files_of_networks_are_columns(project):
    follow(project, part("### An ONNX or a TorchScript file"))
    rows = table(project / "results/tables/table1.csv")
    assert all(row["exported"] and row["traced"] for row in rows)


def test_predictions_are_a_column_with_the_accuracy_that_they_have(project):
    follow(project, part("## Predictions"))
    (row,) = (r for r in table(project / "results/tables/table1.csv") if r["corruption"] == "clean")
    scores = table(project / "scores/clean/0/seed0.csv")
    right = [
        ("run" if float(each["run"]) > float(each["walk"]) else "walk")
        == each["clip"].split("/")[0]
        for each in scores
    ]
    assert float(row["submitted"]) == pytest.approx(100 * np.mean(right))


def test_detector_is_one_folder_and_has_its_table(project):
    follow(project, part("## A detector of corruption"))
    rows = table(project / "results/tables/detectors.csv")
    assert [(row["detector"], row["corruption"]) for row in rows] == [
        ("entropy", "packet_loss"), ("entropy", "clean"),
    ]  # fmt: skip
    assert rows[1]["auroc"] == "50.0"
    said = snakemake(
        project, "-n", "-p", "paper_a", "--configfile", "mine.yaml", "small.yaml"
    ).stdout
    assert "results/tables/detectors.csv" in said  # which paper_a asks for now
    folder = project / "scripts/framefault/tasks/recognition/detectors/entropy"
    code = (folder / "__init__.py").read_text(encoding="utf-8")
    (folder / "__init__.py").write_text(code.replace("base=2", "base=3"), encoding="utf-8")
    target = "results/tables/detectors.csv", "results/tables/table5.csv"
    plan = planned_jobs(
        snakemake(project, "-n", *target, "--configfile", "mine.yaml", "small.yaml")
    )
    # Table 5 is new here; of the detectors, the edited one only.
    assert plan.items() >= {"score_entropy": 2, "score_odin": 2, "table_paper_a": 2}.items()
    assert "predict_recognition" not in plan and "score_energy" not in plan


def test_network_is_one_folder_and_is_trained(project):
    follow(project, part("## A network to train"))
    record = (project / "results/models/mine/none/seed0/weights.provenance.json").read_text("utf-8")
    assert '"channels": 4' in record and "networks.tiny" in record and "networks.r3d" not in record
    curves = table(project / "results/figures/figure3.csv")
    assert {row["curve"] for row in curves} >= {"Accuracy", "Distance, all"}


def test_model_that_cannot_be_used_is_planned_and_then_refused_in_a_sentence(project):
    follow(project, part("### An ONNX or a TorchScript file").partition("```sh")[0])
    (project / "net.onnx").unlink()
    target = "results/cells/mine/exported/seed0/clean/0/seed0.json"
    call = target, "--configfile", "mine.yaml", "file.yaml", "small.yaml"
    # What was made of it while it was there stays.
    assert "Nothing to be done" in snakemake(project, "-n", *call).stdout
    wrong = "recognition={models: {exported: {size: 17}}}"
    assert "score_recognition" in snakemake(project, "-n", *call, "--config", wrong).stdout
    done = snakemake(project, "-c1", *call, "--config", wrong, check=False)
    assert done.returncode != 0
    assert "There is no net.onnx, the network or the weights of the model exported" in done.stdout
