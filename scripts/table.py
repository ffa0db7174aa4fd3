"""One table of the paper: a summary of its cells as CSV, Markdown and LaTeX."""

import json
from pathlib import Path

from framefault.cli import Output, stage
from framefault.evaluation.summary import read_cells
from framefault.evaluation.tables import as_text, table_rows
from framefault.files import write_csv, write_text


@stage(
    cells=[Path],
    columns=json.loads,
    counts=json.loads,
    conditions=json.loads,
    datasets=json.loads,
    seeds=json.loads,
    caption=str,
    csv=Output,
    md=Output,
    tex=Output,
)
def main(args):
    cells = read_cells(args.cells)
    rows = table_rows(cells, args.columns, args.counts, args.conditions, args.datasets, args.seeds)
    write_csv(args.csv, rows)
    for path, style in ((args.md, "github"), (args.tex, "latex_booktabs")):
        write_text(path, as_text(rows, args.columns, args.counts, args.caption, style))


if __name__ == "__main__":
    main()
