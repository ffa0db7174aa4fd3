"""List a data set's videos: split, size, digest and what the container says of each."""

import json
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from framefault.cli import Output, log, stage
from framefault.clips.folder import list_folder
from framefault.clips.manifest import COLUMNS, assign_splits, check_counts, check_splits
from framefault.clips.probe import probe
from framefault.errors import UserError
from framefault.files import sha256, write_csv
from framefault.shards import clip_id


def describe(path):
    """Facts of one video, or the reason why it cannot be read."""
    data = path.read_bytes()
    try:
        facts = probe(data)
    except ValueError as error:
        return str(error)
    return facts | {"bytes": len(data), "sha256": sha256(data)}


@stage(
    dataset=str,
    folder=Path,
    lists=[Path],
    listed=str,
    options=json.loads,
    manifest=Output,
    workers=int,
)
def main(args):
    exclude = set(args.options["exclude"])
    paths = [path for path in list_folder(args.folder) if path not in exclude]
    twice = [name for name, count in Counter(map(clip_id, paths)).items() if count > 1]
    if twice:
        raise UserError(
            f"{args.folder} has videos that differ by extension only, such as {twice[0]!r};"
            f" remove them or list them in datasets.{args.dataset}.exclude."
        )
    splits = assign_splits(paths, args.options["split"], args.dataset)
    check_splits(splits, args.dataset)
    check_counts(splits, args.options.get("counts", {}), args.dataset)
    with ProcessPoolExecutor(args.workers) as pool:
        facts = list(pool.map(describe, [args.folder / path for path in paths], chunksize=16))
    broken = {path: fact for path, fact in zip(paths, facts, strict=True) if isinstance(fact, str)}
    if broken:
        path, reason = next(iter(broken.items()))
        raise UserError(
            f"{len(broken)} of {len(paths)} videos in {args.folder} cannot be read, such as {path}"
            f" ({reason}); remove them or list them in datasets.{args.dataset}.exclude."
        )
    rows = [
        fact
        | {"id": clip_id(path), "path": path, "label": path.split("/")[0], "split": splits[path]}
        for path, fact in zip(paths, facts, strict=True)
    ]
    write_csv(args.manifest, rows, COLUMNS)
    log.info("%s", Counter(splits.values()))


if __name__ == "__main__":
    main()
