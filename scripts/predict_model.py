"""Logits of a network that a user brings, on the clips of one condition."""

from functools import partial
from pathlib import Path

import torch

from framefault.errors import UserError
from framefault.files import file_digest
from framefault.tasks.recognition.classes import merged, read_facts
from framefault.tasks.recognition.given import OnnxNetwork, Sees, open_network
from framefault.tasks.recognition.predict import predict
from framefault.tasks.recognition.predictions import read_predictions, write_predictions
from framefault.training.device import describe, pick_device
from framefault.training.published import fetched
from framefault.video.cache import DecodedClips
from framefault.workflow.job import stage


@stage
def main(job):
    sees, facts = Sees(**job.settings.sees), read_facts(job.input.facts)
    path = Path(job.circumstances.file)
    if job.input.published:
        path = fetched(job.input.published, job.circumstances.folder)
    clips = DecodedClips(job.input.clean)
    if job.input.corrupted:
        clips = DecodedClips(job.input.corrupted, clips, job.settings.gaps)
    network = open_network(job.settings.model, path)
    device = torch.device("cpu") if isinstance(network, OnnxNetwork) else pick_device()
    if file_digest(path) != facts["sha256"]:
        raise UserError(
            f"{path} is another file than the one that was checked; run the same command again."
        )
    known = read_predictions(job.input.known)["logits"] if job.input.known else None
    logits = predict(
        network, clips, sees.frames, sees.size, device, known, sees, sees.stride, sees.share,
        merge=partial(merged, outputs=facts["outputs"]),
    )  # fmt: skip
    write_predictions(job.output.predictions, clips, facts["classes"], logits)
    return {"device": describe(device)}
