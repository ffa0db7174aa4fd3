"""Logits of one model on one condition."""

import json
from pathlib import Path

from framefault.cli import Output, stage
from framefault.clips.frames import DecodedClips
from framefault.evaluation.predictions import read_predictions, write_predictions
from framefault.models.device import describe, pick_device
from framefault.models.prediction import predict
from framefault.models.r3d import R3D
from framefault.models.weights import load_strictly, load_weights


@stage(
    weights=Path, clean=[Path], corrupted=[Path], known=[Path], model=json.loads, predictions=Output
)
def main(args):
    clips = DecodedClips(args.clean)
    if args.corrupted:
        clips = DecodedClips(args.corrupted, clips)
    state, classes = load_weights(args.weights)
    model = R3D(args.model["depth"], len(classes), args.model["width"])
    load_strictly(model, state, args.weights)
    device = pick_device()
    batch_size = 128 if device.type == "cuda" else 16
    known = [row["logits"] for path in args.known for row in read_predictions(path)]
    length, size = args.model["frames"], args.model["size"]
    logits = predict(model, clips, length, size, device, batch_size, known)
    write_predictions(args.predictions, clips, classes, logits)
    return {"device": describe(device)}


if __name__ == "__main__":
    main()
