"""Figure 1 of paper B: anchors and a similar frame of each on which the best model errs."""

import pandas as pd

from framefault.plots.changes import draw_pairs
from framefault.plots.excerpt import by_number, read_excerpt
from framefault.plots.style import drawn
from framefault.tabular import write_csv
from framefault.workflow.job import stage


@stage
def main(job):
    settings, excerpt = job.settings.figure, read_excerpt(job.input.excerpt)
    table = pd.DataFrame(excerpt["rows"])
    facts = table.drop(columns=["pair", "number"]).assign(model=settings["model"])
    write_csv(job.output.csv, facts)
    note = f"The nearest frames on which {settings['model']} errs. {settings['note']}"
    with drawn(4.2, 2.3 * table["pair"].nunique(), note, job.output) as figure:
        draw_pairs(figure, table, by_number(excerpt["frames"]))
