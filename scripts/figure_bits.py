"""Figure 2: the packets that a real clip lost, the bits that were flipped, and its frames."""

import json
from functools import partial

from framefault.cli import stage
from framefault.corruption.bits import flipped_bits, packets
from framefault.files import write_csv
from framefault.plots.bit_strips import (
    PACKET_COLUMNS,
    draw_bits,
    draw_flips,
    draw_packets,
    flip_rows,
    packet_rows,
)
from framefault.plots.examples import CLEAN, EXAMPLES, Examples, most_damaged
from framefault.plots.style import drawn


@stage(**EXAMPLES, dataset=str, seed=int, packet_loss=json.loads)
def main(args):
    examples = Examples(args)
    index = most_damaged([examples.facts[pair] for pair in examples.conditions[1:]])
    clip, clean = examples.facts[CLEAN][index]["clip"], examples.data(CLEAN, index)
    parts, rows = [], []
    for corruption, level in examples.conditions[1:]:
        condition = corruption, level
        if corruption == "packet_loss":
            mtu = args.packet_loss["mtu"]
            sent = packets(clean, args.dataset, clip, level, args.seed, mtu)
            rows += packet_rows(clip, level, sent)
            draw = partial(draw_packets, sent=sent)
        else:
            positions = flipped_bits(clean, examples.data(condition, index))
            rows += flip_rows(clip, level, positions)
            draw = partial(draw_flips, clean=clean, positions=positions)
        parts.append(
            {
                "title": f"{args.titles[corruption]}, p = {level}",
                "draw": draw,
                "frames": examples.frames(condition, index),
                "count": int(examples.video(index)["frames"]),
            }
        )
    write_csv(args.csv, rows, PACKET_COLUMNS)
    with drawn(7.5, 0.3 + 2.4 * len(parts), f"Clip {clip}. {args.note}", args.pdf, args.png) as fig:
        draw_bits(fig, parts)


if __name__ == "__main__":
    main()
