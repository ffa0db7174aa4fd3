"""A sequence of MOT15 as it is shipped, through the workflow: real detectors, real damage."""

import csv
import json
import shutil

import pytest

from workflow_tools import SHARED, copy_project, planned_jobs, snakemake

CAMPUS = SHARED / "mot15" / "TUD-Campus"
DETECTIONS = SHARED / "mot15" / "tud_campus_ssdlite_det.txt"
NETWORK = SHARED / "pedestrian" / "pedestrian_ssdlite.onnx"
TARGETS = ("results/tables/tracking.csv", "results/figures/figure8.pdf")

pytestmark = pytest.mark.skipif(not NETWORK.is_file(), reason="needs the shared MOT15 files")


def settings(tracker):
    return json.dumps(
        {
            "datasets": {
                "mine": {
                    "type": "mot", "path": "mot15", "sequences": ["TUD-Campus"],
                    "rates": {"TUD-Campus": 25}, "boxes": 359, "tracker": tracker,
                }
            },
            "tracking": {
                "trackers": {
                    "pedestrians": {"detector": "onnx", "file": "net.onnx", "confidence": 0.35},
                    "detected": {"detector": "file", "file": "det/{sequence}.txt"},
                }
            },
            "evaluate": {"packet_loss": [0.1, 0.01], "random": ["1e-4"], "contiguous": []},
            "seeds": {"corruption_of": {"mine": [0, 1]}},
            "tables": {"tracking": ["mine"]},
        }
    )  # fmt: skip


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    pytest.importorskip("onnxruntime")
    project = copy_project(tmp_path_factory.mktemp("tracking"))
    shutil.copytree(CAMPUS, project / "mot15/train/TUD-Campus")
    shutil.copy(NETWORK, project / "net.onnx")
    (project / "det").mkdir()
    shutil.copy(DETECTIONS, project / "det/TUD-Campus.txt")
    for tracker in ("pedestrians", "detected"):
        (project / f"{tracker}.yaml").write_text(settings(tracker), encoding="utf-8")
    return project


def run(project, tracker, *targets):
    snakemake(project, "-c2", *targets, "--configfile", f"{tracker}.yaml")
    with open(project / TARGETS[0], newline="", encoding="utf-8") as file:
        return {(row["corruption"], row["level"]): row for row in csv.DictReader(file)}


def test_a_real_detector_loses_people_as_packets_are_lost(project):
    rows = run(project, "pedestrians", *TARGETS)
    mota = {condition: float(row["mota"]) for condition, row in rows.items()}
    assert mota["clean", "0"] > 50
    assert mota["clean", "0"] >= mota["packet_loss", "0.01"] > mota["packet_loss", "0.1"]
    assert mota["random", "1e-4"] < 20
    assert {row["objects"] for row in rows.values()} == {"359"}
    assert rows["packet_loss", "0.1"]["mota_runs"] == "2"
    assert (project / TARGETS[1]).read_bytes()[:4] == b"%PDF"
    done = snakemake(project, "-n", *TARGETS, "--configfile", "pedestrians.yaml")
    assert planned_jobs(done) == {}


def test_detections_of_clean_clips_give_the_clean_row_alone(project):
    rows = run(project, "detected", TARGETS[0])
    assert float(rows["clean", "0"]["mota"]) > 50
    assert {rows[condition]["mota"] for condition in rows if condition[0] != "clean"} == {""}


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda folder: (folder / "img1/000003.jpg").unlink(), "3"),
        (lambda folder: (folder / "gt/gt.txt").write_text("1,1,2,3,4\n"), "5 columns"),
        (lambda folder: (folder / "gt/gt.txt").write_text("1,1,2,3,4,5\n"), "instead of 359"),
    ],
    ids=["a picture is missing", "a column is missing", "boxes are missing"],
)
def test_bad_sequences_are_one_sentence(project, tmp_path, damage, said):
    copy = shutil.copytree(project, tmp_path / "copy", symlinks=True)
    shutil.rmtree(copy / "results", ignore_errors=True)
    damage(copy / "mot15/train/TUD-Campus")
    target = "results/manifests/mine.csv"
    done = snakemake(copy, "-c1", target, "--configfile", "pedestrians.yaml", check=False)
    assert done.returncode != 0
    assert said in done.stdout and "Traceback" not in done.stdout
