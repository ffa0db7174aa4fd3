"""What the entry points of all defences share: from files to trained weights."""

import json
from pathlib import Path

import torch

from framefault.cli import Output
from framefault.clips.frames import DecodedClips
from framefault.models.device import pick_device
from framefault.models.r3d import R3D
from framefault.models.training import hold_out, train_and_save
from framefault.models.training_clips import TrainingClips, validation
from framefault.models.weights import fine_tune_from
from framefault.seeds import rng

# The options of every training script: data, recipe, the defence's own options, outputs.
TRAINING = {
    "dataset": str, "seed": int, "clean": [Path], "validation": [Path], "corrupted": [Path],
    "start": [Path], "model": json.loads, "recipe": json.loads, "options": json.loads,
    "weights": Output, "history": Output, "checkpoint": Path, "workers": int,
}  # fmt: skip


def train(args, clean, pick=None, perturb=None, corrupted=()):
    """Train and save one model; `pick` as of `TrainingClips`, `perturb` as of `training.fit`.

    Returns where it was trained, for the record.
    """
    classes = clean.classes
    torch.manual_seed(int(rng("init", args.dataset, args.seed).integers(2**62)))
    model = R3D(args.model["depth"], len(classes), args.model["width"])
    for path in args.start:
        fine_tune_from(model, path, classes)
    learned, held_out = hold_out(len(clean), args.recipe["validate_on"], args.dataset)
    length, size, device = args.model["frames"], args.model["size"], pick_device()
    clips = TrainingClips(
        clean, learned, pick or (lambda index, draw: clean[index]),
        args.dataset, args.seed, args.recipe, length, size,
    )  # fmt: skip
    validate = None
    if args.recipe["validate_on"] is not None:
        judged = DecodedClips(args.validation) if args.validation else clean
        indices = range(len(judged)) if args.validation else held_out
        labels = [classes.index(judged.accounts[index]["label"]) for index in indices]
        validate = validation(judged, indices, labels, length, size, device)
    versions = [[account["crc"] for account in each.accounts] for each in (clean, *corrupted)]
    facts = [args.dataset, args.seed, args.model, versions]
    return train_and_save(args, model, clips, classes, facts, device, perturb, validate)
