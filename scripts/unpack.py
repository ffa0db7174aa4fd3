"""Unpack a publisher's archive, whole or not at all."""

import json
from pathlib import Path

from framefault.cli import Output, stage
from framefault.clips.unpack import unpack
from framefault.errors import UserError
from framefault.files import whole


@stage(facts=Path, downloads=Path, options=json.loads, folder=Output, workers=int)
def main(args):
    facts = json.loads(args.facts.read_text(encoding="utf-8"))
    archive = args.downloads / facts["file"]
    if not archive.is_file() or archive.stat().st_size != facts["bytes"]:
        raise UserError(
            f"{archive} is not there any more as it was verified;"
            f" `rm {args.facts}` and run the same command again."
        )
    with whole(args.folder) as part:
        unpack(archive, part, args.options["root"], args.options["nested"], args.workers)


if __name__ == "__main__":
    main()
