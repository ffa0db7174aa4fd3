"""One table of a paper as CSV, Markdown and LaTeX."""

from framefault.files import write_text
from framefault.results.scores import read_scores
from framefault.results.tables import (
    as_text,
    chance_warnings,
    latex,
    make_table,
    markdown,
    ordered,
)
from framefault.tabular import write_csv
from framefault.workflow.job import stage


@stage
def main(job):
    wanted = job.settings.table
    columns, caption = wanted["columns"], wanted["caption"]
    headings = {name: column["heading"] for name, column in columns.items()}
    scores = read_scores(job.input.cells)
    table = make_table(wanted["rows"], columns, scores, wanted["several_runs"])
    if wanted["sort"]:
        table = ordered(table, wanted["sort"])
    write_csv(job.output.csv, table)
    caption = " ".join([caption, *chance_warnings(scores, headings)])
    text = as_text(table, columns, wanted["intervals"], wanted["names"])
    write_text(job.output.md, markdown(text, caption))
    write_text(job.output.tex, latex(text, caption))
