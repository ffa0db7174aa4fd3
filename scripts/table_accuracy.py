"""Tables 1 and 2 of "Beyond the Pixels": accuracy of all defences under all corruptions."""

import json
from pathlib import Path

from framefault.cli import Output, stage
from framefault.tables import accuracy_rows, as_csv, as_text, read_cells, write_text


@stage(
    cells=[Path],
    over=str,
    conditions=json.loads,
    datasets=json.loads,
    seed=int,
    caption=str,
    csv=Output,
    md=Output,
    tex=Output,
)
def main(args):
    cells = read_cells(args.cells)
    rows = accuracy_rows(cells, args.over, args.conditions, args.datasets, args.seed)
    write_text(args.csv, as_csv(rows))
    write_text(args.md, as_text(rows, args.caption, "github"))
    write_text(args.tex, as_text(rows, args.caption, "latex_booktabs"))


if __name__ == "__main__":
    main()
