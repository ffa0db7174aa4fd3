"""Logits of one model on all frames of a data set."""

import numpy as np

from framefault.tasks.frames.inputs import MEAN, STD
from framefault.tasks.frames.networks import build, load_registered
from framefault.tasks.frames.predict import logits_of
from framefault.tasks.frames.predictions import write_predictions
from framefault.tasks.frames.sets import read_sets
from framefault.training.device import describe, pick_device
from framefault.training.weights import load_strictly, load_weights
from framefault.workflow.job import stage


@stage
def main(job):
    if job.input.weights:
        state, classes = load_weights(job.input.weights)
        model = build(outputs=len(classes), **job.settings.network)
        load_strictly(model, state, job.input.weights)
        mean, std, channels = MEAN, STD, "RGB"
    else:
        row = job.settings.registered
        model, mean, std, channels = load_registered(row), row["mean"], row["std"], row["channels"]
    device, frames = pick_device(), np.load(job.input.frames, mmap_mode="r")
    logits = logits_of(model, frames, mean, std, device, channels)
    write_predictions(job.output.predictions, read_sets(job.input.manifest).frames, logits)
    return {"device": describe(device)}
