"""A figure of curves over corruption levels, beside the paper's printed numbers."""

import json
from pathlib import Path

from framefault.cli import Output, stage
from framefault.evaluation.comparison import printed_numbers
from framefault.evaluation.summary import read_cells
from framefault.files import read_csv, write_csv
from framefault.plots.curves import COLUMNS, curve_rows, draw_curves
from framefault.plots.style import drawn


@stage(
    cells=[Path], published=[Path], panels=json.loads, conditions=json.loads, seeds=json.loads,
    note=str, pdf=Output, png=Output, csv=Output,
)  # fmt: skip
def main(args):
    printed = {
        (str(path), number["column"], number["corruption"], float(number["p"])): float(
            number["value"]
        )
        for path in args.published
        for number in printed_numbers(read_csv(path))
    }
    rows = curve_rows(args.panels, read_cells(args.cells), printed, args.conditions, args.seeds)
    write_csv(args.csv, rows, COLUMNS)
    with drawn(0.9 + 2.7 * len(args.panels), 4.2, args.note, args.pdf, args.png) as figure:
        draw_curves(figure, args.panels, rows)


if __name__ == "__main__":
    main()
