"""Figure 8: the boxes of a tracker at one moment of a sequence, clean and damaged."""

import pandas as pd

from framefault.data.mot import read_tracks
from framefault.plots.excerpt import read_excerpt
from framefault.plots.style import drawn
from framefault.plots.tracks import box_table, draw_tracks, panel_size, track_panels
from framefault.tabular import write_csv
from framefault.tasks.tracking.predictions import read_predictions
from framefault.workflow.job import stage


@stage
def main(job):
    settings, tracks = job.settings.figure, read_tracks(job.input.tracks)
    excerpt = read_excerpt(job.input.excerpt)
    moment, panels = excerpt["moment"], []
    if moment:
        found = [
            (title, seen["image"], seen["place"], boxes_of(path, moment[0]))
            for title, seen, path in zip(
                settings["titles"], excerpt["seen"], job.input.predictions, strict=True
            )
        ]
        panels = track_panels(tracks, moment, found, settings["iou"])
    write_csv(job.output.csv, box_table(panels, moment))
    with drawn(*panel_size(panels), settings["note"], job.output) as figure:
        draw_tracks(figure, panels, moment)


def boxes_of(path, sequence):
    """The tracks of one sequence as a table: frame, id, x, y, w, h, score."""
    (tracks,) = (row["tracks"] for row in read_predictions(path) if row["clip"] == sequence)
    return pd.DataFrame(tracks, columns=["frame", "id", "x", "y", "w", "h", "score"])
