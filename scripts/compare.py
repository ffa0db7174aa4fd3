"""Compare a table with the numbers the paper prints."""

from pathlib import Path

from framefault.cli import Output, stage
from framefault.comparison import COLUMNS, compare
from framefault.files import read_csv, write_csv
from framefault.tables import DEFENCES


@stage(table=Path, published=Path, comparison=Output)
def main(args):
    rows = compare(read_csv(args.table), read_csv(args.published), DEFENCES)
    write_csv(args.comparison, rows, COLUMNS)


if __name__ == "__main__":
    main()
