"""Compare a table with the numbers the paper prints."""

import json
from pathlib import Path

from framefault.cli import Output, stage
from framefault.evaluation.comparison import COLUMNS, compare
from framefault.files import read_csv, write_csv


@stage(table=Path, published=Path, columns=json.loads, comparison=Output)
def main(args):
    rows = compare(read_csv(args.table), read_csv(args.published), args.columns)
    write_csv(args.comparison, rows, COLUMNS)


if __name__ == "__main__":
    main()
