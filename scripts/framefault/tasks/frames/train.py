"""What the trainings of all image classifiers share: from pictures to trained weights."""

import torch

from framefault.seeds import rng
from framefault.tasks.frames.images import cached_images, folder_images, listed_images
from framefault.tasks.frames.inputs import Preprocessing
from framefault.tasks.frames.networks import build, load_fetched, start_from
from framefault.tasks.frames.sets import read_sets
from framefault.tasks.frames.views import Views, validation
from framefault.training.device import pick_device
from framefault.training.loop import Training, hold_out
from framefault.training.weights import load_weights


def train(job, change=None, perturb=None):
    """Train and save one classifier; `change` as of `Views`, `perturb` as of `training.loop.fit`.

    Returns where it was trained, for the record.
    """
    training, name, device = Training(**job.training()), job.wildcards.model, pick_device()
    images = open_images(job.input.pictures, job.settings.source)
    if job.input.targets:
        images = images.relabelled(read_sets(job.input.targets))
    torch.manual_seed(int(rng("init", name).integers(2**62)))
    model = build(outputs=len(images.classes), **job.settings.network)
    if job.input.start:
        start_from(model, load_weights(job.input.start)[0], job.input.start)
    if job.settings.start:
        published = load_fetched(job.settings.start, job.input.published, job.circumstances.folder)
        start_from(model, published.state_dict(), job.settings.start["model"])
    learned, held_out = hold_out(images.videos, training.recipe["validate_on"], "pm-k")
    sees = Preprocessing(**job.settings.preprocessing)
    views = Views(images, learned, training.recipe, ("pm-k", name), change, sees)
    validate = None
    if held_out:
        validate = validation(images, held_out, training.recipe["size"], device, sees)
    facts = [name, images.labels.tolist(), images.videos.tolist()]
    return training.run(model, views, images.classes, facts, device, perturb, validate)


def open_images(made, own):
    """Pictures that were made in this run (a folder, or files), or the user's own."""
    if made:
        return cached_images(made[0] if isinstance(made, list) else made / "pictures.npy")
    if "folder" in own:
        return folder_images(own["folder"])
    return listed_images(own["list"])
