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

from framefault.corruption.registry import corruptions, level_schema
from framefault.errors import UserError, hint
from framefault.protection.registry import protections
from framefault.protection.settings import inconsistencies as protection_inconsistencies
from framefault.tasks.detection.settings import inconsistencies as detection_inconsistencies
from framefault.tasks.frames.registry import read_registry
from framefault.tasks.frames.settings import as_registered
from framefault.tasks.frames.settings import inconsistencies as frames_inconsistencies
from framefault.tasks.recognition.bat import conditions
from framefault.tasks.recognition.methods import detectors, networks
from framefault.tasks.recognition.registry import read_registry as read_video_models
from framefault.tasks.recognition.settings import add_rows
from framefault.tasks.recognition.settings import inconsistencies as recognition_inconsistencies
from framefault.tasks.tracking.settings import inconsistencies as tracking_inconsistencies

OFFICIAL = ("hmdb51", "ucf101")  # splits whose lists the publisher gives
# Folders of paper B's data sets in the archive of their release.
RELEASES = {"vid": "imagenet-vid-robust", "ytbb": "ytbb-robust"}
DEFENCES = r"none|at_eps[0-9]+|bat(_low|_high|_oracle)?"
# A level in a path, as it is spelled.
LEVEL = r"[0-9.+]+(?:[eE][+-]?[0-9]+)?"
# Words that paths and papers have where others name a corruption.
NO_CORRUPTIONS = ("clean", "others")
VARIANTS = ("none", "at_eps2", "bat", "bat_low", "bat_high", "bat_oracle")
# Names of models that rules of their own make.
RESERVED = rf"{DEFENCES}|checksum|cost|sets|static"
TASKS = {
    "motion": "recognition", "folder": "recognition",
    "scenes": "frames", "vid": "frames", "ytbb": "frames", "stills": "frames", "pictures": "frames",
    "crowd": "tracking", "mot": "tracking",
}  # fmt: skip
CONFIG = Path(__file__).resolve().parents[3] / "config"


def validated(config):
    """A checked copy of `config` with the schema's defaults filled in.

    Levels become strings, spelled as in the file, because they name paths. Raises UserError
    naming every wrong key, its value and what is allowed.
    """
    written = deepcopy(config)
    config = parsed(config)
    config.setdefault("sources", {})
    complain(dict.fromkeys(map(explain, validator().iter_errors(config))))
    fill_in(config)
    complain(inconsistencies(config) + misspelled_levels(written))
    spelled = level_grids(written)
    for place, levels in level_grids(config).items():
        levels |= {
            name: [str(level) for level in spelled[place].get(name, ())] for name in corruptions()
        }
    return config


def complain(problems):
    if problems:
        raise UserError("Configuration: " + "; ".join(problems) + ".")


def fill_in(config):
    """Add the defaults of corruptions, data sets and models, and where sources are unpacked."""
    for name, method in corruptions().items():
        if method.defaults:
            config[name] = method.defaults | config.get(name, {})
        for levels in level_grids(config).values():
            levels.setdefault(name, [])
    named = config["protection"]["methods"]
    config["protection"]["methods"] = {name: each for name, each in named.items() if each}
    for room in (config["frames"], config["recognition"]):
        registry = CONFIG.parent / room["registry"]
        if registry.is_file() and not Path(room["registry"]).is_file():
            room["registry"] = str(registry)  # the project's, seen from another folder
    for dataset in config["datasets"].values():
        add_defaults(dataset, schema()["$defs"][dataset["type"]])
        if TASKS[dataset["type"]] == "recognition":
            # Random weights learn nothing from a few epochs of fine-tuning.
            dataset.setdefault("recipe", "finetune" if dataset["weights"] else "scratch")
        if dataset.get("build") and dataset["type"] == "vid" and "path" in dataset:
            dataset.setdefault("frames", f"{dataset['path']}/Data/VID")
            dataset["annotations"] = dataset["annotations"] or f"{dataset['path']}/Annotations/VID"
        for model, file in dataset.get("predictions", {}).items():
            dataset["predictions"][model] = file if isinstance(file, dict) else {"file": file}
        if dataset.get("source"):
            unpacked = f"results/sources/{dataset['source']}"
            if dataset["type"] == "mot":
                dataset.setdefault("path", f"{unpacked}/all")
                continue
            if TASKS[dataset["type"]] == "frames":
                dataset.setdefault("path", f"{unpacked}/all/{RELEASES[dataset['type']]}")
                continue
            dataset.setdefault("path", f"{unpacked}/videos")
            if dataset["split"]["by"] in OFFICIAL:
                dataset["split"].setdefault("path", f"{unpacked}/splits")
    fill_in_recognition(config)
    models = schema()["properties"]["frames"]["properties"]["models"]
    for model in config["frames"]["models"].values():
        add_defaults(model, models["additionalProperties"])
    detectors = schema()["properties"]["detection"]["properties"]["models"]
    for detector in config["detection"]["models"].values():
        add_defaults(detector, detectors["additionalProperties"])
    trackers = schema()["properties"]["tracking"]["properties"]["trackers"]
    for tracker in config["tracking"]["trackers"].values():
        add_defaults(tracker, trackers["additionalProperties"])


def fill_in_recognition(config):
    """Parameters of the network and of detectors, and all that is known of models of one's own."""
    room = config["recognition"]
    for name, detector in detectors().items():
        room["ood"][name] = detector.defaults | room["ood"].get(name, {})
    if room["network"]["name"] in networks():
        # The parameters of another network are in the way where a file overlays the defaults.
        network, own = room["network"], networks()[room["network"]["name"]].defaults
        kept = {key: network[key] for key in ("name", "frames", "size", *own) if key in network}
        room["network"] = own | kept
    registry = Path(room["registry"])
    rows = read_video_models(registry) if registry.is_file() else {}
    add_rows(room, of_task(config["datasets"], "recognition"), rows)
    rules = schema()["properties"]["recognition"]["properties"]["models"]["additionalProperties"]
    for model in room["models"].values():
        add_defaults(model, rules)


def add_defaults(section, rules):
    for key, rule in rules["properties"].items():
        if "$ref" in rule:
            rule = schema()["$defs"][rule["$ref"].rpartition("/")[2]]
        if "default" in rule:
            section.setdefault(key, deepcopy(rule["default"]))


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
    """{place: {corruption: levels}} of all places that name levels."""
    return {
        "evaluate": config["evaluate"],
        "recognition.bat.levels": config["recognition"]["bat"]["levels"],
        "protection.levels": config["protection"]["levels"],
    }


def canonical(value, in_order=False):
    """Text of a configuration slice: equal for equal settings, however they are written.

    With `in_order`, the order of keys counts.
    """
    form = {"sort_keys": not in_order, "separators": (",", ":"), "ensure_ascii": False}
    return json.dumps(normalised(value), **form)


def normalised(value):
    """`value` with tuples as lists and whole floats as integers."""
    if isinstance(value, dict):
        return {key: normalised(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [normalised(item) for item in value]
    return as_whole(value) if isinstance(value, float) else value


def as_whole(number):
    return int(number) if number.is_integer() else number


class Strict(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # in C ten times faster
    """A loader that refuses a key which is there twice; YAML's own takes the last one."""

    def construct_mapping(self, node, deep=False):
        seen = {}
        for key, _ in node.value:
            if key.value in seen and key.tag != "tag:yaml.org,2002:merge":
                wrong = f"the key {key.value!r} is there already, in line {seen[key.value]}"
                raise yaml.MarkedYAMLError(problem=wrong, problem_mark=key.start_mark)
            if isinstance(key, yaml.ScalarNode):
                seen[key.value] = key.start_mark.line + 1
        return super().construct_mapping(node, deep)


@cache
def read_yaml(path):
    """What a YAML file says. Raises UserError that names file and line of what is wrong."""
    try:
        return yaml.load(Path(path).read_text(encoding="utf-8"), Strict)
    except OSError as error:
        raise UserError(f"Cannot read {path}: {error.strerror}.") from error
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1
        raise UserError(f"{path}, line {line}: {error.problem}; correct that line.") from error
    except (yaml.YAMLError, ValueError) as error:
        raise UserError(f"{path} is no YAML: {error}.") from error


@cache
def schema():
    """config/schema.yaml, with what corruptions, detectors of them and networks take."""
    found = deepcopy(read_yaml(CONFIG / "schema.yaml"))
    sections, levels = found["properties"], found["$defs"]["levels"]["properties"]
    low_up_to = sections["recognition"]["properties"]["bat"]["properties"]["low_up_to"]
    for name, method in corruptions().items():
        if name in sections or name in NO_CORRUPTIONS:
            raise UserError(f"A corruption cannot be called {name!r}, which means something else.")
        if method.defaults:
            sections[name] = method.schema
        levels[name] = {"type": "array", "items": level_schema(method)}
        low_up_to["properties"][name] = level_schema(method)
    add_recognition(sections["recognition"]["properties"])
    named = sections["protection"]["properties"]["methods"]["additionalProperties"]
    named["properties"] = {name: method.schema for name, method in protections().items()}
    return found


def add_recognition(room):
    """Add the parameters of detectors of corruption and of networks to their task's schema."""
    for name, detector in detectors().items():
        if name in room["ood"]["properties"] or re.fullmatch(RESERVED, name):
            raise UserError(f"A detector cannot be called {name!r}, which means something else.")
        room["ood"]["properties"][name] = detector.schema
    shared, room["network"]["allOf"] = set(room["network"]["properties"]), []
    for name, network in networks().items():
        parameters = network.about["parameters"]
        if taken := shared & set(parameters):
            raise UserError(f"The network {name} cannot have the parameter {taken.pop()!r}.")
        # Those of another network may stand beside, in a file that is overlaid.
        room["network"]["properties"] |= dict.fromkeys(parameters, True)
        only = {"properties": {"name": {"const": name}}}
        room["network"]["allOf"].append({"if": only, "then": {"properties": parameters}})


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
        wrong = f"{key} has unknown key {quoted(unknown)}"
        return f"{wrong}, allowed are {among(known, unknown[0])}"
    if error.validator == "required":
        missing = sorted(set(allowed) - set(error.instance))
        return f"{key} lacks the key {quoted(missing)}"
    if error.validator == "oneOf":
        return f"{key} needs one of the keys 'folder' and 'list'"
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
        "maxLength": "of at most {} characters",
    }
    rule = words.get(error.validator, f"valid for {error.validator} {{}}")
    listed, meant = allowed, ""
    if isinstance(allowed, list):
        listed, meant = ", ".join(map(str, allowed)), hint(error.instance, allowed)
    return f"{key} is {error.instance!r}, but must be {rule.format(listed)}{meant}"


def quoted(names):
    return ", ".join(f"'{name}'" for name in names)


def among(names, word):
    """The names that there are, and which of them a word may mean."""
    return f"{quoted(names)}{hint(word, names)}"


def of_task(datasets, task):
    """The data sets of one task."""
    return {name: each for name, each in datasets.items() if TASKS[each["type"]] == task}


def inconsistencies(config):
    """What a schema cannot see: names that refer to nothing, levels written twice."""
    recognition = of_task(config["datasets"], "recognition")
    tracking = of_task(config["datasets"], "tracking")
    frames = of_task(config["datasets"], "frames")
    if not Path(config["frames"]["registry"]).is_file():
        return [f"frames.registry names {config['frames']['registry']}, which does not exist"]
    registry = read_registry(config["frames"]["registry"])
    return [
        *seed_problems(config["seeds"], config["datasets"], config["tracking"]["trackers"]),
        *table_problems(config["tables"], config["datasets"]),
        *figure_problems(config["figures"], config["datasets"]),
        *dataset_problems(recognition, config["recognition"]["recipes"], config["sources"]),
        *network_problems(config["recognition"]),
        *recognition_inconsistencies(config["recognition"], recognition),
        *recipe_problems(config["recognition"]["recipes"]),
        *level_problems(config),
        *source_problems(config["datasets"], config["sources"]),
        *name_problems(config, registry),
        *column_problems(config["recognition"]["models"]),
        *draw_problems(config),
        *protection_inconsistencies(config["protection"]),
        *detection_inconsistencies(config["detection"], frames, registry),
        *frames_inconsistencies(
            config["frames"], frames, registry | as_registered(config["detection"]["models"])
        ),
        *tracking_inconsistencies(config["tracking"], tracking),
    ]


def name_problems(config, registry):
    """Names of models that two rules would make."""
    known = {
        "frames.models": config["frames"]["models"],
        "the registry": [n for n in registry if registry[n]["kind"] != "detection"],
        "detection.models": config["detection"]["models"],
        "tracking.trackers": config["tracking"]["trackers"],
        "recognition.models": config["recognition"]["models"],
        "detections of a data set": {
            model
            for dataset in config["datasets"].values()
            for model in dataset.get("detections", ())
        },
    }  # fmt: skip
    places = {}
    for place, names in known.items():
        for name in names:
            if re.fullmatch(RESERVED, name) or name in detectors():
                yield f"{place} has {name!r}, a name that models of the workflow have"
            places.setdefault(name, []).append(place)
    for name, found in places.items():
        alike = {"frames.models", "the registry"}  # a model may be trained here instead
        if len(found) > 1 and set(found) != alike:
            yield f"{name!r} is in {' and in '.join(found)}; choose another name"


def column_problems(models):
    """Models of one's own that are called as what a table or figure shows beside them."""
    taken = {"dataset", "corruption", "level"}
    for path in sorted((CONFIG / "papers").glob("*.yaml")):
        paper = read_yaml(path)
        panels = [each for figure in paper["figures"].values() for each in figure.get("panels", ())]
        for shown in (*paper["tables"].values(), *panels):
            if "own_models" in shown:
                taken |= {*shown.get("columns", ()), *shown.get("curves", ())}
    for name in models:
        if name in taken and not re.fullmatch(RESERVED, name):
            yield f"recognition.models has {name!r}, which tables or figures show already"


def draw_problems(config):
    """Predictions by file that do not tell draws of the damage apart, where there are several."""
    seeds = config["seeds"]
    for name, dataset in of_task(config["datasets"], "recognition").items():
        draws = seeds["corruption_of"].get(name, seeds["corruption"])
        for model in dataset["models"]:
            pattern = config["recognition"]["models"].get(model, {}).get("predictions") or ""
            if len(draws) > 1 and "{corruption}" in pattern and "{seed}" not in pattern:
                yield (
                    f"recognition.models.{model}.predictions is {pattern!r}, but clips of {name}"
                    f" are damaged in {len(draws)} draws; name a file for each, with {{seed}}"
                )


def seed_problems(seeds, datasets, trackers):
    for name in seeds["training_of"]:
        if name not in trackers and not re.fullmatch(DEFENCES, name):
            yield (
                f"seeds.training_of names {name!r}, which is neither none, at_eps<k>, a BAT nor one"
                f" of tracking.trackers ({quoted(trackers)}){hint(name, [*VARIANTS, *trackers])}"
            )
    for name in seeds["corruption_of"]:
        known = [each for each in datasets if TASKS[datasets[each]["type"]] != "frames"]
        if name not in known:
            named = f"seeds.corruption_of names {name!r}"
            yield f"{named}, but clips are damaged of {among(known, name)}"


def table_problems(tables, datasets):
    for name in tables["datasets"]:
        known = of_task(datasets, "recognition")
        if name not in known:
            yield f"tables.datasets names {name!r}, but datasets has {among(known, name)}"
    for name in tables["tracking"]:
        known = of_task(datasets, "tracking")
        if name not in known:
            yield f"tables.tracking names {name!r}, but datasets has {among(known, name)}"
    for role, name in tables["roles"].items():
        known = [each for each in of_task(datasets, "frames") if "models" in datasets[each]]
        if name is not None and name not in known:
            yield f"tables.roles.{role} is {name!r}, but datasets has {among(known, name)}"


def figure_problems(figures, datasets):
    papers = [read_yaml(path) for path in sorted((CONFIG / "papers").glob("*.yaml"))]
    free = [
        name
        for each in papers
        for name, figure in each["figures"].items()
        if not {"data", "task"} & set(figure)
    ]
    for name, shown in figures.items():
        if name not in free:
            yield f"figures names {name!r}, but data sets can be chosen for {among(free, name)}"
        known = of_task(datasets, "recognition")
        for dataset in shown:
            if dataset not in known:
                yield f"figures.{name} names {dataset!r}, but datasets has {among(known, dataset)}"


def dataset_problems(datasets, recipes, sources):
    for name, dataset in datasets.items():
        if dataset["recipe"] not in recipes:
            wrong = f"datasets.{name}.recipe is {dataset['recipe']!r}"
            yield f"{wrong}, but recognition.recipes has {among(recipes, dataset['recipe'])}"
        yield from weight_problems(name, datasets)
        yield from source_pattern_problems(name, dataset["same_source"])
        if dataset["type"] == "folder":
            yield from split_problems(name, dataset, sources)


def source_pattern_problems(name, pattern):
    try:
        if pattern is not None and not re.compile(pattern).groups:
            yield f"datasets.{name}.same_source is {pattern!r}, which has no (group) to compare"
    except re.error as error:
        yield f"datasets.{name}.same_source is no regular expression: {error}"


def weight_problems(name, datasets):
    """A data set's `weights` must lead to a file, or to a model that is trained from nothing."""
    seen, parent = [name], datasets[name]["weights"]
    while parent in datasets and parent not in seen:
        seen.append(parent)
        parent = datasets[parent]["weights"]
    if parent in seen:
        yield f"datasets.{name}.weights leads back to {parent!r}"
    elif parent is not None and not parent.endswith((".pth", ".pt", ".safetensors")):
        yield (
            f"datasets.{seen[-1]}.weights is {parent!r}, which is neither one of"
            f" {quoted(datasets)} nor a .pth, .pt or .safetensors file{hint(parent, datasets)}"
        )
    weights = datasets[name]["weights"]
    if datasets[name].get("weights_sha256") and (weights is None or weights in datasets):
        yield f"datasets.{name}.weights_sha256 needs `weights` to name a file"


def split_problems(name, dataset, sources):
    """What the split of a folder of videos needs and does not have, or has and cannot use."""
    split = dataset["split"]
    archives = sources.get(dataset["source"], {}).get("archives", {})
    if split["by"] in OFFICIAL and "path" not in split and "splits" not in archives:
        yield f"datasets.{name}.split lacks the key 'path'"
    if split["by"] == "pattern":
        try:
            re.compile(split["test"])
        except re.error as error:
            yield f"datasets.{name}.split.test is no regular expression: {error}"


def source_problems(datasets, sources):
    """Data sets that have neither a folder nor a source with the archive they need."""
    for name, dataset in datasets.items():
        part = {"folder": "videos", "vid": "all", "ytbb": "all", "mot": "all"}.get(dataset["type"])
        named = [each for each in sources if part in sources[each]["archives"]]
        if part is None or dataset["source"] in named:
            continue
        if dataset["source"] is not None:
            wrong = f"datasets.{name}.source is {dataset['source']!r}"
            yield f"{wrong}, but sources has {among(named, dataset['source'])}"
        elif not {"path", "metadata"} & set(dataset):
            yield f"datasets.{name} lacks the key 'path' or 'source'"


def network_problems(settings):
    if not Path(settings["registry"]).is_file():
        yield f"recognition.registry names {settings['registry']}, which does not exist"
    if (name := settings["network"]["name"]) not in networks():
        yield f"recognition.network.name is {name!r}, but there are {among(networks(), name)}"


def recipe_problems(recipes):
    for name, recipe in recipes.items():
        if recipe["schedule"] == "plateau" and recipe["validate_on"] is None:
            yield (
                f"recognition.recipes.{name}.schedule is plateau, which needs validate_on: test or"
                " a share"
            )


def level_problems(config):
    bat = config["recognition"]["bat"]
    for place, levels in level_grids(config).items():
        for corruption, values in levels.items():
            if len(set(values)) < len(values):
                yield f"{place}.{corruption} lists a level twice: {values}"
    for corruption, values in bat["levels"].items():
        if values and corruption not in bat["low_up_to"]:
            yield f"recognition.bat.low_up_to lacks {corruption!r}, which bat.levels has"
            return
    for variant in ("bat_low", "bat_high"):
        if not conditions(variant, bat["levels"], bat["low_up_to"]):
            wrong = f"recognition.bat.levels leaves no level for {variant}"
            yield f"{wrong}; see recognition.bat.low_up_to"


def misspelled_levels(config):
    """Levels that are written differently where they are evaluated and trained on."""
    problems, grids = [], level_grids(config)
    for place, grid in grids.items():
        problems += [
            f"{place}.{corruption} has the level {level!r}; levels name paths, so spell it as a"
            " plain number, such as 0.001 or 1e-3"
            for corruption, levels in grid.items()
            for level in levels
            if not re.fullmatch(LEVEL, str(level))
        ]
    for corruption, levels in grids["evaluate"].items():
        trained = grids["recognition.bat.levels"].get(corruption, ())
        spelling = {float(level): str(level) for level in trained}
        for level in levels:
            if spelling.get(float(level), str(level)) != str(level):
                problems.append(
                    f"{level} in evaluate.{corruption} is spelled {spelling[float(level)]} in"
                    " recognition.bat.levels; levels name paths, so spell them alike"
                )
    return problems
