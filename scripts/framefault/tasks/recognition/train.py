"""What the trainings of all defences share: from cached clips to trained weights."""

import torch

from framefault.seeds import rng
from framefault.tasks.recognition.views import TrainingClips, validation
from framefault.training.device import pick_device
from framefault.training.loop import Training, hold_out
from framefault.training.weights import fine_tune_from
from framefault.video.cache import DecodedClips


def train(job, clean, pick=None, perturb=None, corrupted=()):
    """Train and save one model; `pick` as of `TrainingClips`, `perturb` as of `training.loop.fit`.

    Returns where it was trained, for the record.
    """
    dataset, seed = job.wildcards.dataset, int(job.wildcards.training)
    network = dict(job.settings.network)
    length, size = network.pop("frames"), network.pop("size")
    training, classes, device = Training(**job.training()), clean.classes, pick_device()
    torch.manual_seed(int(rng("init", dataset, seed).integers(2**62)))
    model = job.method().build(len(classes), **network)
    if job.input.start:
        fine_tune_from(model, job.input.start, classes)
    learned, held_out = hold_out(range(len(clean)), training.recipe["validate_on"], dataset)
    clips = TrainingClips(
        clean, learned, pick or (lambda index, draw: clean[index]), dataset, seed, training.recipe,
        length, size,
    )  # fmt: skip
    validate = None
    if training.recipe["validate_on"] is not None:
        judged = DecodedClips(job.input.validation) if job.input.validation else clean
        indices = range(len(judged)) if job.input.validation else held_out
        labels = [classes.index(judged.accounts[index]["label"]) for index in indices]
        validate = validation(judged, indices, labels, length, size, device, workers=job.threads)
    facts = [[account["crc"] for account in each.accounts] for each in (clean, *corrupted)]
    return training.run(model, clips, classes, [dataset, seed, facts], device, perturb, validate)
