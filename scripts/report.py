"""The report of a run: one page with everything that it made, and six lines for the terminal."""

from framefault.files import read_json, write_text
from framefault.report import accounts, making, numbers
from framefault.report.page import data_in_words, page, summary
from framefault.report.pictures import embedded_figures
from framefault.tabular import read_csv
from framefault.workflow.chain import chain
from framefault.workflow.costs import estimated
from framefault.workflow.job import stage
from framefault.workflow.provenance import record_path


@stage
def main(job):
    settings = job.settings
    files = by_name(job.input, job.prefix)
    content = {"clips": [clips(name, files, settings) for name in of_clips(settings.conditions)]}
    figures = [name for paper in settings.papers for name in paper["figures"]]
    embedded = embedded_figures([files[f"results/figures/{name}.png"] for name in figures])
    pictures = dict(zip(figures, embedded, strict=True))
    papers = [of_paper(paper, files, pictures, settings.names) for paper in settings.papers]
    content |= {"papers": papers} | numbers.totals(papers)
    content |= made(job.input, job.circumstances.config)
    content |= {
        "datasets": settings.datasets,
        "data": data_in_words(settings.datasets),
        "confidence": settings.confidence,
        "playable": settings.playable,
        "names": settings.names,
        "reasons": accounts.REASONS,
    }
    write_text(job.output.html, page(content))
    write_text(job.output.summary, summary(content))


def by_name(inputs, prefix):
    """The inputs by their paths from results/ on, wherever a module's prefix puts that."""
    paths = (path for paths in inputs.values() for path in paths)
    return {path.relative_to(prefix).as_posix(): path for path in paths}


def of_clips(conditions):
    return dict.fromkeys(each["dataset"] for each in conditions)


def clips(dataset, files, settings):
    """Examples and accounts of a data set's clips: a row per condition, the clean one first."""
    conditions = [each for each in settings.conditions if each["dataset"] == dataset]
    path = files[f"results/excerpts/clips/{dataset}.json"]
    excerpt = read_json(path, "an excerpt of clips", dict)
    names, rows = excerpt["names"], excerpt["rows"]
    tables = [accounts.together(each["predictions"]) for each in conditions]
    whole = dict(zip(tables[0]["clip"], tables[0]["frames"], strict=True))
    for row, condition, table in zip(rows, conditions, tables, strict=True):
        row |= accounts.account(table, settings.playable, whole)
        row["draws"] = len(condition["predictions"])
    return {"dataset": dataset, "names": names, "rows": rows}


def of_paper(paper, files, pictures, names):
    """What is shown of a paper: its tables, figures, claims, and printed numbers beside ours."""
    columns = {name: table["columns"] for name, table in paper["tables"].items()}
    tables = {
        name: numbers.read_table(files[f"results/tables/{name}.csv"], columns[name])
        for name in columns
    }
    headlines = [
        numbers.headline(tables[entry["table"]], entry, columns[entry["table"]])
        for entry in paper["headline"]
        if entry["table"] in tables
    ]
    compared = [
        row
        for name in paper["comparisons"]
        for row in numbers.compared(
            name, comparison(name, files, {"row": str}), columns[name], names
        )
    ]
    claims = [
        row for name in paper["claims"] for row in numbers.claims(comparison(name, files, None))
    ]
    return paper | {
        "tables": [view(name, each, tables[name], files) for name, each in paper["tables"].items()],
        "figures": [
            {"name": name, "about": about, "picture": pictures[name]}
            for name, about in paper["figures"].items()
        ],
        "claims_files": paper["claims"],
        "claims": claims,
        "verdicts": numbers.by_verdict(claims),
        "numbers": compared,
        "headlines": list(filter(None, headlines)),
    }


def comparison(name, files, types):
    return read_csv(files[f"results/comparison/{name}.csv"], types)


def view(name, settings, table, files):
    """A table as the page shows it."""
    text = files[f"results/tables/{name}.md"].read_text(encoding="utf-8")
    caption, *warnings = numbers.captions(text)
    headings, rows = numbers.table_view(table, settings["columns"], settings["names"])
    words = {"caption": caption, "warnings": warnings}
    return words | {"name": name, "headings": headings, "rows": rows}


def made(inputs, config):
    """How everything was made, and what it is said to cost."""
    records = list(chain(*of_jobs(inputs)).values())
    costs = estimated(records, config)
    return {
        "stages": making.stages(records, costs),
        "versions": making.versions(records),
        "costs": [sum(cost[part] for cost in costs.values()) for part in range(2)],
        "jobs": len(records),
    }


def of_jobs(inputs):
    """The inputs that a job has made and recorded, one for each job."""
    paths = (path for paths in inputs.values() for path in paths)
    return {record_path(path): path for path in paths if record_path(path).is_file()}.values()
