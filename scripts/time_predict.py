"""Logits of one model on all frames of a data set."""

import json
from pathlib import Path

import numpy as np

from framefault.cli import Output, stage
from framefault.files import whole
from framefault.models.device import describe, pick_device
from framefault.models.weights import load_strictly, load_weights
from framefault.pmk.inputs import MEAN, STD
from framefault.pmk.networks import build, load_registered
from framefault.pmk.prediction import logits_of


@stage(cache=Path, weights=[Path], network=json.loads, row=json.loads, logits=Output)
def main(args):
    if args.weights:
        state, classes = load_weights(args.weights[0])
        model, mean, std, channels = build(outputs=len(classes), **args.network), MEAN, STD, "RGB"
        load_strictly(model, state, args.weights[0])
    else:
        model = load_registered(args.row)
        mean, std, channels = (args.row[key] for key in ("mean", "std", "channels"))
    device = pick_device()
    logits = logits_of(model, np.load(args.cache, mmap_mode="r"), mean, std, device, channels)
    with whole(args.logits) as part:
        np.save(part, logits)
    return {"device": describe(device)}


if __name__ == "__main__":
    main()
