"""Configuration: strict, complete, and canonical."""

import json
import re
from copy import deepcopy
from functools import cache
from pathlib import Path

import yaml
from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

from framefault.errors import UserError

CORRUPTIONS = ("packet_loss", "random", "contiguous")
SCHEMA = Path(__file__).resolve().parents[2] / "config" / "schema.yaml"
# YAML 1.1 reads 1e-4 as a string.
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)[eE][+-]?\d+")


def validated(config):
    """A checked copy of `config` with the schema's defaults filled in.

    Levels become strings, spelled as in the file, because they name paths. Raises UserError
    naming every wrong key, its value and what is allowed.
    """
    config = deepcopy(config)
    numbers = as_numbers(config)
    problems = list(dict.fromkeys(map(explain, validator().iter_errors(numbers))))
    if not problems:
        problems = inconsistencies(numbers) + spellings(config)
    if problems:
        raise UserError("Configuration: " + "; ".join(problems) + ".")
    for levels in (config["evaluate"], config["bat"]["levels"]):
        for corruption in CORRUPTIONS:
            levels[corruption] = [str(level) for level in levels[corruption]]
    numbers["evaluate"] = config["evaluate"]
    numbers["bat"]["levels"] = config["bat"]["levels"]
    for dataset in numbers["datasets"].values():
        for key, rule in dataset_schema(dataset["type"])["properties"].items():
            if "$ref" in rule:
                rule = schema()["$defs"][rule["$ref"].rpartition("/")[2]]
            if "default" in rule:
                dataset.setdefault(key, deepcopy(rule["default"]))
    return numbers


def canonical(value):
    """Text of a configuration slice: equal for equal settings, however they are written."""
    return json.dumps(as_numbers(value), sort_keys=True, separators=(",", ":"))


def as_numbers(value):
    """`value` with every string that spells a number as that number, whole floats as integers."""
    if isinstance(value, dict):
        return {key: as_numbers(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [as_numbers(item) for item in value]
    if isinstance(value, str) and NUMBER.fullmatch(value):
        value = float(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return value


@cache
def schema():
    return yaml.safe_load(SCHEMA.read_text(encoding="utf-8"))


@cache
def validator():
    return Draft202012Validator(schema())


def dataset_schema(type_):
    return schema()["$defs"][type_]


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
        if dataset["type"] == "folder" and dataset["split"]["by"] == "pattern":
            try:
                re.compile(dataset["split"]["test"])
            except re.error as error:
                problems.append(f"datasets.{name}.split.test is no regular expression: {error}")
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
    return problems


def spellings(config):
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
