"""One figure of "Do Image Classifiers Generalize Across Time?"."""

import json
from pathlib import Path

import numpy as np

from framefault.cli import Output, stage
from framefault.files import write_csv
from framefault.plots.style import save, styled
from framefault.pmk import figures
from framefault.pmk.results import read_results

NOTE = "Data set: embedded, generated videos, not the paper's."


@stage(
    figure=str,
    facts=json.loads,
    sets=[Path],
    cells=[Path],
    arrays=[Path],
    generated=str,
    pdf=Output,
    png=Output,
    csv=Output,
)
def main(args):
    results = read_results(args.facts, args.sets, args.cells)
    draw = getattr(figures, args.figure.removeprefix("time_"))
    with styled():
        figure, rows = draw(results, *[np.load(path, mmap_mode="r") for path in args.arrays])
        save(figure, NOTE if args.generated == "yes" else "", args.pdf, args.png)
    write_csv(args.csv, rows)


if __name__ == "__main__":
    main()
