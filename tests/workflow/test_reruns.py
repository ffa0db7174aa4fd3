"""Only what changed runs again: every line of that promise, against finished results."""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import yaml
from safetensors.numpy import save_file

import crash_tools
from crash_tools import TABLES, TINY, copy_without
from videos import encode_frames
from workflow_tools import ROOT, copy_project, planned_jobs, planned_outputs, snakemake

PROFILES = sorted(path.name for path in (ROOT / "profiles").iterdir())
TABLE_JOBS = {"table_paper_a": 2, "compare_paper_a": 1}


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """The tables' run, where dry-runs may leave their notes."""
    tables = crash_tools.finished_project(tmp_path_factory)
    return copy_without(tables, tmp_path_factory.mktemp("tables") / "project")


@pytest.fixture
def project(finished, tmp_path):
    """A copy of the finished project, to be changed at will."""
    yield shutil.copytree(finished, tmp_path / "project", symlinks=True)
    shutil.rmtree(tmp_path / "project", ignore_errors=True)


@pytest.fixture
def settings(tmp_path):
    """Writes settings that differ from the finished run's; gives the file's path."""

    def write(text):
        (tmp_path / "settings.yaml").write_text(text, encoding="utf-8")
        return str(tmp_path / "settings.yaml")

    return write


def plan(project, *configfiles, targets=TABLES, options=()):
    """What a dry-run would run: rule -> first output of each job."""
    command = ("-n", "-p", *targets, *options, "--configfile", *(configfiles or (TINY.name,)))
    done = snakemake(project, *command)
    outputs = planned_outputs(done)
    if not outputs:
        assert "Nothing to be done" in done.stdout, planned_jobs(done)
    return outputs


def assert_plan(outputs, jobs, where):
    """Exactly these jobs, and below the tables only outputs whose path matches `where`."""
    assert {rule: len(paths) for rule, paths in outputs.items()} == jobs
    below = [path for rule in outputs.keys() - TABLE_JOBS.keys() for path in outputs[rule]]
    assert [path for path in below if not re.search(where, path)] == []


def edit(project, path, old, new):
    text = (project / path).read_text(encoding="utf-8")
    assert old in text
    (project / path).write_text(text.replace(old, new), encoding="utf-8")


PACKET_LOSS = (
    {"corrupt_packet_loss": 3, "decode": 3, "train_recognition_bat": 4}
    | {"predict_recognition": 12, "score_recognition": 12}
    | TABLE_JOBS,
    "/packet_loss/|/bat/|/bat_low/|/bat_high/",
)
AT_JOBS = {"train_recognition_at": 1, "predict_recognition": 3, "score_recognition": 3}
ADVERSARIAL = AT_JOBS | TABLE_JOBS, "/at_eps2/"
STEP = "recognition: {adversarial: {step: 1.5}}"
OTHER = """
datasets:
  other:
    type: motion
    pictures: pictures
    clips: {train: 1, test: 1}
    frames: 20
    container: original
    shards: {train: 2, test: 1}
tables: {datasets: [motion, other]}
"""
ONE_OF_ALL = {
    "train_recognition_none": 1, "train_recognition_at": 1, "train_recognition_bat": 5,
    "predict_recognition": 17, "score_recognition": 17,
}  # fmt: skip
SETTINGS = {
    "what counts as playable": (
        "playable: {max_errors: 3}",
        {"score_recognition": 17} | TABLE_JOBS,
        "/cells/",
    ),
    "what is seen in gaps": (
        "decode: {gaps: drop}",
        {"train_recognition_bat": 5, "predict_recognition": 15, "score_recognition": 15}
        | TABLE_JOBS,
        "/bat|/packet_loss/|/random/|/contiguous/",
    ),
    "confidence of the intervals": (
        "tables: {confidence: 0.9}",
        {"score_recognition": 17} | TABLE_JOBS,
        "/cells/",
    ),
    "a setting of packet loss": ("packet_loss: {mtu: 1000}", *PACKET_LOSS),
    "a hyper-parameter of AT": (STEP, *ADVERSARIAL),
    "the recipe of BAT": (
        "recognition: {bat: {probability: 0.25}}",
        {"train_recognition_bat": 5, "predict_recognition": 11, "score_recognition": 11}
        | TABLE_JOBS,
        "/bat",
    ),
    "how trainings on a CPU compute": (
        "training: {cpu_precision: bfloat16}",
        ONE_OF_ALL | {"train_recognition_none": 2} | TABLE_JOBS,
        "/models/|/predictions/|/cells/",
    ),
    "one more level to evaluate": (
        "evaluate: {random: [1e-4, 1e-5]}",
        {"corrupt_random": 1, "decode": 1, "predict_recognition": 5, "score_recognition": 5}
        | TABLE_JOBS,
        "/random/1e-5",
    ),
    "one level less to evaluate": ("evaluate: {random: []}", TABLE_JOBS, "^$"),
    "one more training": (
        "seeds: {training: [0, 1], training_of: {bat_oracle: [0, 1]}}",
        ONE_OF_ALL | TABLE_JOBS,
        "/seed1/",
    ),
    "one more training of one model": (
        "seeds: {training_of: {at_eps2: [0, 1]}}",
        {"train_recognition_at": 1, "predict_recognition": 3, "score_recognition": 3} | TABLE_JOBS,
        "/at_eps2/seed1/",
    ),
    "one more draw of the damage trains nothing": (
        "seeds: {corruption: [0, 1]}",
        {"corrupt_packet_loss": 1, "corrupt_random": 1, "decode": 2}
        | {"predict_recognition": 12, "score_recognition": 12}
        | TABLE_JOBS,
        "/seed1",
    ),
    "one more data set": (
        OTHER,
        {"generate_motion": 1, "manifest_recognition": 1, "encode": 3, "decode": 3 + 8 + 2}
        | {"corrupt_packet_loss": 5, "corrupt_random": 3, "corrupt_contiguous": 2}
        | ONE_OF_ALL
        | TABLE_JOBS,
        "/other",
    ),
}


@pytest.mark.parametrize(("text", "jobs", "where"), SETTINGS.values(), ids=SETTINGS)
def test_setting_runs_again_what_reads_it(finished, settings, text, jobs, where):
    assert_plan(plan(finished, TINY.name, settings(text)), jobs, where)


CODE = {
    "formatting of a table": (
        "scripts/framefault/results/tables.py", "{value:.1f}", "{value:.2f}", TABLE_JOBS, "^$",
    ),
    "packet loss": (
        "scripts/framefault/corruption/rtp/h264.py",
        'b"\\0\\0\\0\\1"', 'b"\\0\\0\\1"', *PACKET_LOSS,
    ),
    "one corruption": (
        "scripts/framefault/corruption/packet_loss/__init__.py",
        "draw.random(count) < p", "draw.random(count) < 0.9", *PACKET_LOSS,
    ),
    "words of a corruption for tables and documents": (
        "scripts/framefault/corruption/packet_loss/method.yaml",
        "title: Packet loss", "title: Lost packets", TABLE_JOBS, "^$",
    ),
    "a default of one corruption": (
        "scripts/framefault/corruption/packet_loss/method.yaml",
        "default: 1472", "default: 1400", *PACKET_LOSS,
    ),
    "R3D": (
        "scripts/framefault/tasks/recognition/networks/r3d/__init__.py", "nn.ReLU(", "nn.ELU(",
        ONE_OF_ALL | {"train_recognition_none": 2} | TABLE_JOBS,
        "/models/|/predictions/|/cells/",
    ),
    "published numbers": (
        "config/published/paper_a/table1.csv", "packet_loss,0.2,none,32.8",
        "packet_loss,0.2,none,32.9", {"compare_paper_a": 1}, "^$",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("path", "old", "new", "jobs", "where"), CODE.values(), ids=CODE)
def test_code_runs_again_where_it_is_used(project, path, old, new, jobs, where):
    edit(project, path, old, new)
    assert_plan(plan(project), jobs, where)


# The whole of paper A: which tables and figures a change makes again. (No level here is so low
# that a claim asks its ODIN scores.)
PAPER = {
    "figure style": (
        "scripts/framefault/plots/style.py", '"font.size": 8', '"font.size": 9',
        {f"figure_paper_a_{kind}": 1 for kind in ("overview", "bits", "levels", "pairs", "tracks")}
        | {"figure_paper_a_curves": 4},
        "/figures/",
    ),
    "code of one kind of figure": (
        "scripts/framefault/plots/curves.py", "alpha=0.15", "alpha=0.2",
        {"figure_paper_a_curves": 4},
        "/figures/figure[3679]",
    ),
    "one figure's label": (
        "config/papers/paper_a.yaml", "Top-1 accuracy (%)", "Top-1 (%)",
        {"figure_paper_a_curves": 1}, "/figures/figure3",
    ),
    "one table's heading": (
        "config/papers/paper_a.yaml", "heading: AUROC", "heading: Area",
        {"table_paper_a": 2, "compare_paper_a": 2}, "^$",
    ),
    "formatting of a table": (
        "scripts/framefault/results/tables.py",
        "{value:.1f}", "{value:.2f}", {"table_paper_a": 8, "compare_paper_a": 8}, "^$",
    ),
    "out-of-distribution scores": (
        "scripts/framefault/tasks/recognition/ood.py", "RESAMPLES = 1000", "RESAMPLES = 999",
        {"score_odin": 4, "score_energy": 4, "table_paper_a": 2, "compare_paper_a": 2,
         "figure_paper_a_curves": 2, "claims_paper_a": 1},
        "/odin/|/energy/|/figure[67]|/claims",
    ),
    "one detector": (
        "scripts/framefault/tasks/recognition/detectors/odin/__init__.py",
        "max(axis=-1)", "min(axis=-1)",
        {"score_odin": 4, "table_paper_a": 1, "compare_paper_a": 1, "figure_paper_a_curves": 2,
         "claims_paper_a": 1},
        "/odin/|/figure[67]|/claims",
    ),
    "checksums": (
        "scripts/framefault/tasks/recognition/checksums.py", '"sha1", ', "",
        {"predict_checksum": 3, "score_checksum": 3, "table_paper_a": 1, "compare_paper_a": 1},
        "/checksum/",
    ),
    "how claims are judged": (
        "scripts/framefault/results/claims.py",
        "HOLDS if low > margin", "HOLDS if low >= margin", {"claims_paper_a": 1}, "/claims",
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def finished_paper(tmp_path_factory):
    paper = crash_tools.finished_paper(tmp_path_factory)
    return copy_without(paper, tmp_path_factory.mktemp("paper") / "project")


@pytest.mark.parametrize(("path", "old", "new", "jobs", "where"), PAPER.values(), ids=PAPER)
def test_code_of_tables_and_figures_runs_again_what_shows_it(
    finished_paper, tmp_path, path, old, new, jobs, where
):
    project = shutil.copytree(finished_paper, tmp_path / "project", symlinks=True)
    edit(project, path, old, new)
    outputs = plan(project, targets=("paper_a",))
    outputs.pop("paper_a", None)
    assert_plan(outputs, jobs, where)
    shutil.rmtree(project)


TRACKED = {"score_tracking": 7, "table_paper_a": 1, "compare_paper_a": 1, "claims_paper_a": 1,
           "figure_paper_a_curves": 2}  # fmt: skip
TRACKING = {
    "how frames are numbered": ("tracking: {numbering: time}", TRACKED),
    "a threshold of the tracker": (
        "tracking: {trackers: {fairmot_small: {distance: 0.5}}}",
        TRACKED | {"predict_tracking": 7, "figure_paper_a_tracks": 1},
    ),
    "the recipe of its detector": (
        "tracking: {recipes: {scratch: {epochs: 2}}}",
        TRACKED | {"train_tracking_fairmot": 1, "predict_tracking": 7, "figure_paper_a_tracks": 1},
    ),
    "one more draw trains nothing": (
        "seeds: {corruption_of: {crowd: [0, 1, 2]}}",
        TRACKED
        | {"corrupt_packet_loss": 1, "corrupt_random": 1, "corrupt_contiguous": 1, "decode": 3}
        | {"predict_tracking": 3, "score_tracking": 3},
    ),
}


@pytest.mark.parametrize(("text", "jobs"), TRACKING.values(), ids=TRACKING)
def test_setting_of_tracking_runs_again_what_reads_it(finished_paper, settings, text, jobs):
    outputs = plan(finished_paper, TINY.name, settings(text), targets=("paper_a",))
    outputs.pop("paper_a", None)
    assert_plan(outputs, jobs, "/crowd/|/figure[389]|/claims")


def test_one_more_data_set_in_a_figure_makes_that_figure_and_what_it_shows(
    finished_paper, settings
):
    changed = settings("figures: {figure3: [motion, textures]}")
    outputs = plan(finished_paper, TINY.name, changed, targets=("paper_a",))
    outputs.pop("paper_a", None)
    jobs = {"encode": 1, "corrupt_packet_loss": 1, "corrupt_random": 1, "decode": 3}
    jobs |= {"predict_recognition": 3, "score_recognition": 3, "figure_paper_a_curves": 1}
    assert_plan(outputs, jobs, "/textures/|/figure3")


def test_setting_of_one_detector_leaves_the_other_alone(finished_paper, settings):
    changed = settings("recognition: {ood: {odin: {temperature: 10}}}")
    outputs = plan(finished_paper, TINY.name, changed, targets=("paper_a",))
    outputs.pop("paper_a", None)
    jobs = {"score_odin": 4, "table_paper_a": 1, "compare_paper_a": 1, "figure_paper_a_curves": 2}
    assert_plan(outputs, jobs | {"claims_paper_a": 1}, "/odin/|/figure[67]|/claims")


def own_files(project):
    """All that is not results, and not hidden."""
    for part in project.iterdir():
        if part.name != "results" and part.name[0] != ".":
            yield from (file for file in [part, *part.rglob("*")] if file.is_file())


def touch(project):
    for file in own_files(project):
        os.utime(file)


def other_words_and_layout(project):
    """Every script without its comments, with other docstrings, laid out by Python itself."""
    for file in (project / "scripts").rglob("*.py"):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)):
                if ast.get_docstring(node):
                    node.body[0].value.value = "Other words."
        file.write_text(f"# A comment.\n{ast.unparse(tree)}\n", encoding="utf-8")


def code_that_no_stage_runs(project):
    library = ("methods", "corruption/registry", "workflow/config", "workflow/resume")
    for name in ("run", "why", "new", *(f"framefault/{each}" for each in library)):
        with open(project / f"scripts/{name}.py", "a", encoding="utf-8") as file:
            file.write("UNUSED = 1\n")


def one_more_corruption(project):
    folder = project / "scripts/framefault/corruption"
    shutil.copytree(folder / "sector_loss", folder / "page_loss")


def comments_and_resources_in_rules(project):
    for file in [project / "Snakefile", *(project / "rules").rglob("*.smk")]:
        text = file.read_text(encoding="utf-8")
        text = re.sub(r"(?m)^( *)(resources|input|return|shell)\b", r"\1# Why.\n\1\2", text)
        text = re.sub(r"(gb|minutes)=\d+", r"\1=999", text)
        file.write_text(f"# A comment.\n\n{text}\n# Another.\n", encoding="utf-8")


def backwards(value):
    if isinstance(value, dict):
        return {key: backwards(item) for key, item in reversed(value.items())}
    return value


def reordered_settings(project):
    for file in (project / "tiny.yaml", project / "config/config.yaml"):
        config = backwards(yaml.safe_load(file.read_text(encoding="utf-8")))
        file.write_text(yaml.safe_dump(config, sort_keys=False), encoding="utf-8")


def other_error_and_log_texts(project):
    """Another word in every error and every line of the log."""
    for file in (project / "scripts").rglob("*.py"):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            is_error = isinstance(node, ast.Call) and getattr(node.func, "id", "") == "UserError"
            if is_error or (isinstance(node, ast.Call) and "log.info" in ast.unparse(node.func)):
                for part in ast.walk(node):
                    if isinstance(part, ast.Constant) and isinstance(part.value, str):
                        part.value = part.value.replace("the", "a").replace("epoch", "round")
        file.write_text(ast.unparse(tree), encoding="utf-8")


def moved_modules(project):
    """Folders and modules of the library under other names."""
    library, names = project / "scripts/framefault", {}
    for old, new in (("corruption/rtp", "corruption/network"), ("video", "clips")):
        source = library / old if (library / old).is_dir() else library / f"{old}.py"
        source.rename(source.with_name(f"{Path(new).name}{source.suffix}"))
        names[f"framefault.{old.replace('/', '.')}"] = f"framefault.{new.replace('/', '.')}"
    for file in [*(project / "scripts").rglob("*.py"), *(project / "rules").rglob("*.smk")]:
        text = file.read_text(encoding="utf-8")
        for old, new in names.items():
            text = re.sub(rf"{re.escape(old)}\b", new, text)
        file.write_text(text, encoding="utf-8")


def plumbing(project):
    """Code that reads the command line, writes records, plans and resumes runs."""
    for name in ("errors", "workflow/job", "workflow/provenance", "workflow/snakemake_private"):
        with open(project / f"scripts/framefault/{name}.py", "a", encoding="utf-8") as file:
            file.write("UNUSED = 1\n")


def results_by_name(project):
    return [path for path in sorted((project / "results").rglob("*")) if path.is_file()]


def new_times(project):
    """As after `cp -r`, or a restore from an archive."""
    for path in results_by_name(project):
        os.utime(path)


def times_in_reverse(project):
    """The files that were made last are the oldest."""
    paths = sorted(results_by_name(project), key=lambda path: -path.stat().st_mtime_ns)
    for second, path in enumerate(paths):
        os.utime(path, (second, second))


@pytest.mark.parametrize(
    "change",
    [
        new_times,
        times_in_reverse,
        other_error_and_log_texts,
        moved_modules,
        plumbing,
        touch,
        other_words_and_layout,
        code_that_no_stage_runs,
        one_more_corruption,
        comments_and_resources_in_rules,
        reordered_settings,
    ],
)
def test_change_without_a_meaning_runs_nothing(project, change):
    change(project)
    assert plan(project) == {}


NEUTRAL = {
    "numbers spelled differently": """
        seeds: {corruption: [0.0], training: [0.0]}
        datasets: {motion: {clips: {train: 2.0, test: 0x2}, noise: 1e1, fps: 25.0}}
        packet_loss: {mtu: 1472.0}
        decode: {cpu_seconds: 3e1}
        playable: {min_frames: 1.0, max_errors: ~}
        recognition:
          network: {width: 6.25e-2, size: 16.0}
          recipes:
            finetune: {learning_rate: 0.005, dampening: 0.0, crop_scales: [1.0, 8.409e-1]}
            pretrain: {learning_rate: 10.0e-3, warmup: .3}
          adversarial: {step: 125e-2}
          bat: {probability: 5e-1, low_up_to: {random: 0.000001}}
        tables: {confidence: 9.5e-1}
        """,
    "settings that no rule reads": """
        datasets: {mine: {type: folder, path: no/such/place, split: {by: ratio, test: 0.5}}}
        encode: {crf: 30}
        recognition: {recipes: {scratch: {patience: 10}}, bat: {low_up_to: {packet_loss: 0.02}}}
        """,
    "threads and GPUs": """
        compute: {gpus: 1, threads: {generate: 1, manifest: 2, encode: 3, decode: 4, train: 5}}
        """,
}


@pytest.mark.parametrize("text", NEUTRAL.values(), ids=NEUTRAL)
def test_setting_without_an_effect_runs_nothing(finished, settings, text):
    assert plan(finished, TINY.name, settings(text)) == {}


@pytest.mark.parametrize("profile", PROFILES)
def test_profile_runs_nothing(finished, profile):
    assert plan(finished, options=("--profile", f"profiles/{profile}")) == {}


def test_cores_and_resources_run_nothing(finished):
    resources = ("--resources", "mem_mb=4000", "--default-resources", "mem_mb=500", "runtime=5")
    assert plan(finished, options=("-c1", *resources)) == {}


def test_moved_project_runs_nothing(project, tmp_path):
    assert plan(project.rename(tmp_path / "another place")) == {}


def test_fresh_clone_goes_on_with_existing_results(finished, settings, tmp_path):
    (tmp_path / "clone").mkdir()
    clone = copy_project(tmp_path / "clone")
    shutil.copy(TINY, clone)
    shutil.copytree(finished / "results", clone / "results", symlinks=True)
    touch(clone)
    assert plan(clone) == {}
    assert_plan(plan(clone, TINY.name, settings(STEP)), *ADVERSARIAL)


def test_results_without_snakemakes_records_are_judged_by_their_own(finished, settings, tmp_path):
    (tmp_path / "clone").mkdir()
    clone = copy_project(tmp_path / "clone")
    shutil.copy(TINY, clone)
    without = shutil.ignore_patterns(".records", ".snakemake_timestamp")
    shutil.copytree(finished / "results", clone / "results", symlinks=True, ignore=without)
    assert plan(clone) == {}
    assert_plan(plan(clone, TINY.name, settings(STEP)), *ADVERSARIAL)
    snakemake(clone, "-c2", *TABLES, "--configfile", TINY.name)
    assert (clone / "results/raw/motion/.snakemake_timestamp").is_file()
    assert_plan(plan(clone, TINY.name, settings(STEP)), *ADVERSARIAL)


def remake(project, *targets):
    """Make what a run would, had it been killed before the jobs that come after it."""
    for target in targets:
        (project / target).unlink()
    snakemake(project, "-c1", *targets, "--configfile", TINY.name)
    for path in results_by_name(project):
        os.utime(path, (0, 0))  # times tell nothing


def test_content_tells_where_a_run_was_killed_between_two_jobs(project):
    archives = [
        f"results/corrupted/motion/{condition}/seed0/00000-of-00001.zip"
        for condition in ("train/packet_loss/1e-3", "train/packet_loss/0.1", "test/packet_loss/0.1")
    ]
    remake(project, *archives)
    assert plan(project) == {}  # the same bytes again
    path, old, new, jobs, where = CODE["one corruption"]
    edit(project, path, old, new)
    remake(project, *archives)
    rest = {rule: count for rule, count in jobs.items() if rule != "corrupt_packet_loss"}
    assert_plan(plan(project), rest, where)
    assert "other content in results/corrupted/motion" in why(project).stdout


def test_file_of_which_nothing_tells_how_it_was_made_is_made_again(project):
    for path in (project / "results").rglob("*.provenance.json"):
        if "cells" in path.parts and "at_eps2" in path.parts:
            path.unlink()
    shutil.rmtree(project / "results/.records")
    assert plan(project).keys() == {"score_recognition", *TABLE_JOBS}


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
def test_visit_to_another_branch_runs_nothing(project):
    # A hook that runs the tests would direct git elsewhere by its environment.
    environment = {name: value for name, value in os.environ.items() if name[:4] != "GIT_"}
    environment |= {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}

    def git(*arguments):
        command = ["git", "-c", "user.name=A", "-c", "user.email=a@b", *arguments]
        subprocess.run(command, cwd=project, env=environment, check=True, capture_output=True)

    shutil.copy(ROOT / ".gitignore", project)
    git("init")
    git("add", ".")
    git("commit", "-m", "Finished.")
    git("checkout", "-b", "branch")
    path, old, new, jobs, where = CODE["packet loss"]
    edit(project, path, old, new)
    edit(project, "config/published/paper_a/table1.csv", "32.8", "32.9")
    git("commit", "-a", "-m", "Changed.")
    git("checkout", "-")
    git("checkout", "branch")
    assert_plan(plan(project), jobs, where)
    git("checkout", "-")
    assert plan(project) == {}


# A user's own files ------------------------------------------------------------------------

MINE = """
datasets:
  mine:
    type: folder
    path: videos
    split: {by: list, test: test.txt}
    container: original
    weights: start.safetensors
"""
MINE_TARGETS = (
    "results/clips/mine/train/00000-of-00001.zip",
    "results/clips/mine/test/00000-of-00001.zip",
    "results/weights/mine.safetensors",
)
LISTED_AGAIN = {"manifest_recognition": 1, "encode": 2}


def new_video(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(encode_frames(np.zeros((3, 32, 32, 3), np.uint8), 25))


@pytest.fixture(scope="module")
def finished_mine(tmp_path_factory):
    project = copy_project(tmp_path_factory.mktemp("mine"))
    for name in ("a/x", "a/y", "b/x", "b/y"):
        new_video(project / "videos" / f"{name}.mp4")
    (project / "test.txt").write_text("a/x.mp4\nb/x.mp4\n")
    save_file({"weight": np.zeros(3)}, project / "start.safetensors")
    (project / "mine.yaml").write_text(MINE)
    snakemake(project, "-c2", *MINE_TARGETS, "--configfile", "mine.yaml")
    return project


@pytest.fixture
def mine(finished_mine, tmp_path):
    return shutil.copytree(finished_mine, tmp_path / "project", symlinks=True)


def video_added(project):
    new_video(project / "videos/b/z.mp4")


def video_removed(project):
    (project / "videos/a/y.mp4").unlink()


def list_edited(project):
    (project / "test.txt").write_text("a/y.mp4\nb/x.mp4\n")


def weights_replaced(project):
    save_file({"weight": np.ones(3)}, project / "start.safetensors")


def everything_removed(project):
    shutil.rmtree(project / "videos")
    (project / "test.txt").unlink()
    (project / "start.safetensors").unlink()


@pytest.mark.parametrize(
    ("change", "jobs"),
    [
        (video_added, LISTED_AGAIN),
        (video_removed, LISTED_AGAIN),
        (list_edited, LISTED_AGAIN),
        (weights_replaced, {"import_weights": 1}),
        (touch, {}),
        (everything_removed, {}),
    ],
)
def test_own_files_are_watched_by_what_they_hold_and_may_be_gone(mine, change, jobs):
    change(mine)
    assert_plan(plan(mine, "mine.yaml", targets=MINE_TARGETS), jobs, "mine")


# Why, and code that changes while it runs --------------------------------------------------


def why(project, *configfiles, target=TABLES[2]):
    command = [sys.executable, "scripts/why.py", target, "--configfile", TINY.name, *configfiles]
    return subprocess.run(command, cwd=project, capture_output=True, text=True)


WHY = {
    "a hyper-parameter of AT": (
        STEP,
        "train_recognition_at: results/models/motion/at_eps2/seed0/weights.safetensors\n"
        "    adversarial.step: 1.25 → 1.5\n",
        "predict_recognition 3, score_recognition 3, table_paper_a 1, compare_paper_a 1.",
    ),
    "what counts as playable": (
        "playable: {max_errors: 3}",
        "\n    playable.max_errors: null → 3\n",
        "table_paper_a 1, compare_paper_a 1.",
    ),
    "one more data set": (
        OTHER,
        "generate_motion: results/raw/other\n    not made yet\n",
        None,  # the comparison learns of the data set, too
    ),
}


@pytest.mark.parametrize(("text", "reason", "follows"), WHY.values(), ids=WHY)
def test_why_names_the_setting_with_old_and_new_value(finished, settings, text, reason, follows):
    done = why(finished, settings(text))
    assert reason in done.stdout
    if follows:
        assert done.stdout.endswith(f"What follows from that: {follows}\n")
    assert len(done.stdout.splitlines()) <= 40
    assert (done.returncode, done.stderr) == (0, "")


def test_why_names_the_changed_module_and_file(project):
    edit(project, *CODE["packet loss"][:3])
    edit(project, *CODE["published numbers"][:3])
    said = why(project).stdout
    assert re.search(
        r"corrupt_packet_loss: 3 jobs, such as \S+/packet_loss/\S+"
        r"\n    code of framefault.corruption.rtp.h264: \w+ → \w+\n",
        said,
    )
    assert re.search(r'compare_paper_a: .*\n    published: "\w+" → "\w+"\n', said)
    assert said.count("code of") == 1
    assert len(said.splitlines()) <= 40


def test_why_says_that_all_is_up_to_date(finished):
    done = why(finished)
    assert done.stdout == "results/comparison/table1.csv is up to date.\n"
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("text", "target", "sentence"),
    [
        ("seeds: {corruption: [0]}", "results/tables/nothing.csv", "No rule to produce"),
        (
            "recognition: {bat: {probability: 2}}",
            TABLES[2],
            "recognition.bat.probability is 2, but must be at most 1",
        ),
    ],
)
def test_why_refuses_in_one_sentence(finished, settings, text, target, sentence):
    done = why(finished, settings(text), target=target)
    assert done.returncode != 0
    assert done.stdout == ""
    assert sentence in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_why_names_a_damaged_record_in_one_sentence(project, settings):
    record = "results/models/motion/at_eps2/seed0/weights.provenance.json"
    (project / record).write_text("{")
    done = why(project, settings(STEP))
    assert done.returncode != 0
    assert f"{record} is damaged" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_stage_refuses_other_code_than_planned(finished, tmp_path):
    made = tmp_path / "made"
    made.mkdir()
    wildcards = {"dataset": "motion", "model": "none", "training": "0", "seed": "0"}
    files = {
        "input": {"predictions": "results/predictions/motion/none/seed0/clean/0/seed0.parquet"},
        "output": {"cell": str(made / "cell.json")},
        "wildcards": wildcards | {"corruption": "clean", "level": "0"},
        "circumstances": {},
    }
    playable = {"min_frames": 1, "max_errors": None, "full_length": False}
    settings = json.dumps({"playable": playable, "confidence": 0.95})
    command = [sys.executable, "scripts/run.py", "score_recognition", "--settings", settings]
    command += ["--files", json.dumps(files), "--log", str(tmp_path / "score.log")]
    done = subprocess.run(
        [*command, "--code", "0" * 16], cwd=finished, capture_output=True, text=True
    )
    assert (done.returncode, done.stdout, done.stderr) == (
        1,
        "",
        "framefault: The code of score_recognition has changed since this run was planned;"
        " run the same command again.\n",
    )
    assert list(made.iterdir()) == []
    subprocess.run(command, cwd=finished, check=True)
    assert (made / "cell.json").is_file()
