"""Have published weights of a network at hand: the file that is there, or a download; verified."""

from framefault.files import file_digest, write_json
from framefault.training.published import fetch
from framefault.workflow.job import log, stage


@stage
def main(job):
    path = fetch(job.settings.registered, **job.circumstances)
    log.info("%s", path)
    facts = {"file": path.name, "bytes": path.stat().st_size, "sha256": file_digest(path)}
    write_json(job.output.facts, facts)
