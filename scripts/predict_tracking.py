"""Tracks that one model finds in the sequences of one condition."""

from functools import partial

from framefault.data.manifest import read_manifest
from framefault.tasks.tracking.association import track
from framefault.tasks.tracking.detectors import make_detector
from framefault.tasks.tracking.predictions import predict, read_predictions, write_predictions
from framefault.video.cache import DecodedClips
from framefault.workflow.job import stage


@stage
def main(job):
    clips = DecodedClips(job.input.clean)
    if job.input.corrupted:
        clips = DecodedClips(job.input.corrupted, clips, "drop")
    condition = {key: job.wildcards[key] for key in ("corruption", "level", "seed")}
    detect, facts = make_detector(job.settings.detector, job.input.weights, condition)
    rates = read_manifest(job.input.manifest).set_index("id")["fps"]
    known = None
    if job.input.known:
        known = [prediction["tracks"] for prediction in read_predictions(job.input.known)]
    tracks = predict(detect, clips, rates, partial(track, options=job.settings.tracker), known)
    write_predictions(job.output.predictions, clips, tracks)
    return facts
