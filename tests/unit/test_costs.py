"""What a plan expects: work, shares of changed clips, measured and reference rates."""

import json
import re
import subprocess
import sys
from copy import deepcopy

import numpy as np
import pytest
import yaml
from snakemake.utils import update_config
from test_config import CONFIG, SHIPPED

from framefault.corruption.random import flip_bits
from framefault.data.extent import changed, clips_of
from framefault.errors import UserError
from framefault.seeds import rng
from framefault.tabular import read_csv
from framefault.tasks.recognition.costs import counted
from framefault.workflow.config import validated
from framefault.workflow.costs import cost, estimated, rates, usage, work
from workflow_tools import ROOT, copy_project

CLEAN = {"dataset": "motion", "split": "test", "corruption": "clean", "level": "0", "seed": "0"}


@pytest.fixture
def config(tmp_path, monkeypatch):
    settings = validated(SHIPPED)
    monkeypatch.chdir(tmp_path)  # no manifest
    return settings


def test_operations_and_parameters_are_those_of_r3d18():
    r3d18 = {"name": "r3d", "depth": 18, "width": 1, "frames": 16, "size": 112}
    assert counted(r3d18)[1] == 33_230_067
    assert 0.016 < counted(r3d18)[0] < 0.017
    longer, _ = counted(r3d18 | {"frames": 32})
    assert longer == pytest.approx(2 * counted(r3d18)[0], rel=0.01)


@pytest.mark.parametrize("level", ["1e-4", "1e-5", "1e-6"])
def test_expected_share_of_changed_clips_is_what_flips_change(level):
    data = bytes(4000)
    draws = [flip_bits(data, float(level), rng("costs", level, n))[0] != data for n in range(400)]
    expected = changed({"corruption": "random", "level": level}, len(data))
    assert np.mean(draws) == pytest.approx(expected, abs=4 * (expected / 400) ** 0.5)


@pytest.mark.parametrize(
    ("corruption", "level", "size", "expected"),
    [
        ("clean", "0", 4000, 1),
        ("contiguous", "0.01", 4000, 1),
        ("packet_loss", "0.1", 14_000, 1 - 0.9**10),
        ("packet_loss", "0.1", 10, 0.1),  # one packet
    ],
)
def test_every_clip_is_changed_or_loses_one_of_its_packets(corruption, level, size, expected):
    condition = {"corruption": corruption, "level": level}
    assert changed(condition, size) == pytest.approx(expected)


def test_work_follows_the_amount_of_video(config):
    units, size = work("decode", CLEAN, config)
    assert units == pytest.approx(200 * 64 * 160 * 120 / 1e6)
    assert size == 200 * 64 * 48 * 48 * 3 / 2
    half, _ = work("decode", CLEAN | {"corruption": "random", "level": "1e-8"}, config)
    assert half < units / 50
    config["datasets"]["motion"]["shards"]["test"] = 4
    assert work("decode", CLEAN, config)[0] == units / 4


def test_training_clips_are_cached_with_room_for_crops(config):
    _, size = work("decode", CLEAN | {"split": "train"}, config)
    assert size == 240 * 64 * 85 * 64 * 3 / 2


def test_adversarial_training_costs_twice_a_plain_one(config):
    model = {"dataset": "motion", "model": "none", "training": "0"}
    plain, bat, adversarial = (
        work(f"train_recognition_{family}", model, config)[0] for family in ("none", "bat", "at")
    )
    assert adversarial == 2 * plain
    assert bat == plain
    config["recognition"]["recipes"]["finetune"]["validate_on"] = "test"
    validating = work("train_recognition_none", model, config)[0]
    assert validating / plain == pytest.approx((3 * 240 + 3 * 200) / (3 * 240))


def test_prediction_computes_every_segment_of_the_clips_that_changed(config):
    clean = {"dataset": "motion", "model": "none"} | CLEAN
    units, _ = work("predict_recognition", clean, config)
    assert units == pytest.approx(200 * 4 * counted(config["recognition"]["network"])[0])
    harmless = clean | {"corruption": "random", "level": "1e-8"}
    assert work("predict_recognition", harmless, config)[0] < units / 50


def test_reencoding_takes_time_and_the_publishers_bytes_none(config):
    assert work("encode", CLEAN, config)[0] == 0
    config["datasets"]["motion"]["container"] = "mp4"
    assert work("encode", CLEAN, config)[0] == pytest.approx(200 * 64 * 160 * 120 / 1e6)


def test_stages_that_cost_next_to_nothing_count_jobs(config):
    for stage in ("table_paper_a", "score_recognition", "generate_scenes", "claims_paper_a"):
        assert work(stage, {}, config)[0] == 1


def test_clips_come_from_the_manifest_where_it_was_made(config, tmp_path):
    (tmp_path / "results/manifests").mkdir(parents=True)
    (tmp_path / "results/manifests/motion.csv").write_text(
        "id,path,label,split,sha256,frames,bytes,width,height\n"
        "a,a,a,test,0,10,100,64,48\nb,b,b,test,0,30,300,64,48\nc,c,c,train,0,1,1,2,2\n"
    )
    clips = clips_of({"dataset": "motion"}, config, "test")
    found = (clips.count, clips.frames, clips.bytes, clips.width, clips.height)
    assert found == (2, 20, 200, 64, 48)


def test_frames_of_any_size_are_padded_for_a_tracker(config):
    tracked = CLEAN | {"dataset": "crowd", "model": config["datasets"]["crowd"]["tracker"]}
    as_it_is = work("predict_tracking", tracked, config)[0]
    config["datasets"]["crowd"]["height"] = 128  # 108, padded to a multiple of 32
    assert 0 < as_it_is == work("predict_tracking", tracked, config)[0]


def test_seconds_of_jobs_are_told_to_who_asks(config):
    jobs = [["decode", CLEAN, 1], ["decode", CLEAN, 2], ["train_recognition_none", {}, 1]]
    jobs[2][1] = {"dataset": "motion", "model": "none", "training": "0"}
    done = subprocess.run(
        [sys.executable, ROOT / "scripts/run.py", "expected"],
        input=json.dumps({"config": config, "jobs": jobs}), capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    one, two, training = json.loads(done.stdout)
    assert 4 < two < one < training


def test_unknown_amount_of_video_is_one_sentence(config):
    config["datasets"]["x"] = {"type": "folder", "expected": None}
    said = r"make results/manifests/x\.csv first, or give datasets\.x\.expected"
    with pytest.raises(UserError, match=said):
        clips_of({"dataset": "x"}, config, "test")


def test_earlier_jobs_replace_the_reference(config, tmp_path):
    log = tmp_path / "decode.log"
    log.write_text("12:00 something\n12:01 usage: 50.00 s, 24.58 CPU s, 300 MB\n")
    assert usage(log) == (50.0, 24.58)
    assert usage(tmp_path / "absent.log") is None
    found = rates([("decode", CLEAN, log, "results/x.frames")], config)["decode"]
    assert found.cpu == pytest.approx(24.58 / work("decode", CLEAN, config)[0])
    assert found.basis == "1 earlier jobs"


@pytest.mark.parametrize(
    "text", ["", "\n", "usage: 5 s\n", "usage: 5.0 s, 4.0 CPU s, 3 MB\nmore\n"]
)
def test_log_of_an_unfinished_job_says_nothing(config, tmp_path, text):
    log = tmp_path / "decode.log"
    log.write_text(text)
    assert usage(log) is None
    found = rates([("decode", CLEAN, log, "results/x.frames")], config)["decode"]
    assert found.basis == "reference: clips of 320x240"


TRAINING = {"dataset": "motion", "model": "none", "training": "0"}


def test_training_on_a_cpu_says_nothing_about_a_gpu(config, tmp_path):
    log = tmp_path / "train.log"
    log.write_text("usage: 50.00 s, 99.00 CPU s, 300 MB\n")
    jobs = [("train_recognition_none", TRAINING, log, "results/w.safetensors")]
    assert rates(jobs, config)["train_recognition_none"].basis == "1 earlier jobs"
    config["compute"]["gpus"] = 1
    assert rates(jobs, config)["train_recognition_none"].basis == "reference: NVIDIA H200"


def test_checksums_are_measured_on_a_cpu_whatever_gpus_there_are(config, tmp_path):
    log = tmp_path / "predict.log"
    log.write_text("usage: 50.00 s, 3.00 CPU s, 300 MB\n")
    config["compute"]["gpus"] = 1
    wildcards = CLEAN | {"model": "checksum"}
    found = rates([("predict_checksum", wildcards, log, "results/l.parquet")], config)
    assert found["predict_checksum"].basis == "1 earlier jobs"
    assert found["predict_checksum"].gpu == 0


# Paper B ----------------------------------------------------------------------------------------

CACHE = {"dataset": "vid", "split": "test", "resize": "256", "size": "224"}
FINETUNING = {"dataset": "imagenet_vid", "model": "resnet50_finetuned", "training": "0"}


@pytest.fixture
def paper(tmp_path, monkeypatch):
    """The papers' scale, with none of its data; the registry is read from where it lies."""
    settings = deepcopy(SHIPPED)
    update_config(settings, yaml.safe_load(CONFIG.with_name("paper.yaml").read_text("utf-8")))
    settings = validated(settings)
    (tmp_path / "config").symlink_to(ROOT / "config")
    monkeypatch.chdir(tmp_path)
    return settings


def test_cached_frames_of_paper_b_take_three_bytes_a_pixel(paper):
    assert work("decode_frames", CACHE, paper) == (22_179 * 1280 * 720 / 1e6, 22_179 * 224**2 * 3)
    assert work("decode_frames", CACHE | {"size": "331"}, paper)[1] == 22_179 * 331**2 * 3


@pytest.mark.parametrize(
    ("model", "gigaflop"),
    [("resnet50", 8.2), ("alexnet", 1.43), ("resnet152_finetuned", 23.0), ("nasnetalarge", 47.8)],
)
def test_predictions_cost_what_their_network_computes(paper, model, gigaflop):
    units, size = work("predict_frames", {"dataset": "vid", "model": model}, paper)
    assert units == pytest.approx(22_179 * gigaflop / 1000, rel=0.02)
    assert size == 22_179 * 1000 * 4


def test_training_of_paper_b_counts_pictures_epochs_and_passes(paper, tmp_path):
    units, size = work("train_frames_plain", FINETUNING, paper)
    assert units == pytest.approx(3 * 10 * 1_181_113 * 8.18e-3, rel=0.01)
    assert size == pytest.approx(12 * 25.6e6, rel=0.01)
    listed = tmp_path / "data/imagenet_vid/train.csv"
    listed.parent.mkdir(parents=True)
    listed.write_text("file,label\n" + "a.jpg,bear\n" * 500)
    fewer, _ = work("train_frames_plain", FINETUNING, paper)
    assert fewer == pytest.approx(units * 500 / 1_181_113)
    listed.unlink()
    paper["datasets"]["imagenet_vid"]["expected"] = None
    with pytest.raises(UserError, match=r"give datasets\.imagenet_vid\.expected"):
        work("train_frames_plain", FINETUNING, paper)


def test_attacks_of_paper_b_cost_further_passes(paper):
    plain, linf = (
        work(f"train_frames_{family}", {"model": model, "dataset": "stills"}, paper)[0]
        for family, model in (("plain", "resnet_small"), ("linf", "resnet_small_linf"))
    )
    assert linf == plain * (1 + paper["frames"]["models"]["resnet_small_linf"]["linf"]["steps"])
    wildcards = {"model": "resnet_small_finetuned", "dataset": "scenes"}
    fine, _ = work("train_frames_plain", wildcards, paper)
    assert fine == pytest.approx(plain * (8 * 192 * 28 / 4) / (14 * 2400))


def test_frames_of_paper_b_are_counted_where_sets_were_made(paper, tmp_path):
    (tmp_path / "results/manifests").mkdir(parents=True)
    (tmp_path / "results/manifests/vid.json").write_text('{"frames": ["a/1.jpg", "a/2.jpg"]}')
    assert work("decode_frames", CACHE, paper)[1] == 2 * 224**2 * 3
    made = {"dataset": "scenes", "split": "test", "resize": "54", "size": "48"}
    assert work("decode_frames", made, paper) == (320 * 21 * 96 * 72 / 1e6, 320 * 21 * 48**2 * 3)
    del paper["datasets"]["ytbb"]["expect"]["pairs"]
    said = r"make results/manifests/ytbb\.json first, or give datasets\.ytbb\.expect"
    with pytest.raises(UserError, match=said):
        work("predict_frames", {"dataset": "ytbb", "model": "resnet50"}, paper)


def test_prediction_on_a_cpu_says_nothing_about_a_gpu_in_paper_b_either(paper, tmp_path):
    log = tmp_path / "predict.log"
    log.write_text("usage: 50.00 s, 99.00 CPU s, 300 MB\n")
    jobs = [("predict_frames", {"dataset": "vid", "model": "resnet50"}, log, "results/l.parquet")]
    assert rates(jobs, paper)["predict_frames"].basis == "reference: NVIDIA H200"
    paper["compute"]["gpus"] = 0
    assert rates(jobs, paper)["predict_frames"].basis == "1 earlier jobs"


@pytest.mark.parametrize(("dataset", "seconds"), [("scenes", 2), ("vid", 900)])
def test_streams_cost_what_their_frames_do(paper, dataset, seconds):
    record = {"stage": "manifest_streams", "wildcards": {"dataset": dataset}}
    (cpu, gpu, _) = estimated([record], paper)["manifest_streams"]
    assert (cpu, gpu) == (pytest.approx(seconds, rel=0.05), 0)


def test_finished_jobs_of_unknown_work_cost_nothing_that_is_known(paper):
    paper["datasets"]["imagenet_vid"]["expected"] = None
    record = {"stage": "train_frames_plain", "wildcards": FINETUNING}
    assert estimated([record], paper)["train_frames_plain"] == (0.0, 0.0, "not known")


def test_a_tracker_computes_on_frames_that_are_padded_to_its_stride(config):
    wildcards = CLEAN | {"dataset": "crowd", "model": "fairmot_small"}
    crowd = config["datasets"]["crowd"]
    assert (crowd["width"], crowd["height"]) == (192, 108)
    units, _ = work("predict_tracking", wildcards, config)
    crowd["height"] = 128
    assert units == work("predict_tracking", wildcards, config)[0] > 0


def test_finished_jobs_cost_their_work_at_reference_rates_of_their_device(config):
    record = {"stage": "predict_recognition", "wildcards": CLEAN | {"model": "none"}}
    units, _ = work(record["stage"], record["wildcards"], config)
    cpu, on_gpu, later = (
        estimated([record | {"device": device}] * 2, config)["predict_recognition"]
        for device in ("CPU, x86_64", "NVIDIA H100", "CPU, x86_64")
    )
    assert cpu == later and cpu[1] == 0 and on_gpu[1] == pytest.approx(2 * units * 0.048)
    assert cpu[0] == pytest.approx(2 * units * 11) and on_gpu[0] == 2 * on_gpu[1]


def test_finished_jobs_of_any_stage_have_a_cost(config):
    stages = "table", "figure_curves", "score_ood", "my_own"
    found = estimated([{"stage": stage, "wildcards": {}} for stage in stages], config)
    assert [found[stage][0] for stage in stages] == [0.1, 3.0, 0.2, 1.0]
    assert found["my_own"][2].startswith("a guess")


@pytest.mark.parametrize(
    ("stage", "rule", "wildcards", "basis"),
    [
        ("corrupt framefault.corruption.random", "corrupt_random", CLEAN,
         "reference: embedded default"),
        ("train_recognition_none framefault.tasks.recognition.networks.r3d",
         "train_recognition_none", {"dataset": "motion", "model": "none"},
         "reference: embedded default"),
        ("score_ood framefault.tasks.recognition.detectors.energy", "score_energy", {}, "estimate"),
    ],
)  # fmt: skip
def test_finished_jobs_with_a_method_of_their_own_cost_as_planned(
    config, stage, rule, wildcards, basis
):
    found = estimated([{"stage": stage, "wildcards": wildcards}], config)
    planned, _, _ = cost(rule, wildcards, rates((), config), config)
    assert found[stage] == (pytest.approx(planned), 0.0, basis)


# Rules ------------------------------------------------------------------------------------------

RULES = """
import sys
sys.path.insert(0, sys.argv[1])
from framefault.workflow.snakemake_private import planned
print(*(rule.name for rule in planned("all", []).workflow.rules if not rule.norun))
"""


def test_every_rule_that_runs_a_stage_has_a_reference_rate(tmp_path):
    copy_project(tmp_path)
    command = [sys.executable, "-c", RULES, tmp_path / "scripts"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    listed = read_csv(ROOT / "config/costs.csv")["stage"].tolist()
    rules = [re.sub("^corrupt_(?!protected).*", "corrupt", name) for name in done.stdout.split()]
    rules = [re.sub("^score_(odin|energy|decoder)$", "score_ood", name) for name in rules]
    assert sorted(listed) == sorted(set(rules))


URGENT = """
import sys
sys.path.insert(0, sys.argv[1])
from framefault.workflow.snakemake_private import planned
for job in planned("results/tables/table1.csv", []).jobs:
    priority = job.rule.expand_priority(job.wildcards_dict, job.input, 1)
    print(priority, job.wildcards_dict.get("dataset"), job.rule.name)
"""


def test_what_all_trainings_wait_for_comes_before_them_and_these_before_the_rest(tmp_path):
    copy_project(tmp_path)
    command = [sys.executable, "-c", URGENT, tmp_path / "scripts"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    jobs = sorted({tuple(line.split()) for line in done.stdout.splitlines()}, reverse=True)
    first = "train_recognition_none manifest_recognition generate_motion encode decode".split()
    assert jobs[:5] == [("2", "textures", rule) for rule in first]
    for priority, dataset, rule in jobs[5:]:
        assert (priority, dataset == "textures") == ("1" if "train" in rule else "0", False)
