"""What a plan expects: work, shares of changed clips, measured and reference rates."""

import csv
import re

import numpy as np
import pytest
import yaml
from snakemake.utils import update_config
from test_config import SHIPPED

from framefault.config import CORRUPTIONS, validated
from framefault.corruption.flips import flip_bits
from framefault.costs import (
    RATES,
    changed,
    clips_of,
    parameters,
    rates,
    teraflop,
    usage,
    work,
)
from framefault.errors import UserError
from framefault.paper_a import EXAMPLES
from framefault.seeds import rng
from workflow_tools import ROOT

CLEAN = {"dataset": "motion", "split": "test", "corruption": "none", "level": "0"}


@pytest.fixture
def config(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # no manifest
    return validated(SHIPPED)


def test_operations_and_parameters_are_those_of_r3d18():
    assert parameters(18, 1) == 33_230_067
    assert 0.016 < teraflop(18, 1, 16, 112) < 0.017
    assert teraflop(18, 1, 32, 112) == pytest.approx(2 * teraflop(18, 1, 16, 112), rel=0.01)


@pytest.mark.parametrize("level", ["1e-4", "1e-5", "1e-6"])
def test_expected_share_of_changed_clips_is_what_flips_change(level):
    data = bytes(4000)
    draws = [flip_bits(data, float(level), rng("costs", level, n))[0] != data for n in range(400)]
    expected = changed("random", level, len(data))
    assert np.mean(draws) == pytest.approx(expected, abs=4 * (expected / 400) ** 0.5)


def test_work_follows_the_amount_of_video(config):
    units, size = work("decode", CLEAN, config)
    assert units == pytest.approx(200 * 32 * 160 * 120 / 1e6)
    assert size == 200 * 32 * 48 * 48 * 3
    half, _ = work("decode", CLEAN | {"corruption": "random", "level": "1e-8"}, config)
    assert half < units / 50
    config["datasets"]["motion"]["shards"]["test"] = 4
    assert work("decode", CLEAN, config)[0] == units / 4


def test_adversarial_training_costs_twice_a_plain_one(config):
    model = {"dataset": "motion", "defense": "none", "seed": "0"}
    plain, adversarial = (work(stage, model, config)[0] for stage in ("train_none", "train_at"))
    assert adversarial == 2 * plain


def test_clips_come_from_the_manifest_where_it_was_made(config, tmp_path):
    (tmp_path / "results/manifests").mkdir(parents=True)
    (tmp_path / "results/manifests/motion.csv").write_text(
        "id,split,frames,bytes,width,height\na,test,10,100,64,48\nb,test,30,300,64,48\nc,train,1,1,2,2\n"
    )
    clips = clips_of(config["datasets"]["motion"], "motion", "test")
    assert (clips.count, clips.frames, clips.bytes, clips.width, clips.height) == (
        2,
        20,
        200,
        64,
        48,
    )


def test_unknown_amount_of_video_is_one_sentence(config):
    with pytest.raises(UserError, match=r"make results/manifests/x\.csv first"):
        clips_of({"type": "folder", "expected": None}, "x", "test")


def test_earlier_jobs_replace_the_reference(config, tmp_path):
    log = tmp_path / "decode.log"
    log.write_text("12:00 something\n12:01 usage: 50.00 s, 24.58 CPU s, 300 MB\n")
    assert usage(log) == (50.0, 24.58)
    assert usage(tmp_path / "absent.log") is None
    found = rates([("decode", CLEAN, log, "results/x.frames")], config)["decode"]
    assert found.cpu == pytest.approx(24.58 / work("decode", CLEAN, config)[0])
    assert found.basis == "1 earlier jobs"


def test_training_on_a_cpu_says_nothing_about_a_gpu(config, tmp_path):
    log = tmp_path / "train.log"
    log.write_text("usage: 50.00 s, 99.00 CPU s, 300 MB\n")
    jobs = [("train_none", {"dataset": "motion", "defense": "none"}, log, "results/w.safetensors")]
    assert rates(jobs, config)["train_none"].basis == "1 earlier jobs"
    config["compute"]["gpus"] = 1
    assert "estimate" in rates(jobs, config)["train_none"].basis


# Paper B ----------------------------------------------------------------------------------------


@pytest.fixture
def paper(tmp_path, monkeypatch):
    """The papers' scale, with none of its data; the registry is read from where it lies."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config").symlink_to(ROOT / "config")
    settings = yaml.safe_load((ROOT / "config/config.yaml").read_text())
    update_config(settings, yaml.safe_load((ROOT / "config/paper.yaml").read_text()))
    return settings


def test_cached_frames_of_paper_b_take_three_bytes_a_pixel(paper):
    cache = {"dataset": "vid", "resize": "256", "size": "224"}
    assert work("time_frames", cache, paper) == (22_179 * 1280 * 720 / 1e6, 22_179 * 224**2 * 3)
    assert work("time_frames", cache | {"size": "331"}, paper)[1] == 22_179 * 331**2 * 3


@pytest.mark.parametrize(
    ("model", "gigaflop"),
    [("resnet50", 8.2), ("alexnet", 1.43), ("resnet152_finetuned", 23.0), ("nasnetalarge", 47.8)],
)
def test_predictions_cost_what_their_network_computes(paper, model, gigaflop):
    units, size = work("time_predict", {"dataset": "vid", "model": model}, paper)
    assert units == pytest.approx(22_179 * gigaflop / 1000, rel=0.02)
    assert size == 22_179 * 1000 * 4


def test_training_of_paper_b_counts_pictures_epochs_and_passes(paper, tmp_path):
    units, size = work("time_train_plain", {"model": "resnet50_finetuned"}, paper)
    assert units == pytest.approx(3 * 10 * 1_181_113 * 8.18e-3, rel=0.01)
    assert size == pytest.approx(12 * 25.6e6, rel=0.01)
    listed = tmp_path / "data/imagenet_vid/train.csv"
    listed.parent.mkdir(parents=True)
    listed.write_text("file,label\n" + "a.jpg,bear\n" * 500)
    fewer, _ = work("time_train_plain", {"model": "resnet50_finetuned"}, paper)
    assert fewer == pytest.approx(units * 500 / 1_181_113)
    listed.unlink()
    paper["time"]["train"]["resnet50_finetuned"]["expected_images"] = None
    with pytest.raises(UserError, match="give time.train.resnet50_finetuned.expected_images"):
        work("time_train_plain", {"model": "resnet50_finetuned"}, paper)


def test_attacks_of_paper_b_cost_further_passes(paper):
    plain, linf = (
        work(f"time_train_{family}", {"model": model}, paper)[0]
        for family, model in (("plain", "resnet_small"), ("linf", "resnet_small_linf"))
    )
    assert linf == plain * (1 + paper["time"]["train"]["resnet_small_linf"]["linf"]["steps"])
    fine, _ = work("time_train_plain", {"model": "resnet_small_finetuned"}, paper)
    assert fine == pytest.approx(plain * (8 * 192 * 28 / 4) / (14 * 2400))


def test_frames_of_paper_b_are_counted_where_sets_were_made(paper, tmp_path):
    cache = {"dataset": "vid", "resize": "256", "size": "224"}
    (tmp_path / "results/time/vid").mkdir(parents=True)
    (tmp_path / "results/time/vid/sets.json").write_text('{"frames": ["a/1.jpg", "a/2.jpg"]}')
    assert work("time_frames", cache, paper)[1] == 2 * 224**2 * 3
    made = {"dataset": "scenes", "resize": "54", "size": "48"}
    assert work("time_frames", made, paper)[1] == 320 * 21 * 48**2 * 3
    del paper["time"]["datasets"]["ytbb"]["expect"]
    with pytest.raises(UserError, match=r"give time\.datasets\.ytbb\.expect"):
        work("time_predict", {"dataset": "ytbb", "model": "resnet50"}, paper)


def test_prediction_on_a_cpu_says_nothing_about_a_gpu_in_paper_b_either(paper, tmp_path):
    log = tmp_path / "predict.log"
    log.write_text("usage: 50.00 s, 99.00 CPU s, 300 MB\n")
    jobs = [("time_predict", {"dataset": "vid", "model": "resnet50"}, log, "results/l.npy")]
    assert "estimate" in rates(jobs, paper)["time_predict"].basis
    paper["compute"]["gpus"] = 0
    assert rates(jobs, paper)["time_predict"].basis == "1 earlier jobs"


def stages():
    """What the rules ask for by fingerprint("..."), those of a loop spelled out."""
    rules = "".join(path.read_text() for path in (ROOT / "rules").glob("*.smk"))
    named = set(re.findall(r'fingerprint\("(\w+)"\)', rules))
    corruptions = {f"corrupt_{each}" for each in CORRUPTIONS}
    figures = {script for script, _ in EXAMPLES.values()}
    trainings = {"train_none", "train_at", "train_bat"}
    trainings |= {f"time_train_{family}" for family in ("plain", "noise", "linf")}
    return named | corruptions | figures | trainings


def test_every_stage_has_a_reference_rate():
    with open(RATES, encoding="utf-8", newline="") as file:
        assert {row["stage"] for row in csv.DictReader(file)} == stages()
