"""A corruption of one's own is one folder: the example of docs/corruptions.md, without any edit.

It runs through all of paper A beside burst loss and sector loss, which nothing else evaluates.
"""

import csv
import re
import shutil
import subprocess
import sys

import pytest

from crash_tools import TINY, copy_without, finished_paper
from framefault.files import read_clips
from framefault.tabular import read_csv
from own_corruption import FOLDER, example, settings
from workflow_tools import ROOT, copy_project, planned_jobs, planned_outputs, snakemake

NEW = {"burst_loss": ["0.3"], "sector_loss": ["0.2"], "truncation": ["0.5", "0.1"]}
OTHERS = """
seeds: {corruption_of: {crowd: [0]}}
evaluate: {packet_loss: [], random: [], contiguous: [], burst_loss: [0.3], sector_loss: [0.2]}
burst_loss: {burst_length: 2, mtu: 200}
sector_loss: {sector_bytes: 512}
recognition:
  bat:
    levels: {packet_loss: [], random: [], contiguous: [], truncation: [0.5, 0.1]}
    low_up_to: {truncation: 0.2}
"""
CONFIGS = ("--configfile", "tiny.yaml", "truncation.yaml", "others.yaml")
TABLE, FIGURE = "results/tables/table1.csv", "results/figures/figure3.pdf"


def new_project(folder):
    """A copy of the project with the example's folder and configuration, and no other change."""
    return add_corruption(copy_project(folder))


def add_corruption(project):
    example(project / FOLDER)
    shutil.copy(TINY, project)
    (project / "truncation.yaml").write_text(settings(), encoding="utf-8")
    (project / "others.yaml").write_text(OTHERS, encoding="utf-8")
    return project


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """All of paper A, which had been made of the project's own corruptions before."""
    before = finished_paper(tmp_path_factory)
    project = add_corruption(copy_without(before, tmp_path_factory.mktemp("own") / "project"))
    said = snakemake(project, "-p", "-c2", "paper_a", *CONFIGS).stdout
    assert not re.search(r"rule (generate_\w+|encode|train_recognition_(none|at)):", said)
    return project


def test_command_of_the_page_plans_the_corruption_beside_all_others(tmp_path):
    project = new_project(tmp_path)
    done = snakemake(project, "-n", "-p", TABLE, FIGURE, "--configfile", "truncation.yaml")
    jobs = planned_jobs(done)
    assert jobs["corrupt_truncation"] == 2 * (1 + 5)  # its levels, of motion and draws of crowd
    assert jobs["corrupt_packet_loss"] > 5
    assert not {"corrupt_burst_loss", "corrupt_sector_loss"} & set(jobs)
    assert re.search("results/corrupted/motion/test/truncation/0.5/seed0/", done.stdout)


def rows(project, name):
    with open(project / f"results/{name}.csv", newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("name", ["table1", "table2", "table4", "table5", "table6", "table7"])
def test_table_has_a_row_for_each_level(finished, name):
    found = {}
    for row in rows(finished, f"tables/{name}"):
        found.setdefault(row["corruption"], []).append(row["level"])
    assert {each: found[each] for each in NEW} == NEW
    assert list(found) == [*NEW, "clean"]
    lines = (finished / f"results/tables/{name}.md").read_text(encoding="utf-8").splitlines()
    said = {line.strip("| ").partition("|")[0].strip() for line in lines}
    assert {"Burst loss", "Sector loss", "Truncation"} <= said


def test_tracking_and_its_figure_have_it_too(finished):
    found = {(row["corruption"], row["level"]) for row in rows(finished, "tables/tracking")}
    assert {(name, level) for name, levels in NEW.items() for level in levels} <= found


def test_bat_is_trained_on_it_and_its_oracles_are_asked(finished):
    for level in NEW["truncation"]:
        oracle = f"motion/bat_oracle/truncation/{level}/seed0"
        assert (finished / f"results/models/{oracle}/weights.safetensors").is_file()
        assert (finished / f"results/cells/{oracle}/truncation/{level}/seed0.json").is_file()


@pytest.mark.parametrize("number", [3, 6, 7, 9])
def test_figure_over_levels_has_its_row_of_panels(finished, number):
    table = read_csv(finished / f"results/figures/figure{number}.csv")
    assert set(table["corruption"]) == {*NEW, "clean"}


def test_figures_of_frames_have_its_block(finished):
    found = {(row["block"], row["level"]) for row in rows(finished, "figures/figure4")}
    assert {("Truncation", level) for level in ("0", *NEW["truncation"])} <= found
    blocks = {row["block"] for row in rows(finished, "figures/figure5")}
    assert "Burst loss, p = 0.3" in blocks


def test_comparison_and_claims_ask_nothing_of_it(finished):
    for file in (finished / "results/comparison").glob("*.csv"):
        assert not set(NEW) & set(re.findall(r"\w+", file.read_text(encoding="utf-8"))), file


@pytest.mark.parametrize(("name", "unit"), [*zip(NEW, ("datagram", "sector", "byte"), strict=True)])
def test_archive_and_account_say_what_was_done(finished, name, unit):
    part = f"results/corrupted/motion/test/{name}/{NEW[name][0]}/seed0/00000-of-00001"
    account = read_csv(finished / f"{part}.csv").set_index("clip")
    assert set(account["unit"]) == {unit}
    assert (account["damaged"] <= account["sent"]).all() and account["damaged"].sum() > 0
    clean = dict(read_clips(finished / "results/clips/motion/test/00000-of-00001.zip"))
    damaged = dict(read_clips(finished / f"{part}.zip"))
    assert clean.keys() == damaged.keys()
    assert any(clean[clip] != damaged[clip] for clip in clean)
    if name == "sector_loss":
        for clip, data in clean.items():
            assert account.loc[clip.removesuffix(".mp4"), "sent"] == -(-len(data) // 512)


@pytest.fixture
def project(finished, tmp_path):
    yield shutil.copytree(finished, tmp_path / "project", symlinks=True)
    shutil.rmtree(tmp_path / "project", ignore_errors=True)


def edit(project, name, old, new):
    path = project / FOLDER / "truncation" / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


CHANGES = {
    "its code": ("__init__.py", "kept = data[:", "kept = b'' + data[:"),
    "a default": ("method.yaml", "default: 0.5", "default: 0.25"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_change_of_it_runs_it_again_and_no_other(project, change):
    edit(project, *change)
    outputs = planned_outputs(snakemake(project, "-n", "-p", TABLE, FIGURE, *CONFIGS))
    assert {rule for rule in outputs if rule.startswith("corrupt")} == {"corrupt_truncation"}
    assert {"decode", "train_recognition_bat", "table_paper_a"} <= set(outputs)
    assert all("truncation" in path for path in outputs["decode"])


def test_words_of_it_draw_again_what_shows_them(project):
    edit(project, "method.yaml", "title: Truncation", "title: Cut")
    edit(project, "method.yaml", "a part of it, at its end,", "its end")
    outputs = planned_outputs(snakemake(project, "-n", "-p", TABLE, FIGURE, *CONFIGS))
    assert outputs == {"table_paper_a": [TABLE]}


def test_why_names_its_code(project):
    edit(project, *CHANGES["its code"])
    command = [sys.executable, "scripts/why.py", TABLE, *CONFIGS]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=True)
    assert re.search(
        r"corrupt_truncation: \d+ jobs, such as results/corrupted/motion/\S+/truncation/\S+"
        r"\n    code of framefault.corruption.truncation: \w+ → \w+\n",
        done.stdout,
    )


def test_plan_counts_it(finished, tmp_path):
    project = new_project(tmp_path)
    command = [sys.executable, "scripts/plan.py", TABLE, *CONFIGS]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=True)
    assert re.search(r"^corrupt_truncation +4 .* reference", done.stdout, re.MULTILINE)


WRONG = {
    "no function": (
        "__init__.py", "def corrupt", "def damage", "__init__.py lacks the function corrupt.",
    ),
    "a key that is none": (
        "method.yaml", "unit:", "units:", "method.yaml: 'unit' is a required property",
    ),
    "a default that is none": (
        "method.yaml", "default: 0.5", "default: 2", "spread.default: 2 is greater than",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("name", "old", "new", "said"), WRONG.values(), ids=WRONG)
def test_wrong_folder_is_one_sentence_before_anything_runs(tmp_path, name, old, new, said):
    project = new_project(tmp_path)
    edit(project, name, old, new)
    done = snakemake(project, "-n", TABLE, *CONFIGS, check=False)
    assert done.returncode == 1
    assert said in done.stdout and "Traceback" not in done.stdout
    assert len(done.stdout.strip().splitlines()) <= 6, done.stdout


def test_level_beyond_its_bounds_is_refused(tmp_path):
    project = new_project(tmp_path)
    (project / "others.yaml").write_text("evaluate: {truncation: [1]}", encoding="utf-8")
    done = snakemake(project, "-n", TABLE, *CONFIGS, check=False)
    assert "evaluate.truncation.0 is 1, but must be less than 1" in done.stdout


def test_example_is_in_no_other_file():
    for folder in ("scripts", "rules", "config"):
        for file in (ROOT / folder).rglob("*.*"):
            if file.suffix in (".py", ".smk", ".yaml", ".csv"):
                assert "truncation" not in file.read_text(encoding="utf-8"), file
