"""Figure 2 of paper B: frames that review rejected, beside their anchors, by the reason."""

import pandas as pd

from framefault.plots.excerpt import by_number, read_excerpt
from framefault.plots.rejected import draw_rejected, figure_size
from framefault.plots.style import drawn
from framefault.tabular import write_csv
from framefault.tasks.frames.examples import COLUMNS
from framefault.workflow.job import stage


@stage
def main(job):
    excerpt = read_excerpt(job.input.excerpt)
    table = pd.DataFrame(excerpt["rows"], columns=excerpt["columns"])
    write_csv(job.output.csv, table[COLUMNS])
    with drawn(*figure_size(table), job.settings.figure["note"], job.output) as figure:
        draw_rejected(figure, table, by_number(excerpt["frames"]))
