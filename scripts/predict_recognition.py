"""Logits of one model on the clips of one condition."""

import torch

from framefault.tasks.recognition.predict import predict
from framefault.tasks.recognition.predictions import read_predictions, write_predictions
from framefault.training.device import describe, pick_device
from framefault.training.weights import load_strictly, load_weights
from framefault.video.cache import DecodedClips
from framefault.workflow.job import stage


@stage
def main(job):
    network, device = dict(job.settings.network), pick_device()
    length, size = network.pop("frames"), network.pop("size")
    clips = DecodedClips(job.input.clean)
    if job.input.corrupted:
        clips = DecodedClips(job.input.corrupted, clips, job.settings.gaps)
    state, classes = load_weights(job.input.weights)
    model = job.method().build(len(classes), **network)
    load_strictly(model, state, job.input.weights)
    model.to(memory_format=torch.channels_last_3d)
    known = read_predictions(job.input.known)["logits"] if job.input.known else None
    logits = predict(model, clips, length, size, device, known, workers=job.threads)
    write_predictions(job.output.predictions, clips, classes, logits)
    return {"device": describe(device)}
