"""Unpack a publisher's archive, whole or not at all."""

import json
from pathlib import Path

from framefault.data.unpack import unpack
from framefault.errors import UserError
from framefault.files import whole
from framefault.workflow.job import stage


@stage
def main(job):
    facts = json.loads(job.input.facts.read_text(encoding="utf-8"))
    archive = Path(job.circumstances.folder, facts["file"])
    if not archive.is_file() or archive.stat().st_size != facts["bytes"]:
        raise UserError(
            f"{archive} is not there any more as it was verified;"
            f" `rm {job.input.facts}` and run the same command again."
        )
    with whole(job.output.folder) as part:
        unpack(archive, part, job.settings.root, job.settings.nested, job.threads)
