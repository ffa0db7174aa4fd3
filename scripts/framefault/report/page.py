"""The page itself, and the lines that a terminal shows of it."""

import importlib.resources
import re

import itables
import jinja2

from framefault.report import FILES
from framefault.report.numbers import COUNTED, mark

BUNDLE = "html/dt_bundle.js"  # DataTables and jQuery in one module, as itables brings them
# A browser keeps a node for every gap, which takes time in large tables.
BETWEEN_CELLS = re.compile(r"\s+(?=</?(?:t[dhr]|thead|tbody)\b)")
KINDS = {"csv": "CSV", "md": "Markdown", "tex": "LaTeX", "pdf": "PDF", "png": "PNG",
         "provenance.json": "record"}  # fmt: skip


def page(content):
    """The report as HTML, with all that it needs inside; `content` is what page.html names."""
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {
        "title_of": title_of, "hours": hours, "percent": percent, "decimal": decimal
    }  # fmt: skip
    html, css, js = (file.read_text(encoding="utf-8") for file in FILES)
    bundle = importlib.resources.files(itables).joinpath(BUNDLE).read_text(encoding="utf-8")
    shown = [
        item["name"]
        for paper in content["papers"]
        for item in [*paper["tables"], *paper["figures"]]
    ]
    found = environment.from_string(html).render(
        content,
        title=title(content["datasets"]),
        generated=sum(each["generated"] for each in content["datasets"].values()),
        label={name: title_of(name) for name in shown},
        marks={words: mark(start) for words, start in COUNTED.items()},
        words_of_kind=KINDS,
        css=css,
        js=js,
        bundle=bundle,
    )
    return BETWEEN_CELLS.sub("", found)


def title(datasets):
    """What the page is about: real data sets by name, and that others are generated videos."""
    named = [name for name, each in datasets.items() if not each["generated"]]
    if any(each["generated"] for each in datasets.values()):
        named.append("generated videos")
    return f"Report on {', '.join(named)}"


def data_in_words(datasets):
    """Which data a run was made from; `datasets` are {name: {"generated": ...}}."""
    made = [name for name, each in datasets.items() if each["generated"]]
    real = [name for name in datasets if name not in made]
    words = [f"real videos: {', '.join(real)}"] if real else []
    words += [f"embedded, generated videos: {', '.join(made)}"] if made else []
    return "; ".join(words) or "none"


def title_of(name):
    """What a table or figure is called on the page: "Figure 3 (paper B)" for paper_b_figure3."""
    paper, kind, number = re.fullmatch(r"(?:paper_([a-z]+)_)?(.*?)(\d*)", name).groups()
    words = f"{kind.replace('_', ' ').capitalize()} {number}".strip()
    return f"{words} (paper {paper.upper()})" if paper else words


def hours(seconds):
    if not seconds:
        return "–"
    if seconds < 18:
        return "< 0.01"
    return f"{seconds / 3600:.2f}" if seconds < 36000 else f"{seconds / 3600:,.0f}"


def decimal(value):
    """A number as the papers print theirs: one decimal, none of large counts."""
    if value is None:
        return "–"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.1f}"


def percent(share):
    return "–" if share is None else f"{100 * share:.1f}"


def counted(counts, words=", "):
    """17 hold, 4 do not."""
    return words.join(f"{count} {name}" for name, count in counts.items())


def summary(content):
    """Six lines for a terminal: data, what was made, scores, claims, numbers, where the rest is."""
    made = content["made"]
    left_out = sum(len(paper["skipped"]) for paper in content["papers"])
    lines = {
        "Data": content["data"],
        "Made": f"{made['tables']} tables, {made['figures']} figures, {made['comparisons']}"
        f" comparisons; {left_out or 'nothing'} left out",
        "Scores": "; ".join(content["headlines"]) or "none",
        "Claims": counted(content["verdicts"]) or "none",
        "Numbers": f"{len(content['numbers'])} printed ones beside ours: "
        + counted(content["kinds"]),
        "More": "results/tables, results/figures and results/comparison",
    }
    return "".join(f"{name + ':':9}{words}\n" for name, words in lines.items())
