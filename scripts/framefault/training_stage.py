"""What the entry points of all defences share: from files to trained weights."""

import hashlib
import json
from pathlib import Path

import torch

from framefault.cli import Output
from framefault.device import describe, pick_device
from framefault.files import write_csv
from framefault.frames import DecodedClips
from framefault.r3d import R3D
from framefault.seeds import rng
from framefault.training import Checkpoint, TrainingClips, fit, validation
from framefault.weights import fine_tune_from, save_weights, state_digest

# The options of every training script: data, recipe, the defence's own options, outputs.
TRAINING = {
    "dataset": str, "seed": int, "clean": [Path], "validation": [Path], "corrupted": [Path],
    "start": [Path], "model": json.loads, "recipe": json.loads, "options": json.loads,
    "weights": Output, "history": Output, "checkpoint": Path, "workers": int,
}  # fmt: skip


def train(args, clean, pick=None, perturb=None, corrupted=()):
    """Train and save one model; see `training.fit` for what `pick` and `perturb` do.

    Returns where it was trained, for the record.
    """
    classes = clean.classes
    torch.manual_seed(int(rng("init", args.dataset, args.seed).integers(2**62)))
    model = R3D(args.model["depth"], len(classes), args.model["width"])
    for path in args.start:
        fine_tune_from(model, path, classes)
    learned, held_out = hold_out(clean, args.recipe["validate_on"], args.dataset)
    length, size, device = args.model["frames"], args.model["size"], pick_device()
    clips = TrainingClips(
        clean, learned, pick or (lambda index, draw: clean[index]),
        args.dataset, args.seed, args.recipe, length,
    )  # fmt: skip
    validate = None
    if args.recipe["validate_on"] is not None:
        judged = DecodedClips(args.validation) if args.validation else clean
        indices = range(len(judged)) if args.validation else held_out
        labels = [classes.index(judged.accounts[index]["label"]) for index in indices]
        validate = validation(judged, indices, labels, length, size, device)
    key = training_key(args, model, [clean, *corrupted], device)
    checkpoint = Checkpoint(args.checkpoint, key)
    history = fit(
        model, clips, args.recipe, size, device, checkpoint, perturb, validate, args.workers
    )
    write_csv(args.history, history, list(history[0]))
    save_weights(model, args.weights, classes)
    checkpoint.remove()
    return {"device": describe(device)}


def hold_out(clips, validate_on, dataset):
    """Indices to learn from and to validate on, where validation is a share of train."""
    everything = list(range(len(clips)))
    if not isinstance(validate_on, float):
        return everything, []
    order = rng("hold out", dataset).permutation(len(clips))
    held_out = set(order[: round(validate_on * len(clips))].tolist())
    return [i for i in everything if i not in held_out], sorted(held_out)


def training_key(args, model, versions, device):
    """Digest of all that decides the final weights, so that no stale checkpoint is continued."""
    digest = hashlib.sha256()
    data = [[account["crc"] for account in clips.accounts] for clips in versions]
    settings = [args.dataset, args.seed, args.code, args.model, args.recipe, args.options]
    facts = [settings, data, describe(device)]
    digest.update(json.dumps(facts, sort_keys=True).encode())
    digest.update(state_digest(model.state_dict()).encode())
    return digest.hexdigest()
