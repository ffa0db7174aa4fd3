"""What the training stages of image classifiers share: from files to trained weights."""

import hashlib
import json
from pathlib import Path

import numpy as np
import torch

from framefault.cli import Output
from framefault.device import describe, pick_device
from framefault.files import write_csv
from framefault.pmk.images import Views, cached_images, folder_images, listed_images
from framefault.pmk.networks import build, load_registered, start_from
from framefault.pmk.sets import read_sets
from framefault.pmk.training import fit
from framefault.seeds import rng
from framefault.training import Checkpoint
from framefault.weights import load_weights, save_weights, state_digest

TRAINING = {
    "model": str, "cache": [Path], "source": json.loads, "targets": [Path], "start": [Path],
    "start_row": json.loads, "network": json.loads, "recipe": json.loads, "options": json.loads,
    "weights": Output, "history": Output, "checkpoint": Path, "workers": int,
}  # fmt: skip


def train(args, change=None, attack=None):
    """Train and save one classifier; `change` and `attack` as of `Views` and `fit`."""
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
    learned, held_out = split(images, args.recipe["validate_on"] or 0)
    device = pick_device()
    views = Views(images, learned, args.recipe, ("pm-k", args.model), change)
    checkpoint = Checkpoint(args.checkpoint, training_key(args, model, images, device))
    history = fit(model, views, args.recipe, device, checkpoint, attack, held_out, args.workers)
    write_csv(args.history, history, list(history[0]))
    save_weights(model, args.weights, images.classes)
    checkpoint.remove()
    return {"device": describe(device)}


def open_images(args):
    if args.cache:
        return cached_images(*args.cache)
    if args.source["type"] == "folder":
        return folder_images(args.source["path"])
    return listed_images(args.source["path"])


def split(images, share):
    """Indices to learn from and to validate on."""
    order = rng("hold out", "pm-k").permutation(len(images))
    count = round(share * len(images))
    return np.sort(order[count:]), np.sort(order[:count])


def training_key(args, model, images, device):
    """Digest of all that decides the final weights, so that no stale checkpoint is continued."""
    facts = [args.model, args.code, args.source, args.network, args.recipe, args.options,
             images.labels.tolist(), describe(device)]  # fmt: skip
    digest = hashlib.sha256(json.dumps(facts, sort_keys=True).encode())
    digest.update(state_digest(model.state_dict()).encode())
    return digest.hexdigest()
