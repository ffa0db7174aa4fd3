"""One table of "Do Image Classifiers Generalize Across Time?"."""

import json
from pathlib import Path

from framefault.cli import Output, stage
from framefault.files import read_csv, write_csv, write_text
from framefault.pmk import tables
from framefault.pmk.results import read_results


@stage(
    table=str,
    facts=json.loads,
    sets=[Path],
    cells=[Path],
    streams=[Path],
    recipes=json.loads,
    caption=str,
    csv=Output,
    md=Output,
    tex=Output,
)
def main(args):
    if args.table == "time_table10":
        rows = tables.table10(args.recipes)
    else:
        results = read_results(args.facts, args.sets, args.cells)
        name = {"time_table6": "time_table5"}.get(args.table, args.table)
        make = getattr(tables, name.removeprefix("time_"))
        rows = make(results, *[read_csv(path) for path in args.streams])
    write_csv(args.csv, rows, tables.columns_of(rows))
    write_text(args.md, tables.as_text(rows, args.caption, "github"))
    write_text(args.tex, tables.as_text(rows, args.caption, "latex_booktabs"))


if __name__ == "__main__":
    main()
