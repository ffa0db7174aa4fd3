"""Say which files of any folder are damaged; the exit status is 1 if there are some."""

import argparse
import os
import sys
from pathlib import Path

from framefault.data.audit import audit
from framefault.errors import UserError
from framefault.tabular import write_csv


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--out", type=Path, help="a CSV file with a line per file")
    parser.add_argument("--cores", type=int, default=len(os.sched_getaffinity(0)))
    args = parser.parse_args()
    if not args.folder.is_dir():
        raise UserError(f"There is no folder {args.folder}.")
    files = audit(args.folder, args.cores)
    damaged = files[files["damaged"] == 1]
    for row in damaged.itertuples():
        print(f"{row.path if row.path.isprintable() else repr(row.path)}: {row.reason}")
    videos = int(files["opened"].sum())
    print(f"{len(damaged)} of {len(files)} files are damaged; {videos} have video.")
    if args.out:
        write_csv(args.out, files)
        print(f"Each file's account: {args.out}")
    return int(len(damaged) > 0)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except UserError as error:
        sys.exit(f"framefault: {error}")
