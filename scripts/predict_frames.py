"""Logits of one model on all frames of a data set."""

import numpy as np

from framefault.errors import UserError
from framefault.tasks.frames.networks import build, load_fetched
from framefault.tasks.frames.predict import logits_of
from framefault.tasks.frames.predictions import check_width, write_predictions
from framefault.tasks.frames.sets import read_sets
from framefault.training.device import describe, pick_device
from framefault.training.weights import load_strictly, load_weights
from framefault.workflow.job import stage


@stage
def main(job):
    sets = read_sets(job.input.manifest)
    dataset, name = job.wildcards.dataset, job.wildcards.model
    if job.input.weights:
        state, classes = load_weights(job.input.weights)
        if len(classes) == len(sets.classes) and classes != sets.classes:
            raise UserError(
                f"{name} has learned other classes than {dataset} has, or in another order;"
                f" train it with targets: {dataset}."
            )
        model = build(outputs=len(classes), **job.settings.network)
        load_strictly(model, state, job.input.weights)
    else:
        model = load_fetched(job.settings.registered, job.input.published, job.circumstances.folder)
    device, frames = pick_device(), np.load(job.input.frames, mmap_mode="r")
    logits = logits_of(model, frames, device=device, **job.settings.preprocessing)
    check_width(logits, sets, name)
    write_predictions(job.output.predictions, sets.frames, logits)
    return {"device": describe(device)}
