"""Compare a table with the numbers the paper prints."""

from pathlib import Path

from framefault.cli import arguments, run
from framefault.comparison import COLUMNS, compare
from framefault.files import read_csv, write_csv
from framefault.tables import DEFENCES


def main():
    args = arguments(__doc__, table=Path, published=Path, comparison=Path)
    rows = compare(read_csv(args.table), read_csv(args.published), DEFENCES)
    write_csv(args.comparison, rows, COLUMNS)


if __name__ == "__main__":
    run(main)
