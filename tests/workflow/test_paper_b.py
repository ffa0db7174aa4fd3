"""Paper B's workflow from nothing to its tables and figures, and what reruns."""

import csv
import json
import shutil
import tarfile
from pathlib import Path

import numpy as np
import pytest

import release
from crash_tools import differences, jobs_of, result_files
from damage_tools import assert_damage_is_noticed, outcome, undisturbed
from framefault.tasks.frames.sets import VID_CLASSES, vid_sets, ytbb_sets
from workflow_tools import SHARED, copy_project, planned_jobs, snakemake

TINY = Path(__file__).with_name("tiny_frames.yaml")
USE = ("--configfile", TINY.name)
TABLES = tuple(f"table{number}" for number in range(1, 12))
MINE = "results/predictions/shorts/mine/seed0/clean/0/seed0.parquet"
FIGURES = tuple(f"figure{number}" for number in range(1, 12))


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A finished run, with a user's predictions among the models."""
    project = copy_project(tmp_path_factory.mktemp("paper_b"))
    shutil.copy(TINY, project)
    snakemake(project, "-c2", "results/manifests/shorts.json", *USE)
    sets = json.loads((project / "results/manifests/shorts.json").read_text(encoding="utf-8"))
    scores = {
        key: [float(index in labels) for index in range(len(sets["classes"]))]
        for key, labels in zip(sets["frames"], sets["labels"], strict=True)
    }
    (project / "mine.json").write_text(json.dumps(scores))
    snakemake(project, "-c2", "paper_b", *USE)
    return project


def table(project, name):
    path = project / "results" / name
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def plan(project, *arguments):
    jobs = planned_jobs(snakemake(project, "-n", "paper_b", *USE, *arguments))
    return {name: count for name, count in jobs.items() if name != "paper_b"}


def test_every_table_says_what_its_data_are(finished):
    for name in TABLES:
        rows = table(finished, f"tables/paper_b_{name}.csv")
        assert rows
        for suffix in ("md", "tex"):
            text = (finished / f"results/tables/paper_b_{name}.{suffix}").read_text(
                encoding="utf-8"
            )
            assert ("generated videos" in text) == (name != "table10")


def test_every_figure_has_its_files_and_numbers(finished):
    for name in FIGURES:
        # The tiny detector finds nothing that it could lose in Figure 4.
        assert table(finished, f"figures/paper_b_{name}.csv") or name == "figure4"
        folder = finished / "results/figures"
        assert (folder / f"paper_b_{name}.pdf").read_bytes()[:5] == b"%PDF-"
        assert (folder / f"paper_b_{name}.png").read_bytes()[1:4] == b"PNG"


def test_perturbed_accuracy_is_never_higher(finished):
    for name in ("table2", "table5", "table6", "table7", "table8", "table9"):
        for row in table(finished, f"tables/paper_b_{name}.csv"):
            if row["original"]:
                assert float(row["perturbed"]) <= float(row["original"])


def test_perfect_predictions_that_are_handed_in_score_100(finished):
    rows = {row["model"]: row for row in table(finished, "tables/paper_b_table6.csv")}
    assert rows["mine"]["original"] == rows["mine"]["perturbed"] == "100.0"
    assert rows["mine"]["from"] == "handed in"
    rules = {job.rule for job in jobs_of(finished, MINE, *USE)}
    assert "import_predictions" in rules
    assert "predict_frames" not in rules


def test_models_that_cannot_be_had_are_shown_as_such(finished):
    row = table(finished, "tables/paper_b_table5.csv")[-1]
    assert row["model"] == "ResNeXtDenoiseAll-101_robust_pgd"
    assert row["original"] == ""
    text = (finished / "results/tables/paper_b_table5.md").read_text(encoding="utf-8")
    assert "not available today" in text


def test_subsets_of_anchors_make_up_the_whole(finished):
    types = [int(row["anchors"]) for row in table(finished, "tables/paper_b_table7.csv")]
    assert sum(types[0] - count for count in types[1:]) == types[0]
    rates = [int(row["anchors"]) for row in table(finished, "tables/paper_b_table8.csv")]
    assert sum(rates) == types[0]


def test_comparison_lists_the_papers_numbers_without_judging(finished):
    rows = table(finished, "comparison/paper_b_table7.csv")
    assert len(rows) == 4 * 4
    assert {row["verdict"] for row in rows} == {"not comparable: generated videos"}
    rows = table(finished, "comparison/paper_b_table5.csv")
    assert len(rows) == 45 * 7
    assert {row["verdict"].split(":")[0] for row in rows} == {"not evaluated"}


def test_frames_to_train_on_know_their_videos(finished):
    """What is held out are videos: neighbouring frames are nearly copies."""
    folder = finished / "results/decoded/scenes/train/clean/0/seed0"
    facts = json.loads((folder / "pictures.json").read_text(encoding="utf-8"))
    assert len(set(facts["videos"])) == 8 < len(facts["videos"]) == len(facts["labels"])


def test_a_second_call_does_nothing(finished):
    assert plan(finished) == {}


def test_results_are_the_same_bytes_with_other_workers_in_another_order(finished, tmp_path):
    """Jobs of two threads run one after the other; those of the finished run, two at a time."""
    other = copy_project(tmp_path)
    for name in (TINY.name, "mine.json"):
        shutil.copy(finished / name, other)
    threads = "compute={threads: {generate: 2, train: 2}}"
    snakemake(other, "-c2", "paper_b", *USE, "--config", threads)
    assert len(result_files(other)) > 100
    assert differences(other, finished) == []


@pytest.mark.parametrize(
    ("change", "expected", "untouched"),
    [
        ("labels: frame|labels: anchor", {"score_frames"}, {"predict_frames", "decode_frames"}),
        ("severities: [1, 2, 3], share: 0.5|severities: [1, 2], share: 0.5",
         {"train_frames_noise"}, {"train_frames_plain", "train_frames_linf"}),
        ("epsilon: 4|epsilon: 6",
         {"train_frames_linf"}, {"train_frames_plain", "train_frames_noise"}),
    ],
)  # fmt: skip
def test_a_setting_reruns_what_reads_it(finished, tmp_path, change, expected, untouched):
    project = shutil.copytree(finished, tmp_path / "project", symlinks=True)
    old, new = change.split("|")
    path = project / "config/config.yaml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    jobs = plan(project)
    assert expected <= set(jobs)
    assert not untouched & set(jobs)
    assert "table_paper_b" in jobs


@pytest.mark.parametrize(
    ("module", "old", "new", "expected"),
    [
        ("plots/scatter.py", "s=22", "s=25", {"figure_paper_b_scatter"}),
        ("plots/toy.py", "vmax=2", "vmax=3", {"figure_paper_b_toy"}),
        ("results/comparison.py", '"equal"', '"the same"', {"compare_paper_b"}),
        ("tasks/frames/networks.py", "There is no network", "No network is called", set()),
    ],
)  # fmt: skip
def test_code_reruns_what_uses_it(finished, tmp_path, module, old, new, expected):
    project = shutil.copytree(finished, tmp_path / "project", symlinks=True)
    path = project / "scripts/framefault" / module
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    assert set(plan(project)) == expected


def test_the_papers_scale_is_planned_without_any_data(finished):
    done = snakemake(finished, "-n", "paper_b", "--configfile", "config/paper.yaml")
    jobs = planned_jobs(done)
    assert (jobs["train_frames_plain"], jobs["train_frames_noise"]) == (15, 8)
    assert jobs["predict_frames"] == jobs["score_frames"] > 100
    assert jobs["fetch"] == jobs["unpack"] == 1
    assert jobs["fetch_weights"] > 40
    assert sum(jobs.values()) < 2000


def test_a_missing_release_is_named_when_it_runs(finished):
    target = ("results/manifests/vid.json", "--configfile", "config/paper.yaml")
    offline = ("--config", "downloads={allow: false}")
    done = snakemake(finished, "-c1", *target, *offline, check=False)
    assert done.returncode != 0
    assert "There is no data/imagenet_vid_ytbb_robust.tar.gz" in done.stdout
    assert "Traceback" not in done.stdout


def test_wrong_settings_are_one_sentence(finished):
    setting = "tables={roles: {vid: nothing, ytbb: shorts}}"
    done = snakemake(finished, "-n", "--config", setting, check=False)
    assert done.returncode != 0
    assert "tables.roles.vid is 'nothing'" in done.stdout
    assert "Traceback" not in done.stdout


# Damage -----------------------------------------------------------------------------------------

STAGES = (
    "manifest_candidates", "manifest_answers", "manifest_reviewed",
    "manifest_frames", "manifest_streams", "decode_frames", "decode_pictures",
    "manifest_detection", "train_detection_plain", "predict_detection", "score_detection",
    "train_frames_plain", "train_frames_noise", "train_frames_linf", "predict_frames",
    "import_predictions", "score_frames", "score_sets", "score_static", "table_paper_b",
    "compare_paper_b", "claims_paper_b", "figure_paper_b_changes",
    "figure_paper_b_rejected", "figure_paper_b_detections", "figure_paper_b_scatter",
    "figure_paper_b_bars", "figure_paper_b_curves", "figure_paper_b_distances",
    "excerpt_paper_b_changes", "excerpt_paper_b_rejected", "excerpt_paper_b_detections",
    "excerpt_paper_b_distances",
)  # fmt: skip


@pytest.fixture(scope="module")
def jobs(damageable):
    return jobs_of(damageable, "paper_b", *USE)


def test_every_stage_that_reads_results_is_damaged_below(jobs):
    assert {job.rule for job in jobs} == {
        *STAGES,
        "generate_scenes",
        "generate_stills",
        "figure_paper_b_toy",
    }


@pytest.mark.parametrize("rule", STAGES)
def test_damaged_input_is_named_or_changes_nothing(finished, damageable, jobs, rule):
    assert_damage_is_noticed(finished, damageable, jobs, rule)


@pytest.mark.parametrize("content", [b"", b"no checkpoint"])
def test_damaged_checkpoint_is_not_continued(finished, damageable, jobs, content):
    job = next(job for job in jobs if job.rule == "train_frames_plain")
    model = Path(job.outputs[0]).parent.relative_to("results/models")
    checkpoint = damageable / f"results/checkpoints/{model}.pt"
    checkpoint.parent.mkdir(parents=True, exist_ok=True)
    checkpoint.write_bytes(content)
    assert outcome(damageable, job) == undisturbed(finished, job)


# The released data ------------------------------------------------------------------------------

RELEASE = """
tables: {{roles: {{vid: vid, ytbb: null}}}}
datasets:
  vid:
    type: vid
    path: {path}
    expect: {{anchors: 1109, pairs: 21070}}
    models: [resnet50]
    predictions: {{resnet50: resnet50.json}}
"""


ARCHIVED = """
datasets:
  vid: {type: vid, source: imagenet_vid_ytbb_robust, models: [resnet50]}
  ytbb:
    type: ytbb
    source: imagenet_vid_ytbb_robust
    pmk_labels: pmk_labels.json
    models: [resnet50]
"""
MADE = {
    path.format(ours): path.format(embedded)
    for path in ("results/manifests/{}.json", "results/decoded/{}/test/clean/0/seed0/36_32.npy")
    for ours, embedded in (("vid", "scenes"), ("ytbb", "shorts"))
}


def test_releases_in_their_archive_give_the_same_sets_and_frames(finished, tmp_path):
    """The archive as published: both data sets in it, laid out as the embedded ones are."""
    project, results = copy_project(tmp_path), finished / "results"
    (project / "data").mkdir()
    with tarfile.open(project / "data/imagenet_vid_ytbb_robust.tar.gz", "w:gz") as archive:
        for made in ("raw", "reviewed"):
            for ours, name in (("scenes", "imagenet-vid-robust"), ("shorts", "ytbb-robust")):
                archive.add(results / made / ours, f"imagenet_vid_ytbb_robust/{name}")
    shutil.copy(results / "reviewed/shorts/metadata/pmk_labels.json", project)
    (project / "archived.yaml").write_text(ARCHIVED)
    snakemake(project, "-c2", *MADE, "--configfile", "archived.yaml")
    for target, embedded in MADE.items():
        assert (project / target).read_bytes() == (finished / embedded).read_bytes()
    again = snakemake(project, "-n", *MADE, "--configfile", "archived.yaml")
    assert planned_jobs(again) == {}
    with open(project / "pmk_labels.json", "a", encoding="utf-8") as file:
        file.write("\n")
    edited = snakemake(project, "-n", *MADE, "--configfile", "archived.yaml")
    assert planned_jobs(edited) == {"manifest_frames": 1, "decode_frames": 1}


PUBLIC = """
tables: {roles: {vid: vid, ytbb: ytbb}}
datasets:
  vid:
    type: vid
    source: imagenet_vid_ytbb_robust
    models: [tuned, mine]
    predictions: {mine: {file: vid.json, kind: robust}}
    representatives: {detection: mine, finetuned_deep: tuned}
  ytbb:
    type: ytbb
    source: imagenet_vid_ytbb_robust
    metadata: ytbb-robust_metadata
    models: [learned, mine]
    predictions: {mine: ytbb.json}
    representatives: {finetuned: learned}
  by_id: {type: pictures, folder: pictures}
  by_name: {type: pictures, list: pictures/list.csv}
frames:
  recipes: {finetune: {size: 32, epochs: 1, batch_size: 8}}
  models:
    tuned:
      {kind: finetuned, network: {name: small_alexnet, width: 4}, dataset: by_id, targets: vid,
       recipe: finetune}
    learned:
      {kind: finetuned, network: {name: small_alexnet, width: 4}, dataset: by_name,
       targets: ytbb, recipe: finetune}
    untold:
      {kind: finetuned, network: {name: small_alexnet, width: 4}, dataset: by_id, recipe: finetune}
"""


def write_public(project):
    """The archive and what goes with it as public loaders expect them, and pictures to train on."""
    release.write_archive(project)
    (project / "data").mkdir()
    with tarfile.open(project / "data/imagenet_vid_ytbb_robust.tar.gz", "w:gz") as archive:
        archive.add(project / "imagenet_vid_ytbb_robust", "imagenet_vid_ytbb_robust")
    shutil.rmtree(project / "imagenet_vid_ytbb_robust")
    release.write_ytbb_metadata(project / "ytbb-robust_metadata")
    for id_, _ in VID_CLASSES:
        release.write_picture(project / f"pictures/{id_}/1.JPEG", int(id_[1:]))
    rows = [f"{VID_CLASSES[n][0]}/1.JPEG,{name},v{n}" for n, name in enumerate(release.YTBB)]
    release.write(project / "pictures/list.csv", "\n".join(["file,label,video", *rows]))
    (project / "public.yaml").write_text(PUBLIC)


def write_scores(path, frames, classes):
    draw = np.random.default_rng(0)
    release.write(path, {frame: draw.random(classes).round(3).tolist() for frame in frames})


def test_the_archive_as_public_loaders_read_it_gives_all_of_paper_b(tmp_path):
    project = copy_project(tmp_path)
    write_public(project)
    metadata = project / "ytbb-robust_metadata"
    sets = ytbb_sets(metadata, metadata / "pmk_labels.json")
    write_scores(project / "ytbb.json", sets.frames, 1000)
    vid = [release.vid_key(0, n) for n in (9, 10, 11)] + [release.vid_key(29, n) for n in (4, 5)]
    write_scores(project / "vid.json", vid, 30)
    snakemake(project, "-c2", "paper_b", "--configfile", "public.yaml")
    rows = {row["dataset"]: row for row in table(project, "tables/paper_b_table1.csv")}
    assert (rows["vid"]["anchors_accepted"], rows["vid"]["pairs_accepted"]) == ("2", "3")
    assert (rows["ytbb"]["pairs_reviewed"], rows["ytbb"]["pairs_accepted"]) == ("4", "2")
    classes = (project / "results/figures/paper_b_figure7.csv").read_text(encoding="utf-8")
    assert all(name in classes for name in ("airplane", "zebra", "bird"))
    assert "n02691156" not in classes
    kinds = {row["model"]: row["kind"] for row in table(project, "tables/paper_b_table5.csv")}
    assert kinds == {"tuned": "finetuned", "mine": "robust"}
    assert {row["type"] for row in table(project, "tables/paper_b_table2.csv")} == {
        "finetuned", "finetuned_deep", "detection",
    }  # fmt: skip
    again = snakemake(project, "-n", "paper_b", "--configfile", "public.yaml")
    assert planned_jobs(again) == {}
    with open(metadata / "pmk_labels.json", "a", encoding="utf-8") as file:
        file.write("\n")
    edited = snakemake(project, "-n", "results/manifests/ytbb.json", "--configfile", "public.yaml")
    assert planned_jobs(edited) == {"manifest_frames": 1}
    # Its 30 outputs are in the order of WordNet ids, not of the data set's classes.
    untold = "results/predictions/vid/untold/seed0/clean/0/seed0.parquet"
    refused = snakemake(project, "-c1", untold, "--configfile", "public.yaml", check=False)
    assert "untold has learned other classes than vid has, or in another order" in refused.stdout
    assert "train it with targets: vid" in refused.stdout


ONLY_SCORES = """
tables: {roles: {vid: vid, ytbb: null}}
datasets:
  vid: {type: vid, metadata: release/metadata, models: [mine], predictions: {mine: mine.json}}
"""


def test_predictions_alone_make_all_but_what_needs_frames_and_say_so(tmp_path):
    project = copy_project(tmp_path)
    release.write_vid(project / "release")
    shutil.rmtree(project / "release/val")
    sets = vid_sets(project / "release/metadata")
    write_scores(project / "mine.json", sets.frames, 30)
    (project / "mine.yaml").write_text(ONLY_SCORES)
    done = snakemake(project, "-c2", "paper_b", "--configfile", "mine.yaml")
    assert "Not made: paper_b_table10, because no model is trained here." in done.stdout
    assert "Not made: paper_b_figure1, because vid has no frames." in done.stdout
    made = {path.stem for part in ("tables", "figures") for path in
            (project / "results" / part).glob("*.csv")}  # fmt: skip
    assert made == {f"paper_b_{name}" for name in (
        "table1", "table4", "table5", "figure3", "figure5", "figure6", "figure7", "figure9",
    )}  # fmt: skip
    write_scores(project / "mine.json", sets.frames, 1001)
    refused = snakemake(project, "-c2", "paper_b", "--configfile", "mine.yaml", check=False)
    assert "mine.json gives 1001 scores per frame; 30 are right" in refused.stdout
    assert "Traceback" not in refused.stdout


def test_published_weights_are_fetched_by_a_local_rule_that_obeys_the_downloads(tmp_path):
    project = copy_project(tmp_path)
    setting = "datasets={shorts: {models: [squeezenet1_1]}}"
    target = "results/predictions/shorts/squeezenet1_1/seed0/clean/0/seed0.parquet"
    plan = snakemake(project, "-n", target, "--config", setting)
    assert planned_jobs(plan)["fetch_weights"] == 1
    fetched = ("results/weights/published/squeezenet1_1.json", "--config", setting)
    done = snakemake(project, "-c1", *fetched, "downloads={folder: elsewhere}", check=False)
    assert done.returncode == 1
    assert "There is no elsewhere/checkpoints/squeezenet1_1-b8a52dc0.pth" in done.stdout
    assert "Traceback" not in done.stdout


@pytest.mark.skipif(not SHARED.is_dir(), reason="needs the official metadata")
def test_predictions_on_the_released_data_give_the_printed_row(tmp_path):
    """Answers with ResNet-50's 749 and 582 right anchors of 1,109, from a file to the table."""
    project = copy_project(tmp_path)
    path = SHARED / "vid_robust"
    (project / "vid.yaml").write_text(RELEASE.format(path=path))
    sets = vid_sets(path / "metadata")
    labels = {frame: sets.labels[frame] for frame in range(len(sets.frames))}
    spoiled = set(sets.anchors[: 1109 - 749])
    with_neighbours = [a for a in range(1109 - 749, 1109) if (sets.rows[:, 0] == a).sum() > 1]
    for anchor in with_neighbours[: 749 - 582]:
        spoiled.add(sets.rows[sets.rows[:, 0] == anchor][-1, 1])
    scores = {
        key: [float((index in labels[frame]) != (frame in spoiled)) for index in range(30)]
        for frame, key in enumerate(sets.frames)
    }
    (project / "resnet50.json").write_text(json.dumps(scores))
    targets = ("results/comparison/paper_b_table5.csv", "--configfile", "vid.yaml")
    snakemake(project, "-c2", *targets)
    rows = [r for r in table(project, "comparison/paper_b_table5.csv") if r["row"] == "resnet50"]
    assert {row["column"]: row["verdict"] for row in rows} == dict.fromkeys(
        ("original", "original_ci_low", "original_ci_high", "perturbed", "perturbed_ci_low",
         "perturbed_ci_high", "drop"), "equal",
    )  # fmt: skip
    text = (project / "results/tables/paper_b_table5.md").read_text(encoding="utf-8")
    assert "generated" not in text
