"""Figure 8: the boxes of a tracker at one moment of a sequence, clean and damaged."""

import numpy as np
import pandas as pd

from framefault.data.manifest import read_manifest
from framefault.data.mot import read_tracks
from framefault.plots.style import drawn
from framefault.plots.tracks import (
    box_table,
    chosen_moment,
    draw_tracks,
    panel_size,
    track_panels,
)
from framefault.tabular import write_csv
from framefault.tasks.tracking.predictions import read_predictions
from framefault.video.cache import DecodedClips
from framefault.workflow.job import stage


@stage
def main(job):
    settings, tracks = job.settings.figure, read_tracks(job.input.tracks)
    sequences = list(read_manifest(job.input.manifest, "test")["id"])
    conditions = decoded(job.input.decoded, len(settings["conditions"]))
    numbers = [{a["clip"]: a["numbers"] for a in clips.accounts} for clips in conditions]
    # The sequence with most damage first: in others there may be nothing to see.
    damage = np.nan_to_num([a["distance_dropped"] for a in conditions[-1].accounts])
    by_damage = [sequences[place] for place in np.argsort(-damage, kind="stable")]
    moment = settings.get("moment") or chosen_moment(tracks, by_damage, numbers)
    panels = []
    if moment:
        clip = sequences.index(moment[0])
        boxes = [boxes_of(path, moment[0]) for path in job.input.predictions]
        frames = [clips[clip] for clips in conditions]
        shown = [each[moment[0]] for each in numbers]
        found = zip(settings["titles"], frames, shown, boxes, strict=True)
        panels = track_panels(tracks, moment, found, settings["iou"])
    write_csv(job.output.csv, box_table(panels, moment))
    with drawn(*panel_size(panels), settings["note"], job.output) as figure:
        draw_tracks(figure, panels, moment)


def decoded(files, conditions):
    """The decoded clips of each condition, the clean ones first, from the shards of all."""
    size = len(files) // conditions
    parts = [files[place * size : (place + 1) * size] for place in range(conditions)]
    clean = DecodedClips(parts[0], gaps="drop")
    return [clean, *(DecodedClips(part, clean, gaps="drop") for part in parts[1:])]


def boxes_of(path, sequence):
    """The tracks of one sequence as a table: frame, id, x, y, w, h, score."""
    (tracks,) = (row["tracks"] for row in read_predictions(path) if row["clip"] == sequence)
    return pd.DataFrame(tracks, columns=["frame", "id", "x", "y", "w", "h", "score"])
