"""Data sets as their publishers ship them: from a web server or by hand, to decoded clips."""

import csv
import hashlib
import json
import os
import zipfile
from itertools import cycle

import numpy as np
import pytest
import yaml

from framefault.video.cache import DecodedClips
from rar import rar4
from videos import encode_frames
from web import serving
from workflow_tools import SHARED, copy_project, planned_jobs, snakemake

# Names that HMDB51 has, and one with all its odd characters.
NAMES = [
    "#20_Rhythm_clap_u_nm_np1_fr_goo_0.avi",
    "96-_Torwarttraining_1_(clap)_f_cm_np1_le_bad_0.avi",
    "Amélie_clap_u_nm_np1_fr_bad_1.avi",
    "a!#&()+;@[]~ 'b'_clap_u_cm_np1_fr_med_5.avi",
]
CLASSES = ("clap", "shoot_bow")
CLIPS = "results/clips/hmdb51"
RANDOM = "results/decoded/hmdb51/test/random/1e-5/seed0/00000-of-00001"
CORRUPTED = RANDOM.replace("decoded", "corrupted") + ".zip"
TARGETS = (
    f"{CLIPS}/train/00000-of-00001.zip", f"{CLIPS}/test/00000-of-00001.zip", f"{RANDOM}.parquet",
)  # fmt: skip


def real_clips():
    """Bytes of UCF101's own AVI files, or of an MPEG-4 AVI made here."""
    found = sorted((SHARED / "ucf101_clips").glob("*.avi"))
    if found:
        return [path.read_bytes() for path in found[:2]]
    frames = np.random.default_rng(0).integers(0, 256, (20, 48, 64, 3), np.uint8)
    return [encode_frames(frames, 25, "mpeg4", container="avi")]


@pytest.fixture(scope="module")
def archives():
    """Two archives laid out as HMDB51's: two clips of a class train, one tests, one is unused."""
    clips, codes = cycle(real_clips()), (1, 1, 2, 0)
    names = {label: [name.replace("clap", label) for name in NAMES] for label in CLASSES}
    inner = {
        f"{label}.rar": rar4({label: None} | {f"{label}/{name}": next(clips) for name in members})
        for label, members in names.items()
    }
    lists = {
        f"testTrainMulti_7030_splits/{label}_test_split1.txt": "".join(
            f"{name} {code} \n" for name, code in zip(members, codes, strict=True)
        ).encode()
        for label, members in names.items()
    }
    return {"videos.rar": rar4(inner), "splits.rar": rar4(lists)}


@pytest.fixture
def project(tmp_path):
    return copy_project(tmp_path)


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def configure(project, archives, address, allow, **counts):
    """Settings in which HMDB51 is what `archives` hold; gives what to ask Snakemake for."""
    facts = {
        part: {
            "file": f"{part}.rar", "urls": [f"{address}/moved.rar", f"{address}/{part}.rar"],
            "bytes": None, "sha256": sha256(archives[f"{part}.rar"]),
        }
        for part in ("videos", "splits")
    }  # fmt: skip
    counts = {"train": 4, "test": 2, "unused": 2} | counts
    settings = {
        "sources": {"hmdb51": {"counts": [counts], "archives": facts}},
        "datasets": {
            "hmdb51": {
                "type": "folder", "source": "hmdb51", "split": {"by": "hmdb51", "number": 1},
                "container": "original",
            }
        },
        "downloads": {"allow": allow},
        "decode": {"train_short_side": 32},
        "recognition": {"network": {"size": 24}},
    }  # fmt: skip
    (project / "mine.yaml").write_text(yaml.safe_dump(settings), encoding="utf-8")
    return (*TARGETS, "--configfile", "mine.yaml")


def test_archives_from_the_web_become_clips(project, archives):
    with serving(archives) as site:
        target = configure(project, archives, site.address, allow=True)
        jobs = planned_jobs(snakemake(project, "-n", *target))
        assert (jobs["fetch"], jobs["unpack"], jobs["manifest_recognition"]) == (2, 2, 1)
        assert site.requests == []
        snakemake(project, "-c2", *target)
    assert sorted(path for path, _ in site.requests) == [
        "/moved.rar", "/moved.rar", "/splits.rar", "/videos.rar",
    ]  # fmt: skip
    facts = json.loads((project / "results/sources/hmdb51/videos.archive.json").read_text())
    assert facts["sha256"] == sha256(archives["videos.rar"])
    with open(project / "results/manifests/hmdb51.csv", newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert {row["path"].split("/")[1] for row in rows if row["label"] == "clap"} == set(NAMES)
    with zipfile.ZipFile(project / TARGETS[1]) as clips:
        assert {sha256(clips.read(name)) for name in clips.namelist()} == {
            row["sha256"] for row in rows if row["split"] == "test"
        }
    decoded = DecodedClips([project / f"{RANDOM}.frames", project / f"{RANDOM}.parquet"])
    test = [row["id"] for row in rows if row["split"] == "test"]
    assert [account["clip"] for account in decoded.accounts] == test
    assert all(account["frames"] > 0 for account in decoded.accounts)
    record = json.loads((project / "results/manifests/hmdb51.provenance.json").read_text())
    assert {"results/sources/hmdb51/videos", "results/sources/hmdb51/splits"} == set(
        record["inputs"]
    )
    again = configure(project, archives, "http://another.mirror", allow=False)
    assert planned_jobs(snakemake(project, "-n", *again)) == {}


def test_archives_put_there_by_hand_need_no_web(project, archives):
    (project / "data").mkdir()
    for name, data in archives.items():
        (project / "data" / name).write_bytes(data)
    target = configure(project, archives, "http://127.0.0.1:9", allow=False)
    before = {name: os.stat(project / "data" / name).st_mtime_ns for name in archives}
    snakemake(project, "-c2", TARGETS[0], *target[-2:])
    snakemake(project, "-c2", "--forceall", "results/sources/hmdb51/splits", *target[-2:])
    after = {name: os.stat(project / "data" / name).st_mtime_ns for name in archives}
    assert after == before


def test_absent_archive_says_where_to_put_it(project, archives):
    target = configure(project, archives, "http://127.0.0.1:9", allow=False)
    done = snakemake(project, "-c2", *target, check=False)
    assert done.returncode != 0
    assert "There is no data/" in done.stdout
    assert "get that file from https://serre.lab.brown.edu/hmdb51.html and put it" in done.stdout
    assert "Traceback" not in done.stdout


def test_damaged_archive_leaves_nothing_half_unpacked(project, archives):
    broken = archives | {"videos.rar": archives["videos.rar"][:-200_000]}
    (project / "data").mkdir()
    for name, data in broken.items():
        (project / "data" / name).write_bytes(data)
    target = configure(project, broken, "http://127.0.0.1:9", allow=False)
    done = snakemake(project, "-c2", *target, check=False)
    assert done.returncode != 0
    assert "data/videos.rar cannot be unpacked" in done.stdout
    assert "`rm data/videos.rar`" in done.stdout
    left = [path.name for path in (project / "results/sources/hmdb51").iterdir()]
    assert "videos.archive.json" in left
    assert not [name for name in left if name.endswith("videos")]


def test_wrong_count_is_one_sentence(project, archives):
    (project / "data").mkdir()
    for name, data in archives.items():
        (project / "data" / name).write_bytes(data)
    target = configure(project, archives, "http://127.0.0.1:9", allow=False, unused=3)
    done = snakemake(project, "-c2", *target, check=False)
    assert "Data set 'hmdb51' has 4 train, 2 test, 2 unused videos, but" in done.stdout
    assert "4 train, 2 test, 3 unused" in done.stdout


def test_own_folders_are_used_as_they_are(project, tmp_path):
    settings = {
        "datasets": {"hmdb51": {"path": "/my/videos", "split": {"path": "/my/lists"}}},
    }
    (project / "mine.yaml").write_text(yaml.safe_dump(settings), encoding="utf-8")
    done = snakemake(project, "-n", TARGETS[0], "--configfile", "config/paper.yaml", "mine.yaml")
    assert planned_jobs(done) == {"manifest_recognition": 1, "encode": 1}
