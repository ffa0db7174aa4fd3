"""What claims are asked of: per clip whether a model is right, and how far the clip is off."""

import re

import pandas as pd


def outcomes(judged, sources=None):
    """A frame of judged predictions' outcomes, with a row per clip: item, source and measures.

    The measures are those of `score.accuracy_scores`, whose means they have: NaN where a clip does
    not count. Clips whose names agree in what the pattern `sources` finds (its first group) are of
    one source; without a pattern, each is its own.
    """
    right, playable = judged["right"].astype(float), judged["playable"]
    return pd.DataFrame(
        {
            "item": judged["clip"],
            "source": [source_of(clip, sources) for clip in judged["clip"]],
            "accuracy_playable": right.where(playable),
            "accuracy_all": right,
            "distance_correct": judged["distance"].where(playable & judged["right"]),
            "distance_incorrect": judged["distance"].where(playable & ~judged["right"]),
        }
    )


def source_of(clip, pattern):
    """The picture or film that a clip shows, as its name tells; without a match, the clip."""
    found = re.search(pattern, clip) if pattern else None
    return found[1] if found else clip
