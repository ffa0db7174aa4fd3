"""Bring a user's checkpoint into the project as safetensors, without running its code."""

from pathlib import Path

from framefault.training.weights import check_digest, load_weights, save_state
from framefault.workflow.job import stage


@stage
def main(job):
    file = Path(job.settings.weights)
    check_digest(file, job.settings.weights_sha256)
    state, classes = load_weights(file)
    save_state(state, job.output.weights, classes)
