"""A small report: files as stages write them in a folder, and its page beside them."""

from contextlib import chdir
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image

import report
from framefault.report import numbers
from framefault.report.page import page, summary
from framefault.report.pictures import embedded_figures, embedded_frame
from framefault.tabular import write_csv

NAMES = {
    "clean": "Clean", "packet_loss": "Packet loss", "random": "Random file corruption",
}  # fmt: skip
COLUMN = {"absent": "N/A", "printed": True, "unit": "%"}
COLUMNS = {
    "none": COLUMN | {"heading": "No defense"},
    "clips": COLUMN | {"heading": "Clips", "unit": "clips", "printed": False},
    "playable": COLUMN | {"heading": "Playable", "unit": "clips", "of": "clips"},
}
TABLE = [
    {"dataset": "motion", "corruption": corruption, "level": level, "none": value,
     "none_ci_low": low, "none_ci_high": high, "none_std": std, "none_runs": 3, "clips": 200,
     "playable": playable}
    for corruption, level, value, low, high, std, playable in (
        ("random", "1e-4", 41.2, 33.7, 49.1, 6.8, 165), ("clean", "0", 82.0, 76.0, 87.1, 2.8, 200)
    )
]  # fmt: skip
NUMBERS = [
    ("random, 0.0001", 41.2, 14.1, "not comparable: generated videos", None),
    ("random, 0.01", 9.5, 12.0, "within the spread of our runs", "the scan is damaged"),
    ("random, 0.1", 120.0, 8.0, "outside the spread of our runs", None),
    ("clean, 0", None, 60.0, "not evaluated: no such row in the table", None),
]
CLAIM = {
    "dataset": "motion", "claim": "falls", "statement": "Accuracy falls", "says": "more",
    "clips": 200, "sources": 10, "trainings": "3 / 3", "value": 15.6, "low": 3.5, "high": 27.7,
    "p": 0.03,
}  # fmt: skip
PAPER = {
    "title": "Beyond the Pixels",
    "tables": {"table1": {"columns": COLUMNS, "names": {}}},
    "figures": {"figure1": "One clip", "figure2": "Two clips"},
    "comparisons": ["table1"],
    "claims": ["claims"],
    "skipped": {},
    "headline": [
        {"table": "table1", "where": {"corruption": "clean"}, "column": "none", "words": "Clean"}
    ],
}
OTHER = {
    "title": "Another", "tables": {}, "figures": {}, "comparisons": [], "claims": [],
    "skipped": {"paper_b_table2": "tables.roles has no data set as vid"}, "headline": [],
}  # fmt: skip
SEEN = {"clip": "swing/a", "status": "ok", "whole": 64, "frames": 60, "errors": 3}


def write_files(folder):
    """Tables, figures, comparisons and claims as their stages leave them."""
    for name in ("tables", "figures", "comparison"):
        (folder / name).mkdir(parents=True)
    write_csv(folder / "tables/table1.csv", TABLE)
    (folder / "tables/table1.md").write_text("Table 1: accuracy. Warning: a guess.\n\n| a |\n")
    beside = pd.DataFrame(NUMBERS, columns=["row", "ours", "paper", "verdict", "doubt"])
    beside = beside.assign(dataset="motion", column="none", runs=3)
    beside[["ours_low", "ours_high", "ours_std"]] = None
    beside["difference"] = beside["ours"] - beside["paper"]
    write_csv(folder / "comparison/table1.csv", beside)
    scopes = ("all", "holds"), ("random 1e-4", "cannot be told from this sample")
    claims = [CLAIM | {"scope": scope, "verdict": verdict} for scope, verdict in scopes]
    write_csv(folder / "comparison/claims.csv", claims)
    for number in (1, 2):
        pixels = np.full((600, 900, 3), 80 * number, np.uint8)
        Image.fromarray(pixels).save(folder / f"figures/figure{number}.png")
    for path in (
        "tables/table1.tex", "tables/table1.provenance.json", "comparison/claims.md",
        "comparison/claims.provenance.json", "comparison/table1.provenance.json",
        *(f"figures/figure{n}.{kind}" for n in (1, 2)
          for kind in ("pdf", "csv", "provenance.json")),
    ):  # fmt: skip
        (folder / path).touch()


def clips(name="swing/a"):
    """Examples and accounts of one data set: clean, and with nothing left."""
    frame = embedded_frame(np.zeros((90, 120, 3), np.uint8))
    common = {"draws": 1, "clips": 8, "with_errors": 2, "errors": 1.5, "frames": 0.9}
    clean = {"corruption": "clean", "level": "0", "playable": 8, "reasons": [0, 0, 0, 0, 0]}
    hit = {"corruption": "random", "level": "1e-4", "playable": 5, "reasons": [1, 1, 1, 0, 0]}
    return {
        "dataset": "motion",
        "names": [name],
        "rows": [
            common | clean | {"statuses": {}, "distance": 0.0, "seen": [SEEN | {"source": frame}]},
            common | hit | {"statuses": {"timed_out": 1}, "distance": None}
            | {"seen": [SEEN | {"source": None, "status": "timed_out"}]},
        ],
    }  # fmt: skip


def content(folder, papers=(PAPER, OTHER), **changes):
    """What the page shows of the files in a folder of results."""
    with chdir(folder.parent):
        files = {path.as_posix(): path for path in Path(folder.name).rglob("*") if path.is_file()}
        names = [name for paper in papers for name in paper["figures"]]
        pictures = embedded_figures([files[f"results/figures/{name}.png"] for name in names])
        pictures = dict(zip(names, pictures, strict=True))
        shown = [report.of_paper(each, files, pictures, NAMES) for each in papers]
    stage = {"stage": "encode", "jobs": 2, "devices": ["CPU, x86_64"], "code": ["0123456789abcdef"]}
    found = {
        "papers": shown,
        "datasets": {"motion": {"task": "recognition", "generated": True}},
        "data": "embedded, generated videos: motion",
        "clips": [clips()],
        "reasons": report.accounts.REASONS,
        "confidence": 0.95,
        "names": NAMES,
        "playable": {"min_frames": 1, "max_errors": None, "full_length": False},
        "stages": [stage | {"cpu": 7200.0, "gpu": 0.0, "basis": "reference"}],
        "versions": {"numpy": ["2.4.6"]},
        "costs": [7200.0, 0.0],
        "jobs": 2,
    }
    return found | numbers.totals(shown) | changes


def write_report(folder, **changes):
    """A report in `folder`/results; gives the page's path."""
    results = folder / "results"
    write_files(results)
    shown = content(results, **changes)
    (results / "report.html").write_text(page(shown), encoding="utf-8")
    (results / "report.txt").write_text(summary(shown), encoding="utf-8")
    return results / "report.html"
