"""Dry-runs: every configuration, every profile, and what a wrong configuration says."""

import re
import shutil
import subprocess
import sys

import numpy as np
import pytest

from videos import encode_frames
from workflow_tools import ROOT, copy_project, planned_jobs, snakemake

# Of each defence but the oracles.
TRAININGS = {"config.yaml": 3, "protections.yaml": 3, "paper.yaml": 1}
CONFIGS = sorted(
    path.name for path in (ROOT / "config").glob("*.yaml") if path.stem not in ("schema", "sources")
)
PROFILES = sorted(path.name for path in (ROOT / "profiles").iterdir())


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    return copy_project(tmp_path_factory.mktemp("plans"))


@pytest.mark.parametrize("config", CONFIGS)
@pytest.mark.parametrize("profile", PROFILES)
def test_every_profile_plans_every_configuration(project, config, profile):
    done = snakemake(
        project, "-n", "-p", "results/tables/table1.csv",
        "--profile", f"profiles/{profile}", "--configfile", f"config/{config}",
    )  # fmt: skip
    jobs = planned_jobs(done)
    trainings = TRAININGS[config]
    assert jobs["train_recognition_bat"] == 3 * trainings + 14
    assert jobs["train_recognition_at"] == trainings
    assert jobs["predict_recognition"] == jobs["score_recognition"] == 5 * 15 * trainings + 14
    assert 200 < sum(jobs.values()) < 2000


def test_a_level_may_be_spelled_as_numbers_are(project):
    done = snakemake(
        project, "-n", "-p", "results/tables/table1.csv",
        "--config", "evaluate={random: [3E-5, +1.5e-5, 0.00002]}",
    )  # fmt: skip
    for level in ("3E-5", "+1.5e-5", "0.00002"):
        assert f"/random/{level}/" in done.stdout


def test_a_folder_that_cannot_be_written_to_is_one_sentence(tmp_path):
    copy_project(tmp_path)
    mount = 'mount --bind . . && mount -o remount,ro,bind . && cd "$PWD" && "$@"'
    alone = ["unshare", "--mount", "sh", "-c", mount]
    if subprocess.run([*alone, "-", "true"], cwd=tmp_path, capture_output=True).returncode:
        pytest.skip("file systems cannot be mounted here")
    done = subprocess.run(
        [*alone, "-", sys.executable, "-m", "snakemake", "-n"], cwd=tmp_path,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    assert done.returncode == 1
    assert "(Read-only file system), where even a plan keeps its notes; name" in done.stdout
    assert "Traceback" not in done.stdout


def test_profile_slurm_needs_no_path_and_tells_how_many_jobs_the_cluster_gets(project):
    done = snakemake(project, "-n", "results/tables/table1.csv", "--profile", "slurm")
    assert planned_jobs(done)["import_weights"] == 1
    (number,) = re.findall(r"These are (\d+) jobs of the cluster", done.stdout)
    assert 25 <= int(number) <= 35


def test_profile_slurm_has_a_gpu_partition_for_every_rule_that_asks_for_gpus(project):
    """The embedded default, given GPUs, trains in all ways that there are."""
    done = snakemake(
        project, "-n", "-p", "all", "--profile", "slurm",
        "--configfile", "config/config.yaml", "--config", "compute={gpus: 1}",
    )  # fmt: skip
    line = re.compile(r"^ *(?:(?:local)?rule (\w+):|resources: (.*))$", re.MULTILINE)
    partitions, rule = {}, None
    for name, resources in line.findall(done.stdout):
        rule = name or rule
        if "gpu=1" in resources:
            partitions.setdefault(rule, re.findall(r"slurm_partition=(\w+)", resources))
    assert partitions == {
        rule: ["gpu"]
        for rule in (
            "train_recognition_none", "train_recognition_at", "train_recognition_bat",
            "predict_recognition", "train_frames_plain", "train_frames_noise", "train_frames_linf",
            "predict_frames", "train_detection_plain", "predict_detection",
            "train_tracking_fairmot", "predict_tracking",
        )
    }  # fmt: skip


def plan(project, *arguments):
    return subprocess.run(
        [sys.executable, "scripts/plan.py", *arguments],
        cwd=project, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
    )  # fmt: skip


def test_plan_of_the_papers_scale_suits_a_scheduler(project):
    done = plan(project, "results/tables/table1.csv", "--configfile", "config/paper.yaml")
    assert done.returncode == 0, done.stdout
    assert re.search(
        r"^train_recognition_bat +17 +17 .* 1 GPU .* reference: NVIDIA H200",
        done.stdout,
        re.MULTILINE,
    )
    # Snakemake fills groups in no fixed order, so the last may hold small predictions only.
    (short,) = re.findall(r"; (\d+) of \d+ less than 2\.", done.stdout)
    assert int(short) <= 1
    (share,) = re.findall(r"own share of the CPU time: ([0-9.]+)%", done.stdout)
    assert float(share) < 3
    kept, stays = map(float, re.findall(r"(\d+) GB (?:with all|stay)", done.stdout))
    assert stays < kept / 5


def test_plan_of_paper_b_suits_a_scheduler(project):
    done = plan(project, "paper_b", "--configfile", "config/paper.yaml")
    assert done.returncode == 0, done.stdout
    stages = {line.split()[0]: line for line in done.stdout.splitlines() if "_frames" in line}
    # 75 predictions of models from elsewhere, and 29 of models that are trained first, beside those
    # of two detectors.
    assert re.match(r"predict_frames +104 +1[12] .* 1 GPU .* NVIDIA H200", stages["predict_frames"])
    assert re.match(r"train_frames_plain +15 +15 .* 1 GPU", stages["train_frames_plain"])
    assert re.match(r"train_frames_noise +8 +8 .* 1 GPU", stages["train_frames_noise"])
    assert re.search(r"^fetch_weights +\d+ +here", done.stdout, re.MULTILINE)
    # Only what is left over when ten predictions share a job.
    (short,) = re.findall(r"; (\d+) of \d+ less than 2\.", done.stdout)
    assert int(short) <= 2
    (longest,) = re.findall(r"to (\d+) minutes;", done.stdout)
    assert int(longest) < 1440  # what trainings ask for
    (share,) = re.findall(r"own share of the CPU time: ([0-9.]+)%", done.stdout)
    assert float(share) < 3
    gigabytes = {stage: float(re.split("  +", line)[6]) for stage, line in stages.items()}
    frames = {"vid": 22_179, "ytbb": 38_857}
    pixels = 224**2 + 299**2 + 331**2
    assert gigabytes["decode_frames"] == pytest.approx(
        3e-9 * sum(frames.values()) * pixels, rel=0.02
    )
    logits = 45 * frames["vid"] + 59 * frames["ytbb"]  # predictions per data set
    assert gigabytes["predict_frames"] == pytest.approx(4e-9 * 1000 * logits, rel=0.05)
    assert "once per\nmodel: 6 caches for 104 predictions" in done.stdout
    assert "keep_decoded" not in done.stdout


def test_plan_of_both_papers(project):
    done = plan(project, "all", "--configfile", "config/paper.yaml")
    assert done.returncode == 0, done.stdout
    assert {"predict_recognition", "predict_frames"} <= set(
        re.findall(r"^\w+", done.stdout, re.MULTILINE)
    )
    assert "keep_decoded" in done.stdout
    assert "6 caches" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["results/nothing.csv"], "No rule to produce results/nothing.csv"),
        (["all", "--configfile", "no.yaml"], "no.yaml"),
        (["all", "--configfile", "bad.yaml"], "framefault: bad.yaml, line 2: "),
    ],
)
def test_plan_of_what_cannot_be_planned_is_one_sentence(project, arguments, message):
    (project / "bad.yaml").write_text("a: [1, 2\nb: 3\n")
    done = plan(project, *arguments)
    assert done.returncode == 1
    assert message in done.stdout
    assert "Traceback" not in done.stdout


@pytest.mark.parametrize("config", CONFIGS)
def test_all_of_paper_a_is_planned(project, config):
    jobs = planned_jobs(snakemake(project, "-n", "paper_a", "--configfile", f"config/{config}"))
    trainings = TRAININGS[config]
    assert jobs["train_recognition_at"] == 3 * trainings
    assert jobs["train_recognition_bat"] == 3 * trainings + 20
    # Tables 1 and 2; oracles of Table 3; the other contiguous conditions and clean ones of Table 4.
    # UCF101 is in Figure 3 only: the undefended model under packet loss, flips and none.
    assert jobs["train_recognition_none"] == trainings + 1
    in_figures = 15 if config == "paper.yaml" else 0
    of_defences = 5 * 15 + 5 * 6 + 2 * 21
    assert jobs["score_recognition"] == of_defences * trainings + 14 + 6 + in_figures
    assert jobs["score_odin"] == jobs["score_energy"] == 21 * trainings
    assert jobs["score_checksum"] == jobs["predict_checksum"] == 15
    assert sum(jobs[name] for name in jobs if name.startswith("figure_")) == 9
    assert sum(jobs.values()) < 2000


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("sedes=[0]", "unknown key 'sedes'"),
        (
            "recognition={network: {depth: 12}}",
            "recognition.network.depth is 12, but must be one of 10, 18, 34, 50",
        ),
        (
            "recognition={bat: {probability: 2}}",
            "recognition.bat.probability is 2, but must be at most 1",
        ),
        ("tables={datasets: [other]}", "tables.datasets names 'other'"),
    ],
)
def test_wrong_configuration_is_one_sentence_before_anything_runs(project, setting, message):
    done = snakemake(project, "-n", "--config", setting, check=False)
    assert done.returncode != 0
    assert message in done.stdout
    assert not list((project / "results").glob("[!.]*"))


def test_a_key_that_is_twice_in_a_file_is_an_error(project):
    (project / "twice.yaml").write_text("seeds: {training: [0]}\nseeds: {training: [1]}\n")
    done = snakemake(project, "-n", "--configfile", "twice.yaml", check=False)
    assert done.returncode == 1
    assert "twice.yaml, line 2: the key 'seeds' is there already, in line 1" in done.stdout


@pytest.mark.parametrize("target", ["tabel1", "results/tables/tabel1.csv"])
def test_a_mistyped_target_says_what_was_probably_meant(project, target):
    done = snakemake(project, "-n", target, check=False)
    assert done.returncode == 1
    sentence = f"No rule to produce {target}. Did you mean results/tables/table1.csv?"
    assert done.stdout.rstrip().endswith(sentence)


def test_missing_folder_of_videos_is_named_before_anything_runs(project, tmp_path):
    config = tmp_path / "mine.yaml"
    config.write_text(
        "datasets: {mine: {type: folder, path: no/such/place, split: {by: ratio, test: 0.5}}}\n"
    )
    target = ("results/manifests/mine.csv", "--configfile", str(config))
    said = "There is no no/such/place, the folder of videos of data set mine; put it there or"
    plan = snakemake(project, "-n", *target)
    assert planned_jobs(plan) == {"manifest_recognition": 1}
    assert plan.stdout.count(said) == 1
    done = snakemake(project, "-c1", *target, check=False)
    assert done.returncode != 0
    assert done.stdout.count(said) == 1
    assert "Traceback" not in done.stdout
    assert not (project / "results/logs/manifest_recognition").exists()


def test_all_that_a_target_misses_is_named_at_once_and_nothing_is_submitted(
    project, tmp_path, monkeypatch
):
    # Without SLURM's commands: where they are installed, a run waits until SLURM has answered.
    for name in ("bash", "sh", "which"):
        (tmp_path / name).symlink_to(shutil.which(name))
    monkeypatch.setenv("PATH", str(tmp_path))
    mine = ("--configfile", "config/paper.yaml", "--config", "downloads={allow: false}")
    target = ("results/tables/table1.csv", *mine)
    lacking = [
        "There is no data/hmdb51_org.rar; get that file from https://serre.lab.brown.edu",
        "There is no data/test_train_splits.rar; get that file from https://serre.lab.brown.edu",
        "There is no data/r3d18_KM_200ep.pth, the weight file of data set hmdb51; put it there or",
    ]
    plan = snakemake(project, "-n", *target).stdout
    run = snakemake(project, *target, "--profile", "slurm", check=False)
    assert run.returncode == 1
    for said in (plan, run.stdout):
        assert [said.count(sentence) for sentence in lacking] == [1, 1, 1]
        assert said.count("There is no ") == len(lacking)
    assert "`make plan TARGET=results/tables/table1.csv CONFIG=config/paper.yaml` tells" in plan
    assert not (project / "results/logs/slurm").exists()


def test_broken_video_is_named_with_what_to_do(project, tmp_path):
    for label in ("a", "b"):
        (tmp_path / "videos" / label).mkdir(parents=True)
        for name in ("x.mp4", "y.mp4"):
            (tmp_path / "videos" / label / name).write_bytes(b"not a video")
    config = tmp_path / "mine.yaml"
    config.write_text(
        f"datasets: {{mine: {{type: folder, path: {tmp_path / 'videos'},"
        " split: {by: pattern, test: y}}}\n"
    )
    target = ("results/manifests/mine.csv", "--configfile", str(config))
    done = snakemake(project, "-c1", *target, check=False)
    assert "4 of 4 videos" in done.stdout
    pasted = '["a/x.mp4", "a/y.mp4", "b/x.mp4", "b/y.mp4"]'
    assert f"datasets.mine: exclude: {pasted}" in done.stdout


def test_codec_that_packet_loss_cannot_take_is_named_before_anything_is_encoded(project, tmp_path):
    frames = np.zeros((3, 32, 48, 3), np.uint8)
    (tmp_path / "videos/a").mkdir(parents=True)
    for name in ("x.avi", "y.avi"):
        data = encode_frames(frames, 25, "mjpeg", {"pix_fmt": "yuvj420p"}, "avi")
        (tmp_path / "videos/a" / name).write_bytes(data)
    config = tmp_path / "mine.yaml"

    def asked(container, levels):
        config.write_text(
            f"datasets: {{mine: {{type: folder, path: {tmp_path / 'videos'}, recipe: scratch,"
            f" split: {{by: pattern, test: y}}, container: {container}}}}}\n"
            f"evaluate: {{packet_loss: {levels}}}\n"
            f"recognition: {{bat: {{levels: {{packet_loss: {levels}}}}}}}\n"
        )
        target = ("results/manifests/mine.csv", "--configfile", str(config))
        return snakemake(project, "-c1", *target, check=False)

    done = asked("original", "[0.1]")
    said = "have a codec that packet loss cannot take: a/x.avi (mjpeg), a/y.avi (mjpeg); set"
    assert done.returncode != 0 and said in done.stdout
    assert asked("original", "[]").returncode == 0
    assert "Nothing to be done" in asked("original", "[0.1]").stdout  # it decides errors only
    (project / "results/manifests/mine.csv").unlink()
    assert asked("mp4", "[0.1]").returncode == 0
