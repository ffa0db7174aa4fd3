"""Boxes that one detector finds in all frames of a data set, at full size."""

from framefault.errors import UserError
from framefault.tasks.detection.networks import build
from framefault.tasks.detection.predict import detect
from framefault.tasks.detection.predictions import write_predictions
from framefault.tasks.frames.pictures import frames_below, pictures_of
from framefault.tasks.frames.sets import read_sets
from framefault.training.device import describe, pick_device
from framefault.training.weights import load_strictly, load_weights
from framefault.workflow.job import stage


@stage
def main(job):
    sets = read_sets(job.input.manifest)
    state, classes = load_weights(job.input.weights)
    if classes not in (None, sets.classes):
        raise UserError(
            f"{job.wildcards.model} has learned other classes than {job.wildcards.dataset} has, or"
            " in another order; train it on pictures of these classes."
        )
    model = build(job.settings.network, len(sets.classes))
    load_strictly(model, state, job.input.weights)
    pictures, device = pictures_of(frames_below(job.settings.folder), sets.frames), pick_device()
    write_predictions(job.output.predictions, sets.frames, detect(model, pictures, device))
    return {"device": describe(device)}
