"""Configuration: strict, complete, and canonical."""

import json
import math
import re
from copy import deepcopy
from functools import cache
from pathlib import Path

import yaml
from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

from framefault.errors import UserError
from framefault.models.bat import conditions

OFFICIAL = ("hmdb51", "ucf101")  # splits whose lists the publisher gives
# Folders of paper B's data sets in the archive of their release.
RELEASES = {"vid": "imagenet-vid-robust", "ytbb": "ytbb-robust"}
CORRUPTIONS = ("packet_loss", "random", "contiguous")
SCHEMA = Path(__file__).resolve().parents[2] / "config" / "schema.yaml"


def validated(config):
    """A checked copy of `config` with the schema's defaults filled in.

    Levels become strings, spelled as in the file, because they name paths. Raises UserError
    naming every wrong key, its value and what is allowed.
    """
    written = deepcopy(config)
    config = parsed(config)
    config.setdefault("sources", {})
    problems = list(dict.fromkeys(map(explain, validator().iter_errors(config))))
    if not problems:
        problems = inconsistencies(config) + misspelled_levels(written)
    if problems:
        raise UserError("Configuration: " + "; ".join(problems) + ".")
    for levels, spelled in zip(level_grids(config), level_grids(written), strict=True):
        levels |= {name: [str(level) for level in spelled[name]] for name in CORRUPTIONS}
    for dataset in config["datasets"].values():
        for key, rule in schema()["$defs"][dataset["type"]]["properties"].items():
            if "$ref" in rule:
                rule = schema()["$defs"][rule["$ref"].rpartition("/")[2]]
            if "default" in rule:
                dataset.setdefault(key, deepcopy(rule["default"]))
        if dataset.get("source"):
            unpacked = f"results/sources/{dataset['source']}"
            dataset.setdefault("path", f"{unpacked}/videos")
            if dataset["split"]["by"] in OFFICIAL:
                dataset["split"].setdefault("path", f"{unpacked}/splits")
    for dataset in config["time"]["datasets"].values():
        if dataset.get("source"):
            unpacked = f"results/sources/{dataset['source']}/all"
            dataset.setdefault("path", f"{unpacked}/{RELEASES[dataset['type']]}")
    return config


def parsed(config):
    """A copy of `config` where text stands for a number, true, false or null, but must not.

    YAML 1.1 reads 1e-4 as text, and Snakemake's --config reads everything so.
    """
    config = normalised(config)  # also parts what a YAML anchor shares
    for error in validator().iter_errors(config):
        if error.validator in ("type", "enum", "anyOf") and isinstance(error.instance, str):
            *parents, key = error.absolute_path
            place = config
            for parent in parents:
                place = place[parent]
            place[key] = meant(error.instance)
    return config


def meant(text):
    """The finite number, boolean or null that a text spells, or the text."""
    try:
        number = float(text)
    except ValueError:
        return yaml.safe_load(text) if text in ("true", "false", "null") else text
    return as_whole(number) if math.isfinite(number) else text


def level_grids(config):
    return config["evaluate"], config["bat"]["levels"]


def canonical(value):
    """Text of a configuration slice: equal for equal settings, however they are written."""
    return json.dumps(normalised(value), sort_keys=True, separators=(",", ":"))


def normalised(value):
    """`value` with tuples as lists and whole floats as integers."""
    if isinstance(value, dict):
        return {key: normalised(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [normalised(item) for item in value]
    return as_whole(value) if isinstance(value, float) else value


def as_whole(number):
    return int(number) if number.is_integer() else number


@cache
def schema():
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # ten times faster, where it is built
    return yaml.load(SCHEMA.read_text(encoding="utf-8"), loader)


@cache
def validator():
    return Draft202012Validator(schema())


def explain(error):
    """One schema violation in words: key, value, what is allowed."""
    if error.validator == "anyOf":
        error = best_match(error.context)
    key = ".".join(str(part) for part in error.absolute_path) or "the top level"
    allowed = error.validator_value
    if error.validator == "additionalProperties":
        known = error.schema.get("properties", {})
        unknown = sorted(map(str, set(error.instance) - set(known)))
        return f"{key} has unknown key {quoted(unknown)}, allowed are {quoted(known)}"
    if error.validator == "required":
        missing = sorted(set(allowed) - set(error.instance))
        return f"{key} lacks the key {quoted(missing)}"
    words = {
        "enum": "one of {}",
        "const": "{}",
        "type": "of type {}",
        "minimum": "at least {}",
        "maximum": "at most {}",
        "exclusiveMinimum": "greater than {}",
        "exclusiveMaximum": "less than {}",
        "multipleOf": "a multiple of {}",
        "minItems": "a list of at least {}",
        "uniqueItems": "a list without repetitions",
        "pattern": "a name that matches {}",
    }
    rule = words.get(error.validator, f"valid for {error.validator} {{}}")
    listed = ", ".join(map(str, allowed)) if isinstance(allowed, list) else allowed
    return f"{key} is {error.instance!r}, but must be {rule.format(listed)}"


def quoted(names):
    return ", ".join(f"'{name}'" for name in names)


def inconsistencies(config):
    """What a schema cannot see: names that refer to nothing, levels written twice."""
    datasets, recipes, problems = config["datasets"], config["recipes"], []
    for name in config["tables"]["datasets"]:
        if name not in datasets:
            problems.append(f"tables.datasets names {name!r}, but datasets has {quoted(datasets)}")
    for name, dataset in datasets.items():
        recipe = dataset.get("recipe", "finetune")
        if recipe not in recipes:
            problems.append(
                f"datasets.{name}.recipe is {recipe!r}, but recipes has {quoted(recipes)}"
            )
        seen, parent = [name], dataset.get("weights")
        while parent in datasets and parent not in seen:
            seen.append(parent)
            parent = datasets[parent].get("weights")
        if parent in seen:
            problems.append(f"datasets.{name}.weights leads back to {parent!r}")
        elif parent is not None and not parent.endswith((".pth", ".pt", ".safetensors")):
            problems.append(
                f"datasets.{seen[-1]}.weights is {parent!r}, which is neither one of"
                f" {quoted(datasets)} nor a .pth, .pt or .safetensors file"
            )
        weights = dataset.get("weights")
        if dataset.get("weights_sha256") and (weights is None or weights in datasets):
            problems.append(f"datasets.{name}.weights_sha256 needs `weights` to name a file")
        if dataset["type"] == "folder":
            problems += unfounded(name, dataset, config["sources"])
    for name, dataset in config["time"]["datasets"].items():
        if dataset["type"] != "generated":
            problems += unsourced(f"time.datasets.{name}", dataset, "all", config["sources"])
    for name, recipe in recipes.items():
        if recipe["schedule"] == "plateau" and recipe["validate_on"] is None:
            problems.append(
                f"recipes.{name}.schedule is plateau, which needs validate_on: test or a share"
            )
    for place, levels in (
        ("evaluate", config["evaluate"]),
        ("bat.levels", config["bat"]["levels"]),
    ):
        for corruption, values in levels.items():
            if len(set(values)) < len(values):
                problems.append(f"{place}.{corruption} lists a level twice: {values}")
    low_up_to = config["bat"]["low_up_to"]
    for variant in ("bat_low", "bat_high"):
        if not conditions(variant, config["bat"]["levels"], low_up_to):
            problems.append(f"bat.levels leaves no level for {variant}; see bat.low_up_to")
    return problems


def unfounded(name, dataset, sources):
    """What a folder of videos needs and does not have, or has and cannot use."""
    split = dataset["split"]
    problems = unsourced(f"datasets.{name}", dataset, "videos", sources)
    archives = sources.get(dataset.get("source"), {}).get("archives", {})
    if split["by"] in OFFICIAL and "path" not in split and "splits" not in archives:
        problems.append(f"datasets.{name}.split lacks the key 'path'")
    if split["by"] == "pattern":
        try:
            re.compile(split["test"])
        except re.error as error:
            problems.append(f"datasets.{name}.split.test is no regular expression: {error}")
    return problems


def unsourced(place, dataset, part, sources):
    """The problem with where a data set comes from: a source that has `part`, or a folder."""
    source = dataset.get("source")
    if source is None:
        return [] if "path" in dataset else [f"{place} lacks the key 'path' or 'source'"]
    named = [each for each in sources if part in sources[each]["archives"]]
    if source in named:
        return []
    return [f"{place}.source is {source!r}, but sources has {quoted(named)}"]


def misspelled_levels(config):
    """Levels that are written differently where they are evaluated and trained on."""
    problems = []
    for corruption in CORRUPTIONS:
        spelling = {float(level): str(level) for level in config["bat"]["levels"][corruption]}
        for level in config["evaluate"][corruption]:
            if spelling.get(float(level), str(level)) != str(level):
                problems.append(
                    f"{level} in evaluate.{corruption} is spelled {spelling[float(level)]} in"
                    " bat.levels; levels name paths, so spell them alike"
                )
    return problems
