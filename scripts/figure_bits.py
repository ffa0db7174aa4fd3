"""Figure 2: the packets that a real clip lost, the bits that were flipped, and its frames."""

from functools import partial

import pandas as pd

from framefault.corruption.bits import flipped_bits, packets
from framefault.plots.bit_strips import (
    COLUMNS,
    SHOWN,
    draw_bits,
    draw_flips,
    draw_packets,
    flip_rows,
    packet_rows,
)
from framefault.plots.examples import CLEAN, examples_of, said_of, spread, typical_clip
from framefault.plots.style import drawn
from framefault.tabular import write_csv
from framefault.workflow.job import stage


@stage
def main(job):
    settings = job.settings.figure
    examples = examples_of(job.input, settings)
    index, count = typical_clip([examples.facts[pair] for pair in examples.conditions[1:]])
    clip, clean = examples.facts[CLEAN][index]["clip"], examples.data(CLEAN, index)
    numbers = spread(int(examples.video(index)["frames"]), SHOWN)
    undamaged = {"title": "No corruption", "draw": None, "numbers": numbers}
    parts, rows = [undamaged | {"images": examples.seen(CLEAN, index, numbers)}], []
    for corruption, level in examples.conditions[1:]:
        condition = corruption, level
        if corruption == "packet_loss":
            draws = settings["dataset"], clip, level, settings["seed"]
            sent = packets(clean, *draws, settings["mtu"])
            rows += packet_rows(clip, level, sent)
            draw = partial(draw_packets, sent=sent)
        else:
            positions = flipped_bits(clean, examples.data(condition, index))
            rows += flip_rows(clip, level, positions)
            draw = partial(draw_flips, clean=clean, positions=positions)
        parts.append(
            {
                "title": f"{settings['names'][corruption]}, p = {level}",
                "draw": draw,
                "numbers": numbers,
                "images": examples.seen(condition, index, numbers),
            }
        )
    write_csv(job.output.csv, pd.DataFrame(rows, columns=COLUMNS).astype({"bytes": "Int64"}))
    note = f"{said_of(clip, count)} {settings['note']}"
    with drawn(7.5, 2.4 * len(parts) - 0.8, note, job.output) as figure:
        draw_bits(figure, parts)
