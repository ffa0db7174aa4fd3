"""What a target that no rule makes was probably meant to be."""

from difflib import get_close_matches
from pathlib import Path

from framefault.workflow.config import VARIANTS

FOLDERS = {"tables": ".csv", "figures": ".pdf", "comparison": ".csv"}
LIKE = 0.75  # how alike a part of a path must be


def explained(config, registry, papers):
    """A function of a target and of `can_be_made`, which gives a sentence of help."""
    items = {}
    for paper in papers:
        items |= dict.fromkeys(paper.tables, "tables") | dict.fromkeys(paper.figures, "figures")
    skipped = {name: why for paper in papers for name, why in paper.skipped.items()}
    words = ["results", *STAGES, *config["datasets"], *config["evaluate"], *VARIANTS, *registry]
    for section in ("frames", "detection"):
        words += config[section]["models"]
    words += ["clean", "train", "test", *config["tracking"]["trackers"]]

    def explain(target, can_be_made):
        name = Path(target).name.partition(".")[0]
        if name in skipped:
            return f"{name} is not made, because {skipped[name]}."
        close = [path for path in alike(target, items, words) if can_be_made(path)]
        if close:
            return f"Did you mean {' or '.join(close)}?"
        return "docs/troubleshooting.md says what a target needs; is a --configfile missing?"

    return explain


STAGES = (
    "raw", "sources", "manifests", "clips", "corrupted", "decoded", "models", "weights",
    "predictions", "cells", "excerpts", "stories", *FOLDERS,
)  # fmt: skip


def alike(target, items, words):
    """Paths that are like a target: tables and figures by their names, others part by part."""
    path = Path(target)
    if len(path.parts) == 1 or path.parent.name in FOLDERS:
        stem = path.name.partition(".")[0]
        longer = [name for name in items if name.endswith(f"_{stem}")]
        for name in [*longer, *get_close_matches(stem, items, 1)]:
            folder = path.parent.name if path.parent.name == "comparison" else items[name]
            yield f"results/{folder}/{name}{FOLDERS[folder]}"
    corrected = "/".join(nearest(part, words) for part in target.split("/"))
    if corrected != target and len(path.parts) > 1:
        yield corrected


def nearest(part, words):
    """A part of a path as it was probably meant."""
    return part if part in words else next(iter(get_close_matches(part, words, 1, LIKE)), part)
