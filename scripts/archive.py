"""Write results/archive.tar.xz, from which a new clone has all results; or restore one."""

import argparse
import sys
from pathlib import Path

from framefault.errors import UserError
from framefault.workflow import archive


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--restore", type=Path, metavar="ARCHIVE", help="write its files here")
    most = archive.MOST / 1e6
    parser.add_argument("--max-mb", type=float, default=most, help="refuse to write more")
    args = parser.parse_args()
    target = args.restore or archive.RESULTS / archive.NAME
    try:
        if args.restore:
            count = archive.restore(target)
        else:
            count = archive.write(target, 1e6 * args.max_mb)
    except UserError as error:
        sys.exit(f"framefault: {error}")
    if args.restore:
        print(f"{count} files of {target} are in results/, each as its record says.")
    else:
        print(f"{target}: {count} files, {target.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
