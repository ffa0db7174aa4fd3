"""What Figure 2 shows: what a typical clip lost on the way and in its file, and its frames."""

import numpy as np

from framefault.corruption.bits import flipped_bits, packets
from framefault.plots.examples import CLEAN, examples_of, spread, typical_clip
from framefault.plots.excerpt import write_excerpt
from framefault.workflow.job import stage

SHOWN = 6  # frames of each condition


@stage
def main(job):
    settings = job.settings.excerpt
    examples = examples_of(job.input, settings)
    index, count = typical_clip([examples.facts[pair] for pair in examples.conditions[1:]])
    clip, clean = examples.facts[CLEAN][index]["clip"], examples.data(CLEAN, index)
    numbers = spread(int(examples.video(index)["frames"]), SHOWN)
    parts = []
    for condition in examples.conditions:
        corruption, level = condition
        damage = {}
        if corruption == "packet_loss":
            draws = settings["dataset"], clip, level, settings["seed"]
            damage = {"sent": packets(clean, *draws, settings["mtu"])}
        elif condition != CLEAN:
            damage = {"flipped": flipped_bits(clean, examples.data(condition, index))}
        shown = {"numbers": numbers, "images": examples.seen(condition, index, numbers)}
        parts.append({"corruption": corruption, "level": level} | damage | shown)
    content = {"clip": clip, "count": count, "file": np.frombuffer(clean, np.uint8)}
    write_excerpt(job.output.excerpt, content | {"parts": parts})
