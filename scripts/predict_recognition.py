"""Logits of one model on the clips of one condition."""

from framefault.tasks.recognition.predict import predict
from framefault.tasks.recognition.predictions import read_predictions, write_predictions
from framefault.tasks.recognition.r3d import R3D
from framefault.training.device import describe, pick_device
from framefault.training.weights import load_strictly, load_weights
from framefault.video.cache import DecodedClips
from framefault.workflow.job import stage


@stage
def main(job):
    network, device = job.settings.network, pick_device()
    clips = DecodedClips(job.input.clean)
    if job.input.corrupted:
        clips = DecodedClips(job.input.corrupted, clips, job.settings.gaps)
    state, classes = load_weights(job.input.weights)
    model = R3D(network["depth"], len(classes), network["width"])
    load_strictly(model, state, job.input.weights)
    known = read_predictions(job.input.known)["logits"] if job.input.known else None
    logits = predict(model, clips, network["frames"], network["size"], device, known, job.threads)
    write_predictions(job.output.predictions, clips, classes, logits)
    return {"device": describe(device)}
