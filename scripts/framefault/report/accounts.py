"""What became of the clips of every condition, by the decoder's own account."""

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from framefault.video.playable import is_playable

COLUMNS = ["clip", "status", "opened", "frames", "errors", "full_length", "distance"]
# Why clips are not playable: the first reason that applies counts.
REASONS = ("not opened", "decoder ended", "no frame", "too few frames", "by the rule")


def together(paths):
    """The accounts of decoding, a row per clip, that some files of predictions hold."""
    tables = [
        pq.read_table(path, columns=COLUMNS, page_checksum_verification=True) for path in paths
    ]
    return pa.concat_tables(tables).to_pandas()


def account(clips, rule, whole):
    """What became of a condition's clips, in numbers.

    `clips` are those of all draws, `rule` is the `playable` section of the configuration, and
    `whole` the number of frames of each clean clip by its name.
    """
    playable = is_playable(clips, rule)
    why = reasons(clips, rule)[~playable].value_counts()
    expected = clips["clip"].map(whole).sum()
    return {
        "clips": len(clips),
        "playable": int(playable.sum()),
        "reasons": [int(why.get(reason, 0)) for reason in REASONS],
        "statuses": clips.loc[clips["status"] != "ok", "status"].value_counts().to_dict(),
        "with_errors": int((clips["errors"] > 0).sum()),
        "errors": float(clips["errors"].mean()),
        "frames": float(clips["frames"].sum() / expected) if expected else None,
        "distance": number(clips.loc[playable, "distance"].mean()),
    }


def reasons(clips, rule):
    """Why each clip would not be playable: the first that applies, "by the rule" if none does."""
    found = pd.Series("by the rule", index=clips.index, dtype=object)
    found[clips["frames"] < rule["min_frames"]] = "too few frames"
    found[clips["frames"] == 0] = "no frame"
    found[clips["status"] != "ok"] = "decoder ended"
    found[(clips["status"] == "ok") & ~clips["opened"]] = "not opened"
    return found


def number(value):
    return None if pd.isna(value) else float(value)
