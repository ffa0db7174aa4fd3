"""Try a user's network before anything waits for it: whether it is one, and for which classes."""

from pathlib import Path

from framefault.data.manifest import read_manifest
from framefault.files import file_digest, write_json
from framefault.tasks.recognition.classes import outputs_of, read_classes
from framefault.tasks.recognition.given import Sees, count_outputs, open_network
from framefault.training.published import categories, fetched
from framefault.workflow.job import stage


@stage
def main(job):
    model, name = job.settings.model, job.wildcards.model
    labels = sorted(set(read_manifest(job.input.manifest)["label"]))
    path = job.circumstances.file
    if job.input.published:
        path = fetched(job.input.published, job.circumstances.folder)
    network = open_network(model, path)
    outputs = count_outputs(network, Sees(**job.settings.sees), name)
    names = labels
    if job.circumstances.classes:
        names = read_classes(job.circumstances.classes)
    elif job.input.published:
        names = categories(job.settings.published)
    classes, places = outputs_of(names, labels, outputs, name)
    facts = {"classes": classes, "outputs": places, "sha256": file_digest(Path(path))}
    facts["files"] = job.settings.content  # predictions follow an edit of the network's code, too
    write_json(job.output.facts, facts)
