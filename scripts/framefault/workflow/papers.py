"""Papers as data: what each table, figure and claim of config/papers shows under a configuration.

A selection is a dictionary that names scores: dataset, model, corruption, level, measure, part.
"""

import math
from functools import cache

from framefault.results import DEFAULTS
from framefault.tabular import read_csv
from framefault.tasks.frames.sets import REACH
from framefault.tasks.frames.settings import Classifiers
from framefault.workflow.config import CONFIG, TASKS, read_yaml

CELL = "results/cells/{dataset}/{model}/seed{seed}/{corruption}/{level}.json"
COLUMN = {
    "unit": "%", "field": "value", "interval": True, "printed": True, "absent": "N/A",
}  # fmt: skip
RECIPE = (
    "start", "learning_rate", "schedule", "batch_size", "epochs", "momentum", "weight_decay",
)  # fmt: skip
EMBEDDED = "Data: embedded, generated videos, not the paper's."
CLEAN = ("clean", "0")


class Paper:
    """One file of config/papers, read for a checked configuration and its registry of models."""

    def __init__(self, name, config, registry):
        self.name, self.config, self.models = name, config, Classifiers(config, registry)
        self.spec = read_yaml(CONFIG / "papers" / f"{name}.yaml")
        self.datasets = config["datasets"]
        self.tables = {name: each for name, each in self.spec["tables"].items() if self.has(each)}
        self.figures = {name: each for name, each in self.spec["figures"].items() if self.has(each)}

    @property
    def published(self):
        """Tables with printed numbers: {table: file}."""
        files = {name: CONFIG / "published" / self.name / f"{name}.csv" for name in self.tables}
        return {name: file for name, file in files.items() if file.is_file()}

    def has(self, item):
        """Whether there is a data set in every role, with all that the table or figure needs."""
        named = self.in_roles(item) if "data" in item else self.config["tables"]["datasets"]
        if None in named or (item.get("data") and not named):
            return False
        return all(self.datasets[name][key] for name in named for key in item.get("needs", ()))

    def in_roles(self, item):
        """Data sets of a table's or figure's roles; a role that is left open is no panel of two."""
        roles = self.config["tables"]["roles"]
        named = [roles[role] for role in item["data"]]
        return named if len(named) == 1 else [name for name in named if name is not None]

    def shown(self, item):
        """The data sets that a table or figure shows."""
        return self.in_roles(item) if "data" in item else self.config["tables"]["datasets"]

    def note(self, item):
        """What has to be said of results on generated videos."""
        types = {self.datasets[name]["type"] for name in self.shown(item)}
        return EMBEDDED if types & {"motion", "scenes"} else ""

    def caption(self, words, item):
        return f"{words}. {self.note(item)}".strip()

    def targets(self):
        """All that a paper's rule asks for."""
        claims = [f"{self.spec['prefix']}claims"] if self.spec["claims"] else []
        return [
            *(f"results/tables/{name}.csv" for name in self.tables),
            *(f"results/comparison/{name}.csv" for name in [*self.published, *claims]),
            *(f"results/figures/{name}.pdf" for name in self.figures),
        ]

    def incomparable(self, item):
        """{data set: why the printed numbers say nothing about ours}."""
        found = {}
        for name in self.shown(item):
            if self.datasets[name]["type"] in ("motion", "scenes"):
                found[name] = "generated videos"
            elif "numbers_of" in self.spec and name != self.spec["numbers_of"]:
                found[name] = f"the paper's number is for {self.spec['numbers_of']}"
        return found

    # Tables -----------------------------------------------------------------------------------

    def table_settings(self, name):
        """All that a table's script has to know."""
        table = self.tables[name]
        return {
            "rows": self.rows(table),
            "columns": self.columns(table),
            "caption": self.caption(table["caption"], table),
            "intervals": self.spec["intervals"],
            "sort": table.get("sort"),
            "names": self.spec.get("kinds", {}),
            "several_seeds": "data" not in table and len(self.config["seeds"]) > 1,
        }

    def columns(self, table):
        """{name: column} with all keys filled in; the table's own model and measure are theirs."""
        shared = {key: table[key] for key in ("measure", "model") if key in table}
        own_models = {} if "model" in table or "data" in table else {"model": None}
        found = {}
        for name, column in table["columns"].items():
            column = {"heading": name.capitalize()} | COLUMN | own_models | shared | column
            if "model" in column and column["model"] is None:
                column["model"] = name
            found[name] = column
        return found

    def rows(self, table):
        """The rows of a table, as of `tables.make_table`."""
        return getattr(self, f"rows_of_{table['rows']}")(table)

    def rows_of_conditions(self, table):
        return [
            line({"dataset": dataset, "corruption": corruption, "level": level},
                 {"dataset": dataset, "corruption": corruption, "level": level})
            for dataset in self.shown(table)
            for corruption, level in conditions(table["corruptions"], self.config["evaluate"])
        ]  # fmt: skip

    def rows_of_datasets(self, table):
        return [line({"dataset": name}, {"dataset": name}) for name in self.shown(table)]

    def rows_of_representatives(self, table):
        return [
            line({"dataset": dataset, "role": role, "type": kind,
                  "model": in_paper(model, dataset)}, {"dataset": dataset, "model": model})
            for role, dataset in self.roles(table)
            for kind, model in self.representatives(dataset).items()
        ]  # fmt: skip

    def rows_of_best(self, table):
        ((label, parts),) = table["parts"].items()
        rows = []
        for role, dataset in self.roles(table):
            best = self.models.best(dataset)
            labels = {"dataset": dataset, "role": role, "model": in_paper(best, dataset)}
            rows += [
                line(labels | {label: word}, {"dataset": dataset, "model": best, "part": part})
                for word, part in parts.items()
            ]
        return rows

    def rows_of_models(self, table):
        (dataset,) = self.shown(table)
        return [
            line({"dataset": dataset, "model": in_paper(model, dataset),
                  "kind": self.models.kind(dataset, model),
                  "from": self.models.origin(dataset, model)},
                 {"dataset": dataset, "model": model})
            for model in self.datasets[dataset]["models"]
        ]  # fmt: skip

    def rows_of_narrow(self, table):
        (dataset,) = self.shown(table)
        return [
            line({"dataset": dataset, "training": table["names"][self.models.kind(dataset, model)],
                  "model": in_paper(model, dataset)}, {"dataset": dataset, "model": model})
            for model in self.datasets[dataset]["narrow"]
            if self.models.available(dataset, model)
        ]  # fmt: skip

    def rows_of_recipes(self, table):
        """Hyper-parameters as the configuration has them, of the models trained in the run."""
        roles = filter(None, self.config["tables"]["roles"].values())
        named = dict.fromkeys(model for name in roles for model in self.models.all(name))
        recipes = {model: self.models.recipe(model) for model in named}
        return [
            line({"model": model} | {key: recipe[key] for key in RECIPE}, {})
            for model, recipe in recipes.items()
            if recipe
        ]

    def roles(self, item):
        roles = self.config["tables"]["roles"]
        return [(role, roles[role]) for role in item["data"] if roles[role] is not None]

    def table_cells(self, table):
        """Files of all scores of a table."""
        columns = self.columns(table).values()
        return self.cells(
            row["scores"] | {key: column[key] for key in ("model",) if key in column}
            for row in self.rows(table)
            for column in columns
            if "minus" not in column
        )

    def cells(self, selections):
        """Files of the scores that are selected and can be had, each once."""
        found = {}
        for selection in selections:
            selection = DEFAULTS | selection
            dataset, model = selection["dataset"], selection["model"]
            if model == "bat_oracle":  # exists for the conditions that BAT trains on
                if not self.is_trained_on(selection["corruption"], selection["level"]):
                    continue
                model = f"bat_oracle/{selection['corruption']}/{selection['level']}"
            if self.is_of_frames(dataset) and not self.can_be_had(dataset, model):
                continue
            for seed in self.seeds(dataset):
                found[CELL.format(**selection | {"model": model, "seed": seed})] = None
        return list(found)

    def can_be_had(self, dataset, model):
        """Scores of a model; "sets" has those of the data set, "static" those of all its models."""
        return model in ("sets", "static") or self.models.available(dataset, model)

    def representatives(self, dataset):
        """{kind: model} in the order of the paper's kinds."""
        found = self.models.representatives(dataset)
        return {kind: found[kind] for kind in self.spec["kinds"] if kind in found}

    def is_trained_on(self, corruption, level):
        return level in self.config["recognition"]["bat"]["levels"].get(corruption, ())

    def seeds(self, dataset):
        return [0] if self.is_of_frames(dataset) else self.config["seeds"]

    def is_of_frames(self, dataset):
        return TASKS[self.datasets[dataset]["type"]] == "frames"

    # Figures ----------------------------------------------------------------------------------

    def figure_settings(self, name):
        """All that a figure's script has to know."""
        figure = self.figures[name]
        more = getattr(self, f"{figure['kind']}_settings", lambda figure: {})(figure)
        return {"note": self.note(figure)} | more

    def curves_settings(self, figure):
        seeds, confidence = len(self.config["seeds"]), self.config["tables"]["confidence"]
        bands = f"Bands: {100 * confidence:g} % interval over clips, one seed."
        if seeds > 1:
            bands = f"Bands: standard deviation over {seeds} seeds."
        if figure["x"] == "k":
            looks = [
                {"title": dataset, "xlabel": figure["xlabel"], "ylabel": figure["ylabel"]}
                for dataset in self.shown(figure)
            ]
            return {"points": self.curve_points(figure), "panels": looks}
        looks = [
            {"title": f"{dataset}: {panel['title']}", "ylabel": panel["ylabel"],
             "floor": panel.get("floor", 0), "scale": panel.get("scale", 100)}
            for panel, dataset in self.panels(figure)
        ]  # fmt: skip
        note = f"{bands} {self.note(figure)}".strip()
        return {"points": self.curve_points(figure), "panels": looks, "note": note}

    def curve_points(self, figure):
        """Every point of a figure of curves: a selection, where it is drawn, what is printed."""
        if figure["x"] == "k":
            return self.points_over_k(figure)
        shown = conditions(("packet_loss", "random", "clean"), self.config["evaluate"])
        return [
            {"dataset": dataset, "model": what["model"], "corruption": corruption, "level": level,
             "measure": what["measure"], "part": "", "panel": f"{dataset}: {panel['title']}",
             "curve": curve, "paper": self.printed(what.get("printed"), corruption, level)}
            for panel, dataset in self.panels(figure)
            for curve, what in panel["curves"].items()
            for corruption, level in shown
        ]  # fmt: skip

    def panels(self, figure):
        """(panel, data set): all data sets of the first panel, and so on."""
        return [(panel, name) for panel in figure["panels"] for name in self.shown(figure)]

    def printed(self, place, corruption, level):
        """The printed number at "table column" for a condition, None where there is none."""
        if place is None:
            return None
        table, column = place.split()
        key = corruption, float(level), column
        return printed_numbers(CONFIG / "published" / self.name / f"{table}.csv").get(key)

    def points_over_k(self, figure):
        return [
            DEFAULTS
            | {"dataset": dataset, "model": model, "measure": figure["measure"].format(k=k),
               "panel": dataset, "curve": self.spec["kinds"][kind], "x": k}
            for dataset in self.shown(figure)
            for kind, model in self.representatives(dataset).items()
            for k in range(figure["from"], REACH + 1)
        ]  # fmt: skip

    def scatter_settings(self, figure):
        return figure | {"models": self.model_selections(figure)}

    bars_settings = scatter_settings

    def scatter_cells(self, figure):
        selections = self.model_selections(figure)
        if figure["y"]["measure"].startswith("static"):
            selections += [{"dataset": name, "model": "static"} for name in self.shown(figure)]
        return self.cells(selections)

    def model_selections(self, figure):
        """The models of a figure of points or bars, data set by data set."""
        found = []
        for dataset in self.shown(figure):
            one = figure.get("models") == "best"
            models = [self.models.best(dataset)] if one else self.models.evaluated(dataset)
            found += [
                {"dataset": dataset, "model": model,
                 "kind": self.spec["kinds"][self.models.kind(dataset, model)]}
                for model in models
            ]  # fmt: skip
        return found

    def changes_settings(self, figure):
        return {
            "rules": self.config["frames"]["score"],
            "model": self.models.best(*self.shown(figure)),
        }

    def distances_settings(self, figure):
        (dataset,) = self.shown(figure)
        chosen = self.representatives(dataset)
        models = {
            kind: chosen[kind] for kind in ("ilsvrc", "robust", "finetuned") if kind in chosen
        }
        return {"rules": self.config["frames"]["score"], "dataset": dataset, "models": models}

    def examples_settings(self, figure):
        decode = self.config["decode"]
        return {
            "conditions": self.example_conditions(figure),
            "playable": self.config["playable"],
            "limits": {
                key: decode[key]
                for key in ("cpu_seconds", "cpu_seconds_per_megapixel", "memory_mb")
            },
            "gaps": decode["gaps"],
            "dataset": self.config["tables"]["datasets"][0],
            "seed": self.config["seeds"][0],
        }

    overview_settings = levels_settings = pairs_settings = examples_settings

    def bits_settings(self, figure):
        return self.examples_settings(figure) | {"mtu": self.config["packet_loss"]["mtu"]}

    def example_conditions(self, figure):
        """The clean and the corrupted conditions that a figure of clips shows."""
        evaluate, found = self.config["evaluate"], [CLEAN]
        for corruption, levels in figure["conditions"].items():
            for level in levels if evaluate[corruption] else ():
                found.append((corruption, nearest(evaluate[corruption], float(level))))
        return list(dict.fromkeys(found))

    # Claims -----------------------------------------------------------------------------------

    def claims(self):
        """All claims with their conditions as (corruption, level) pairs."""
        return [
            claim | {"claim": name, "conditions": self.claimed(claim)}
            for name, claim in self.spec["claims"].items()
        ]

    def claim_inputs(self, wildcards=None):
        """What the claims are asked of: predictions of paired ones, cells and files of others."""
        found = {"paired": [], "near_chance": [], "unchanged": []}
        for claim in self.claims():
            for condition in claim["conditions"]:
                sides = [(claim.get("model"), condition)]
                if claim["test"] == "paired":
                    better = CLEAN if claim.get("clean") else condition
                    sides = [(claim["better"], better), (claim["worse"], condition)]
                found[claim["test"]] += [
                    {"dataset": dataset, "model": model, "corruption": corruption, "level": level}
                    for model, (corruption, level) in sides
                    for dataset in self.shown({})
                ]
        cells = {test: self.cells(selections) for test, selections in found.items()}
        return {
            "predictions": [predictions_of(cell) for cell in cells["paired"]],
            "cells": cells["near_chance"],
            "files": [predictions_of(cell) for cell in cells["unchanged"]],
        }

    def claimed(self, claim):
        low_up_to, evaluate = self.spec["low_up_to"], self.config["evaluate"] | {"clean": ["0"]}
        return [
            (corruption, level)
            for corruption, which in claim["conditions"].items()
            for level in evaluate[corruption]
            if which == "all" or (float(level) > float(low_up_to[corruption])) == (which == "high")
        ]


@cache
def printed_numbers(file):
    """{(corruption, level, column): value} of a table of printed numbers."""
    keys = ["corruption", "level", "column", "value"]
    return {(*key, column): value for *key, column, value in read_csv(file)[keys].values.tolist()}


def in_paper(model, dataset):
    """What the paper calls a model: one that is trained for one data set loses its name."""
    return model.removesuffix(f"_{dataset}")


def predictions_of(cell):
    """The predictions that a cell's scores are of."""
    return cell.replace("results/cells/", "results/predictions/").replace(".json", ".parquet")


def line(labels, scores):
    return {"labels": labels, "scores": scores}


def conditions(corruptions, evaluate):
    """(corruption, level) pairs in the order of a table's rows."""
    levels = evaluate | {"clean": ["0"]}
    return [(corruption, level) for corruption in corruptions for level in levels[corruption]]


def nearest(levels, wanted):
    """The level whose ratio to the wanted one is nearest to 1."""
    return min(levels, key=lambda level: abs(math.log(float(level) / wanted)))
