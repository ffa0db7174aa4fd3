"""Figure 2: the packets that a real clip lost, the bits that were flipped, and its frames."""

from functools import partial

import pandas as pd

from framefault.plots.bit_strips import (
    COLUMNS,
    draw_bits,
    draw_flips,
    draw_packets,
    flip_rows,
    packet_rows,
)
from framefault.plots.examples import said_of
from framefault.plots.excerpt import read_excerpt
from framefault.plots.style import drawn
from framefault.tabular import write_csv
from framefault.workflow.job import stage


@stage
def main(job):
    settings, excerpt = job.settings.figure, read_excerpt(job.input.excerpt)
    clip, clean, rows = excerpt["clip"], excerpt["file"].tobytes(), []
    undamaged, *parts = excerpt["parts"]
    undamaged |= {"title": "No corruption", "draw": None}
    for part in parts:
        level = part["level"]
        part["title"] = f"{settings['names'][part['corruption']]}, p = {level}"
        if "sent" in part:
            part["draw"] = partial(draw_packets, sent=part["sent"])
            rows += packet_rows(clip, level, part["sent"])
        else:
            part["draw"] = partial(draw_flips, clean=clean, positions=part["flipped"])
            rows += flip_rows(clip, level, part["flipped"])
    write_csv(job.output.csv, pd.DataFrame(rows, columns=COLUMNS).astype({"bytes": "Int64"}))
    note = f"{said_of(clip, excerpt['count'])} {settings['note']}"
    with drawn(7.5, 2.4 * len(excerpt["parts"]) - 0.8, note, job.output) as figure:
        draw_bits(figure, [undamaged, *parts])
