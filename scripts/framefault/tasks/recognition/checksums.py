"""Checksums as a detector of corruption (paper A, appendix D.2)."""

import hashlib

import pyarrow as pa

from framefault.errors import UserError
from framefault.files import read_clips
from framefault.results.scores import score, share
from framefault.results.statistics import (
    auroc_of_found,
    clopper_pearson,
    support_interval,
    support_law,
    unflipped,
)
from framefault.shards import clip_id

DIGESTS = ("md5", "sha1", "sha256")
SCHEMA = pa.schema({"clip": pa.string(), "bytes": pa.int64(), "unchanged": pa.bool_()})


def verdicts(clean, corrupted):
    """Whether each of DIGESTS agrees for two files' bytes, as {name: bool}."""
    return {
        name: hashlib.new(name, clean, usedforsecurity=False).digest()
        == hashlib.new(name, corrupted, usedforsecurity=False).digest()
        for name in DIGESTS
    }


def compare_archives(clean, corrupted):
    """The checksums' prediction: for every clip of two archives, a row of SCHEMA."""
    rows = []
    for (name, before), (same_name, after) in zip(
        read_clips(clean), read_clips(corrupted), strict=True
    ):
        if name != same_name:
            raise UserError(f"{corrupted} holds other clips than {clean}; delete it.")
        agree = verdicts(before, after)
        if len(set(agree.values())) > 1:
            raise UserError(f"{' and '.join(DIGESTS)} disagree about {name} in {corrupted}.")
        unchanged = all(agree.values())
        rows.append({"clip": clip_id(name), "bytes": len(before), "unchanged": unchanged})
    return rows


def support_scores(files, judged, confidence, p=None):
    """Number of unchanged files, accuracy on them, and their intervals; AUROC on playable clips.

    `files` have "bytes" and "unchanged", in the order of the `judged` predictions. Where bits flip
    with probability `p`, also the expected number of unchanged files. An unchanged file that no
    decoder can play is wrong.
    """
    kept = judged[files["unchanged"]]
    low, high = clopper_pearson(len(kept), len(files), confidence)
    scores = [
        share("accuracy_unchanged", kept["right"].sum(), len(kept), confidence),
        score("support", len(kept), interval=(len(files) * float(low), len(files) * float(high))),
        score("auroc", auroc_of_found(~files["unchanged"][judged["playable"].to_numpy()])),
    ]
    if p is None:
        return scores
    chances = unflipped(files["bytes"], p)
    interval = support_interval(support_law(chances), confidence)
    return [*scores, score("expected_support", float(chances.sum()), interval=interval)]
