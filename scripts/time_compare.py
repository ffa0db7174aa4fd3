"""A table of paper B beside the numbers that the paper prints."""

from pathlib import Path

from framefault.cli import Output, stage
from framefault.files import read_csv, write_csv
from framefault.pmk.comparison import COLUMNS, compare


@stage(table=Path, published=Path, generated=str, comparison=Output)
def main(args):
    rows = compare(read_csv(args.table), read_csv(args.published), args.generated == "yes")
    write_csv(args.comparison, rows, COLUMNS)


if __name__ == "__main__":
    main()
