"""Croissant 1.1: the tables of an archive, column by column, as data sets for machine learning."""

import io
from itertools import groupby
from pathlib import PurePosixPath

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import yaml

from framefault.workflow.crate import LICENCE, content, described, squeezed

NAME = "croissant.json"
CONTEXT = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "arrayShape": "cr:arrayShape",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "containedIn": "cr:containedIn",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "description": {"@container": "@language"},
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileProperty": "cr:fileProperty",
    "fileObject": "cr:fileObject",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isArray": "cr:isArray",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "name": {"@container": "@language"},
    "parentField": "cr:parentField",
    "path": "cr:path",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
PARQUET = "application/x-parquet"  # as `mlcroissant` calls it
TYPES = {
    "bool": "sc:Boolean", "int32": "cr:Int32", "int64": "cr:Int64", "float": "cr:Float32",
    "double": "cr:Float64",
}  # fmt: skip
ABOUT = {
    "manifests": "what a data set holds",
    "tables": "a table of scores",
    "comparison": "our numbers beside the printed ones",
    "figures": "the numbers of a figure",
}


def croissant(files, times):
    """The metadata of the files {name: bytes} of an archive; `times` as of `crate.crate`."""
    cited = yaml.safe_load(files["CITATION.cff"])
    known = content(files, *(f"{folder}/" for folder in ABOUT))
    tables = [name for name in known if name.endswith((".csv", ".parquet"))]
    sets = prediction_sets(files)
    papers = [f"{squeezed(each['title'])}. {each['url']}" for each in cited["references"]]
    return {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "name": "framefault-results",
        "description": "Clips, labels and splits of the data sets of a run of framefault, what"
        " models said of them, and the scores in its tables and figures.",
        "conformsTo": "http://mlcommons.org/croissant/1.1",
        "citeAs": " ".join(papers),
        "license": LICENCE,
        "url": "results/report.html",
        "version": cited["version"],
        **({"datePublished": times[1][:10]} if times else {}),
        "distribution": [
            *(file_object(name, files) for name in tables),
            *(file_set(name, models) for name, (models, _) in sets.items()),
        ],
        "recordSet": [
            *(of_file(name, files[name]) for name in tables),
            *(
                record_set(name, f"{name}: predictions, a row each", schema, {"fileSet": name})
                for name, (_, schema) in sets.items()
            ),
        ],
    }


def prediction_sets(files):
    """{name: (models, schema)} of predictions: those of a data set that have the same columns."""
    found = []
    for name in files:
        if name.startswith("results/predictions/") and name.endswith(".parquet"):
            _, _, dataset, model, *_ = name.split("/")
            found.append((dataset, str(schema := schema_of(name, files[name])), model, schema))
    sets = {}
    for (dataset, _), group in groupby(sorted(found, key=lambda each: each[:3]), lambda e: e[:2]):
        group = list(group)
        number = sum(name.startswith(f"predictions/{dataset}/") for name in sets) + 1
        models = list(dict.fromkeys(f"{dataset}/{each[2]}" for each in group))
        sets[f"predictions/{dataset}/{number}"] = models, group[0][3]
    return sets


def schema_of(name, data):
    """The columns of a table and their types."""
    if name.endswith(".parquet"):
        return pq.read_schema(io.BytesIO(data))
    return pa.Schema.from_pandas(pd.read_csv(io.BytesIO(data)), preserve_index=False)


def file_object(name, files):
    facts = described(name, files)
    if name.endswith(".parquet"):
        facts["encodingFormat"] = PARQUET
    kept = ("name", "encodingFormat", "contentSize", "sha256")
    return (
        {"@type": "cr:FileObject", "@id": name}
        | {key: facts[key] for key in kept}
        | {"contentUrl": name}
    )


def file_set(name, models):
    return {
        "@type": "cr:FileSet",
        "@id": name,
        "name": name,
        "encodingFormat": PARQUET,
        "includes": [f"results/predictions/{each}/*.parquet" for each in models],
    }


def of_file(name, data):
    path = PurePosixPath(name)
    folder, stem = path.parts[1], path.name.removesuffix(path.suffix)
    words = f"{stem}: {ABOUT[folder]}"
    return record_set(f"{folder}/{stem}", words, schema_of(name, data), {"fileObject": name})


def record_set(name, words, schema, source):
    """A record set with a field for each column, but for lists of records, which it leaves out."""
    ((kind, file),) = source.items()
    identity = f"records/{name}"
    fields = [
        {
            "@type": "cr:Field",
            "@id": f"{identity}/{'_'.join(column.name.split())}",
            "name": column.name,
            **data_type(column.type),
            "source": {kind: {"@id": file}, "extract": {"column": column.name}},
        }
        for column in schema
        if data_type(column.type)
    ]
    return {
        "@type": "cr:RecordSet", "@id": identity, "name": name, "description": words,
        "field": fields,
    }  # fmt: skip


def data_type(kind):
    """The type of a field, {} for one that Croissant has no word for."""
    depth = 0
    while pa.types.is_list(kind):
        kind, depth = kind.value_type, depth + 1
    if pa.types.is_struct(kind):
        return {}
    found = {"dataType": TYPES.get(str(kind), "sc:Text")}
    return found | ({"isArray": True, "arrayShape": ",".join(depth * ["-1"])} if depth else {})
