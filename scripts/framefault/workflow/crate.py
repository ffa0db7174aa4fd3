"""Workflow Run RO-Crate: what an archive of results says of itself to machines.

The profile is https://w3id.org/ro/wfrun/workflow/0.5, on RO-Crate 1.1. Nothing is taken from a
clock: the same archive says the same.
"""

import mimetypes
from importlib.metadata import version
from pathlib import Path

import yaml

from framefault.files import sha256
from framefault.workflow.provenance import SUFFIX

NAME = "ro-crate-metadata.json"
CONTEXT = "https://w3id.org/ro/crate/1.1/context"
PROFILES = {
    "https://w3id.org/ro/wfrun/process/0.5": "Process Run Crate",
    "https://w3id.org/ro/wfrun/workflow/0.5": "Workflow Run Crate",
    "https://w3id.org/workflowhub/workflow-ro-crate/1.0": "Workflow RO-Crate",
}
WORKFLOW, SETTINGS, LICENCE = "Snakefile", "config/config.yaml", "LICENSE"
SNAKEMAKE = "https://snakemake.github.io"
MADE = ("tables/", "figures/", "comparison/", "report.")  # what a run is for
# What machines do not know of themselves, or not all alike.
FORMATS = {
    "": "text/plain", ".csv": "text/csv", ".html": "text/html", ".md": "text/markdown",
    ".parquet": "application/vnd.apache.parquet", ".tex": "application/x-tex",
    ".tracks": "application/octet-stream", ".yaml": "application/yaml",
}  # fmt: skip
PARTS = {
    "results/cells": "All scores, a file for each model under each condition",
    "results/excerpts": "The frames that figures and the report show",
    "results/predictions": "What models said of every clip, of the models that tables ask",
}


def crate(files, times):
    """The metadata of the files {name: bytes} of an archive, among them those of `ABOUT`.

    `times` are when the run began and ended, in ISO 8601, or None.
    """
    cited = yaml.safe_load(files["CITATION.cff"])
    made = content(files, *MADE)
    data = content(files, "manifests/")
    folders = {
        folder: words
        for folder, words in PARTS.items()
        if any(name.startswith(f"{folder}/") for name in files)
    }
    papers = [article(paper) for paper in cited["references"]]
    known = {"startTime": times[0], "endTime": times[1]} if times else {}
    root = {
        "@id": "./",
        "@type": "Dataset",
        "name": "Results of framefault",
        "description": f"Tables and figures of a run of framefault. {squeezed(cited['abstract'])}",
        "conformsTo": references(PROFILES),
        "license": {"@id": LICENCE},
        "mainEntity": {"@id": WORKFLOW},
        "mentions": {"@id": "#run"},
        "citation": references(paper["@id"] for paper in papers),
        "hasPart": references(
            [WORKFLOW, SETTINGS, LICENCE, *made, *data, *(f"{name}/" for name in folders)]
        ),
    }
    run = {
        "@id": "#run",
        "@type": "CreateAction",
        "name": "A run of framefault",
        "description": "The settings that each job read are in its record beside its files.",
        "instrument": {"@id": WORKFLOW},
        "object": references([SETTINGS, *data]),
        "result": references(made),
        "actionStatus": "http://schema.org/CompletedActionStatus",
    }
    return {
        "@context": CONTEXT,
        "@graph": [
            {
                "@id": NAME,
                "@type": "CreativeWork",
                "about": {"@id": "./"},
                "conformsTo": references(
                    ["https://w3id.org/ro/crate/1.1", [*PROFILES][-1]],
                ),
            },
            root | ({"datePublished": times[1][:10]} if times else {}),
            run | known,
            described(WORKFLOW, files) | workflow(cited),
            {"@id": SNAKEMAKE, "@type": "ComputerLanguage", "name": "Snakemake",
             "version": version("snakemake"), "url": {"@id": SNAKEMAKE}},
            described(SETTINGS, files)
            | {"description": "Settings where a run names no others; each job's are in its record"},
            described(LICENCE, files)
            | {"name": f"{cited['license']} (framefault); what is shown of data keeps its own"},
            *papers,
            *({"@id": each, "@type": "CreativeWork", "name": name, "version": each.split("/")[-1]}
              for each, name in PROFILES.items()),
            *(described(name, files) for name in [*made, *data]),
            *({"@id": f"{folder}/", "@type": "Dataset", "name": words}
              for folder, words in folders.items()),
        ],
    }  # fmt: skip


def content(files, *starts):
    """The names of results that begin so below results/, without records."""
    below = tuple(f"results/{start}" for start in starts)
    return [name for name in files if name.startswith(below) and not name.endswith(SUFFIX)]


def references(names):
    return [{"@id": name} for name in names]


def workflow(cited):
    return {
        "@type": ["File", "SoftwareSourceCode", "ComputationalWorkflow"],
        "conformsTo": {"@id": "https://bioschemas.org/profiles/ComputationalWorkflow/1.0-RELEASE"},
        "name": cited["title"],
        "version": cited["version"],
        "license": {"@id": LICENCE},
        "programmingLanguage": {"@id": SNAKEMAKE},
    }


def article(paper):
    authors = ", ".join(each["name"] for each in paper["authors"])
    return {
        "@id": paper["url"],
        "@type": "ScholarlyArticle",
        "name": squeezed(paper["title"]),
        "creditText": authors,
        "datePublished": str(paper["year"]),
    }


def squeezed(text):
    return " ".join(text.split())


def described(name, files):
    """A file as an entity: its name, format, size and digest."""
    suffix = Path(name).suffix
    kind = FORMATS.get(suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"
    return {
        "@id": name,
        "@type": "File",
        "name": name.removeprefix("results/"),
        "encodingFormat": kind,
        "contentSize": str(len(files[name])),
        "sha256": sha256(files[name]),
    }
