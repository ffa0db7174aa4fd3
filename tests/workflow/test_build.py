"""Sets of one's own: from ImageNet-VID as shipped, through review, to what the scorer reads."""

import json

import pandas as pd
import pytest

from framefault.tasks.frames.answers import COLUMNS
from shipped import thing, write_vid
from workflow_tools import copy_project, snakemake

SNIPPETS = {f"ILSVRC2015_val_{number:08d}": [[thing()]] * 6 for number in range(3)}
SETTINGS = {
    "datasets": {
        "own": {
            "type": "vid", "path": "ILSVRC", "models": ["resnet_small"], "answers": "own.csv",
            "build": {"part": "val", "classes": {"map": "map.json"}},
        }
    }
}  # fmt: skip
CANDIDATES, SETS = (f"results/manifests/own{end}" for end in (".candidates.json", ".json"))


@pytest.fixture
def project(tmp_path):
    project = copy_project(tmp_path)
    write_vid(project / "ILSVRC", SNIPPETS)
    (project / "map.json").write_text(json.dumps({"0": [1, 2], "5": [7]}), encoding="utf-8")
    (project / "own.yaml").write_text(json.dumps(SETTINGS), encoding="utf-8")
    return project


def run(project, target, check=True):
    return snakemake(project, "-c1", target, "--configfile", "own.yaml", check=check)


def answered(candidates, dissimilar):
    """Answers of two annotators, alike: every pair is similar but for one, which both doubt."""
    rows = []
    for number, anchor in enumerate(candidates["anchors"]):
        for place, neighbour in enumerate(anchor["neighbours"]):
            pair = {"item": "pair", "anchor": anchor["frame"], "neighbour": neighbour["frame"]}
            similar = "no" if (number, place) == dissimilar else "yes"
            pair |= {"labels": "right", "similar": similar}
            pair["reasons"] = "blur" if similar == "no" else ""
            rounds = (1, 2) if similar == "no" else (1,)
            rows += [
                pair | {"annotator": who, "round": each}
                for who in ("ann", "bob")
                for each in rounds
            ]
    return pd.DataFrame([dict.fromkeys(COLUMNS, "") | row for row in rows])


def test_candidates_that_people_reviewed_become_sets(project):
    missing = run(project, SETS, check=False)
    assert missing.returncode != 0 and "There is no own.csv" in missing.stdout
    run(project, CANDIDATES)
    candidates = json.loads((project / CANDIDATES).read_text(encoding="utf-8"))
    assert [anchor["video"] for anchor in candidates["anchors"]] == list(SNIPPETS)
    assert all(len(anchor["neighbours"]) == 5 for anchor in candidates["anchors"])
    answered(candidates, (1, 2)).to_csv(project / "own.csv", index=False)
    run(project, SETS)
    sets = json.loads((project / SETS).read_text(encoding="utf-8"))
    kept = [sum(row[3] for row in sets["rows"] if row[0] == number) for number in range(3)]
    assert kept == [6, 5, 6]


def test_a_damaged_file_of_answers_is_one_sentence(project):
    (project / "own.csv").write_text("annotator\nann\n", encoding="utf-8")
    done = run(project, SETS, check=False)
    assert done.returncode != 0 and "own.csv needs the columns" in done.stdout
