"""What the training stages of image classifiers share: from files to trained weights."""

import json
from pathlib import Path

import torch

from framefault.cli import Output
from framefault.models.device import pick_device
from framefault.models.training import hold_out, train_and_save
from framefault.models.weights import load_weights
from framefault.pmk.images import cached_images, folder_images, listed_images
from framefault.pmk.networks import build, load_registered, start_from
from framefault.pmk.sets import read_sets
from framefault.pmk.training import Views, validation
from framefault.seeds import rng

TRAINING = {
    "model": str, "cache": [Path], "source": json.loads, "targets": [Path], "start": [Path],
    "start_row": json.loads, "network": json.loads, "recipe": json.loads, "options": json.loads,
    "weights": Output, "history": Output, "checkpoint": Path, "workers": int,
}  # fmt: skip


def train(args, change=None, perturb=None):
    """Train and save one classifier; `change` as of `Views`, `perturb` as of `training.fit`.

    Returns where it was trained, for the record.
    """
    images = open_images(args)
    for path in args.targets:
        sets = read_sets(path)
        images = images.relabelled(sets.subclasses, sets.classes)
    torch.manual_seed(int(rng("init", args.model).integers(2**62)))
    model = build(outputs=len(images.classes), **args.network)
    for path in args.start:
        start_from(model, load_weights(path)[0], path)
    if args.start_row:
        start_from(model, load_registered(args.start_row).state_dict(), args.start_row["model"])
    learned, held_out = hold_out(len(images), args.recipe["validate_on"], "pm-k")
    device = pick_device()
    views = Views(images, learned, args.recipe, ("pm-k", args.model), change)
    validate = None
    if held_out:
        validate = validation(images, held_out, args.recipe["size"], device)
    facts = [args.model, args.source, args.network, images.labels.tolist()]
    return train_and_save(args, model, views, images.classes, facts, device, perturb, validate)


def open_images(args):
    if args.cache:
        return cached_images(*args.cache)
    if args.source["type"] == "folder":
        return folder_images(args.source["path"])
    return listed_images(args.source["path"])
