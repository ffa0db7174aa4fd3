"""Have a publisher's archive at hand: the file that is there, or a download; verified."""

import json

from framefault.cli import Output, log, stage
from framefault.clips.download import obtain
from framefault.files import write_json
from framefault.workflow.provenance import digest


@stage(archive=json.loads, downloads=json.loads, facts=Output)
def main(args):
    path = obtain(args.archive, **args.downloads)
    log.info("%s", path)
    facts = {"file": path.name, "bytes": path.stat().st_size, "sha256": digest(path)}
    write_json(args.facts, facts)


if __name__ == "__main__":
    main()
