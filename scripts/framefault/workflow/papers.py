"""Papers as data: what each table, figure and claim of config/papers shows under a configuration.

A selection is a dictionary that names scores: dataset, model, corruption, level, measure, part.
"""

import math
from functools import cache, cached_property
from itertools import product

from framefault.corruption.names import damage_of
from framefault.corruption.registry import corruptions, level_label
from framefault.protection.settings import PLAIN, Protections, condition
from framefault.results import DEFAULTS
from framefault.tabular import read_csv
from framefault.tasks.detection.settings import detectors_of
from framefault.tasks.frames.sets import REACH
from framefault.tasks.frames.settings import Classifiers
from framefault.tasks.recognition.methods import detectors
from framefault.tasks.recognition.settings import is_of_clean_clips_only as is_handed_in_clean
from framefault.tasks.tracking.settings import is_of_clean_clips_only, is_trained
from framefault.workflow.config import CONFIG, TASKS, read_yaml

CELL = "results/cells/{dataset}/{model}/seed{training}/{corruption}/{level}/seed{seed}.json"
PAPERS = CONFIG / "papers"
COLUMN = {
    "unit": "%", "field": "value", "interval": True, "printed": True, "absent": "N/A",
}  # fmt: skip
RECIPE = (
    "start", "learning_rate", "schedule", "batch_size", "epochs", "momentum", "weight_decay",
)  # fmt: skip
DETECTOR_RECIPE = ("learning_rate", "schedule", "batch_size", "epochs", "weight_decay")
SHOWN = ("heading", "absent", "printed", "of", "unit")  # what readers see of a column
# What the data sets of a type are called; others have their own name.
TITLES = {"vid": "ImageNet-Vid-Robust", "ytbb": "YTBB-Robust"}
EMBEDDED = "Data: embedded, generated videos, not the paper's."
GENERATED = {"motion", "scenes", "crowd"}  # types of data sets that are made at run time
CLEAN = ("clean", "0")
UNDEFENDED = "none"
ORACLE = "bat_oracle"
# Measures of single clips or frames, which claims compare item by item.
ITEM_MEASURES = (
    "accuracy_playable", "accuracy_all", "distance_correct", "distance_incorrect",
    "pm_0", "pm_10", "drop", "mota", "recall", "fp", "fn",
)  # fmt: skip
# Those that are no shares: distances and numbers of boxes.
NO_SHARES = ("distance_correct", "distance_incorrect", "fp", "fn")


def papers(config, registry):
    """{name: Paper} of all files of config/papers."""
    names = [path.stem for path in sorted(PAPERS.glob("*.yaml"))]
    return {name: Paper(name, config, registry) for name in names}


class Paper:
    """One file of config/papers, read for a checked configuration and its registry of models."""

    def __init__(self, name, config, registry):
        self.name, self.config, self.models = name, config, Classifiers(config, registry)
        self.spec = read_yaml(PAPERS / f"{name}.yaml")
        self.datasets = config["datasets"]
        self.protections = Protections(config["protection"])
        figures = self.spec["figures"] | {
            name: self.spec["figures"][name] | {"datasets": shown}
            for name, shown in config["figures"].items()
            if name in self.spec["figures"]
        }
        tables = {name: each for name, each in self.spec["tables"].items() if self.is_asked(each)}
        items = tables | figures
        # {table or figure: why it is not made}
        self.skipped = {name: why for name, each in items.items() if (why := self.lacking(each))}
        self.tables, self.figures = (
            {name: each for name, each in part.items() if name not in self.skipped}
            for part in (tables, figures)
        )

    @property
    def published(self):
        """Tables with printed numbers: {table: file}."""
        files = {name: CONFIG / "published" / self.name / f"{name}.csv" for name in self.tables}
        return {name: file for name, file in files.items() if file.is_file()}

    def is_asked(self, table):
        """Whether a table has any rows: that of other detectors has none without others."""
        return table["rows"] != "other_detectors" or bool(self.other_detectors())

    def other_detectors(self):
        """Detectors of corruption that no table of any paper is of."""
        shown = {
            table.get("model")
            for path in sorted(PAPERS.glob("*.yaml"))
            for table in read_yaml(path)["tables"].values()
        }
        return [name for name in detectors() if name not in shown]

    def own_models(self, item):
        """Models of one's own that the data sets of a table or figure name."""
        named = [self.datasets[dataset].get("models", ()) for dataset in self.shown(item)]
        return list(dict.fromkeys(model for models in named for model in models))

    def lacking(self, item):
        """Why a table or figure cannot be made, or None: an empty role, something it needs."""
        if self.is_of_tracking(item) and not self.shown(item):
            return "tables.tracking has no data set"
        if "against" in item and not self.protected(item):
            return f"protection has no method or no level of clips that are {item['against']}"
        if "data" not in item:
            return None
        named = [name for name in self.in_roles(item) if name is not None]
        if item["data"] and not named:
            return f"tables.roles has no data set as {' or '.join(item['data'])}"
        for need in item.get("needs", ()):
            if need == "trained":
                if not self.rows_of_recipes(item):
                    return "no model is trained here"
            elif not any(self.models.has(name, need) for name in named):
                return f"{' and '.join(named)} has no {need}"
        return None

    def in_roles(self, item):
        """Data sets of a table's or figure's roles; None is a role that is left open."""
        return [self.config["tables"]["roles"][role] for role in item["data"]]

    def shown(self, item):
        """The data sets that a table, figure or claim shows: those that have what it needs."""
        if self.is_of_tracking(item):
            return self.config["tables"]["tracking"]
        if "data" not in item:
            return item.get("datasets", self.config["tables"]["datasets"])
        needs = [need for need in item.get("needs", ()) if need != "trained"]
        return [
            name
            for name in self.in_roles(item)
            if name is not None and all(self.models.has(name, need) for need in needs)
        ]

    def note(self, item):
        """What has to be said of results on generated videos."""
        shown = self.shown(item)
        made = [name for name in shown if self.datasets[name]["type"] in GENERATED]
        if len(made) < len(shown) and made:
            return f"Data of {' and '.join(made)}: embedded, generated videos, not the paper's."
        return EMBEDDED if made else ""

    def given(self, item):
        """Tracking data sets whose network is given: their runs are draws of the damage alone."""
        trackers = self.config["tracking"]["trackers"]
        return [
            name
            for name in self.shown(item)
            if self.is_tracked(name) and not is_trained(trackers[self.datasets[name]["tracker"]])
        ]

    def caption(self, words, item):
        """A caption, with the data sets that stand in roles named as what they are."""
        roles = {role: name for role, name in self.config["tables"]["roles"].items() if name}
        titles = {role: self.title(name) for role, name in roles.items()}
        return f"{words.format(**titles)}. {self.note(item)}".strip()

    def title(self, dataset):
        """What a data set is called in captions and above panels; no two are called the same."""
        shown = [
            self.datasets[name]["type"] for name in self.config["tables"]["roles"].values() if name
        ]
        kind = self.datasets[dataset]["type"]
        return TITLES[kind] if kind in TITLES and shown.count(kind) == 1 else dataset

    def targets(self):
        """All that a paper's rule asks for."""
        claims = [f"{self.spec['prefix']}claims"] if self.claims() else []
        return [
            *(f"results/tables/{name}.csv" for name in self.tables),
            *(f"results/comparison/{name}.csv" for name in [*self.published, *claims]),
            *(f"results/figures/{name}.pdf" for name in self.figures),
        ]

    def incomparable(self, item):
        """{data set: why the printed numbers say nothing about ours}."""
        found, numbers_of = {}, item.get("numbers_of", self.spec.get("numbers_of"))
        for name in self.shown(item):
            if self.datasets[name]["type"] in GENERATED:
                found[name] = "generated videos"
            elif numbers_of and name != numbers_of:
                found[name] = f"the paper's number is for {numbers_of}"
        return found

    # Reports ----------------------------------------------------------------------------------

    def report(self):
        """All that the report has to know of the paper: what is made, and how it is shown."""
        return {
            "title": self.spec["title"],
            "tables": {
                name: {
                    "columns": {
                        column: {key: each[key] for key in SHOWN if key in each}
                        for column, each in self.columns(table).items()
                    },
                    "names": self.kinds | self.named(table) | table.get("words", {}),
                }
                for name, table in self.tables.items()
            },
            "figures": {name: self.about(name) for name in self.figures},
            "comparisons": list(self.published),
            "claims": [f"{self.spec['prefix']}claims"] if self.claims() else [],
            "skipped": self.skipped,
            "headline": self.spec.get("headline", []),
        }

    def about(self, figure):
        """What a figure shows, in words."""
        return self.spec.get("about", {}).get(figure, "")

    def all_shown(self):
        """The data sets that any table or figure shows, each once."""
        items = [*self.tables.values(), *self.figures.values()]
        return list(dict.fromkeys(name for item in items for name in self.shown(item)))

    def is_generated(self, dataset):
        return self.datasets[dataset]["type"] in GENERATED

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
            "names": self.kinds | self.named(table) | table.get("words", {}),
            "several_runs": self.has_several_runs(table),
        }

    def columns(self, table):
        """{name: column} with all keys filled in; the table's own model and measure are theirs."""
        shared = {key: table[key] for key in ("measure", "model") if key in table}
        named = {"model", "data"} & set(table) or table["rows"] == "other_detectors"
        in_columns = {} if named or self.is_of_tracking(table) else {"model": None}
        found = {}
        for name, column in self.with_own_models(table).items():
            column = {"heading": name.capitalize()} | COLUMN | in_columns | shared | column
            if "model" in column and column["model"] is None:
                column["model"] = name
            found[name] = column
        return found

    def with_own_models(self, table):
        """The columns of a table, with one for each model of one's own after those of defences."""
        columns = table["columns"]
        if not table.get("own_models"):
            return columns
        defences = {name: each for name, each in columns.items() if "model" not in each}
        return defences | {name: {"heading": name} for name in self.own_models(table)} | columns

    def rows(self, table):
        """The rows of a table, as of `tables.make_table`."""
        return getattr(self, f"rows_of_{table['rows']}")(table)

    def named(self, table):
        """{corruption: what it is called} of the rows of a table."""
        shown = [row["labels"].get("corruption") for row in self.rows(table)]
        return {name: each.title for name, each in corruptions().items() if name in shown}

    def rows_of_conditions(self, table):
        return [
            line({"dataset": dataset, "corruption": corruption, "level": level},
                 {"dataset": dataset, "corruption": corruption, "level": level}
                 | self.tracker_of(dataset))
            for dataset in self.shown(table)
            for corruption, level in self.conditions(table["corruptions"])
        ]  # fmt: skip

    def rows_of_other_detectors(self, table):
        """A row per condition for each detector that no other table is of."""
        return [
            line({"dataset": dataset, "detector": name, "corruption": corruption, "level": level},
                 {"dataset": dataset, "model": name, "corruption": corruption, "level": level})
            for dataset in self.shown(table)
            for name in self.other_detectors()
            for corruption, level in self.conditions(table["corruptions"])
        ]  # fmt: skip

    def rows_of_protections(self, table):
        """A row per condition for each protection against it, and for none."""
        return [
            line({"dataset": dataset, "corruption": corruption, "level": level, "protection": name},
                 {"dataset": dataset, "corruption": protected, "level": level})
            for dataset in self.shown(table)
            for corruption, level, name, protected in self.protected(table)
        ]  # fmt: skip

    def protected(self, item):
        """(corruption, level, protection, name of the condition) of clips "sent" or "stored"."""
        known, is_sent = self.protections, item["against"] == "sent"
        levels = {
            corruption: levels
            for corruption, levels in known.levels.items()
            if known.is_sent(corruption) == is_sent and set(known.against(corruption)) - {PLAIN}
        }
        if not any(levels.values()):
            return []
        clean = [("clean", "0", name, condition("clean", name)) for name in known.encodings]
        return [
            *(clean if is_sent else [(*CLEAN, PLAIN, "clean")]),
            *((corruption, level, name, known.condition(corruption, name))
              for corruption, each in levels.items()
              for level in each
              for name in dict.fromkeys([PLAIN, *known.against(corruption)])),
        ]  # fmt: skip

    def rows_of_datasets(self, table):
        return [
            line({"dataset": name, "role": role}, {"dataset": name})
            for role, name in self.roles(table)
        ]

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

    def rows_of_detectors(self, table):
        """A row per detector for each part of what is asked of it."""
        ((label, parts),) = table["parts"].items()
        return [
            line({"dataset": dataset, "role": role, label: word, "model": model},
                 {"dataset": dataset, "model": model, "part": part})
            for role, dataset in self.roles(table)
            for word, part in parts.items()
            for model in detectors_of(self.datasets[dataset])
        ]  # fmt: skip

    def rows_of_detector_recipes(self, table):
        """Hyper-parameters of the detectors that are trained here; no scores."""
        models, recipes = self.config["detection"]["models"], self.config["detection"]["recipes"]
        trained = {
            model: recipes[models[model]["recipe"]]
            for _, dataset in self.roles(table)
            for model in self.datasets[dataset]["detectors"]
        }
        return [
            line({"model": model, "start": models[model]["start"] or ""}
                 | {key: recipe[key] for key in DETECTOR_RECIPE}
                 | {"iterations": recipe["epochs"] * recipe.get("batches", 0) or ""},
                 {})
            for model, recipe in trained.items()
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
        """Files of all scores of a table, and of its models on clean clips, who may be guessing."""
        columns = self.columns(table).values()
        shown = [
            row["scores"] | {key: column[key] for key in ("model",) if key in column}
            for row in self.rows(table)
            for column in columns
            if "minus" not in column
        ]
        clean = [each | {"corruption": "clean", "level": "0"} for each in shown if "model" in each]
        return self.cells([*shown, *clean])

    def cells(self, selections):
        """Files of the scores that are selected and can be had, each once."""
        found = {}
        for selection in selections:
            selection = DEFAULTS | selection
            dataset, model = selection["dataset"], selection["model"]
            if model == ORACLE:  # exists for the conditions that BAT trains on
                if not self.is_trained_on(selection["corruption"], selection["level"]):
                    continue
                model = f"{ORACLE}/{selection['corruption']}/{selection['level']}"
            if not self.can_be_had(dataset, model, selection["corruption"]):
                continue
            for training, seed in self.runs(selection):
                run = {"model": model, "training": training, "seed": seed}
                found[CELL.format(**selection | run)] = None
        return list(found)

    def can_be_had(self, dataset, model, corruption):
        """Scores of a model; "sets" has those of the data set, "static" those of all its models."""
        if self.task(dataset) == "frames":
            return model in ("sets", "static") or self.models.available(dataset, model)
        own = self.config["recognition"]["models"].get(model)
        if own is not None and not self.is_tracked(dataset):
            if model not in self.datasets[dataset]["models"]:
                return False
            return corruption == "clean" or not is_handed_in_clean(own)
        if model == "cost":
            return damage_of(corruption) != "clean"
        tracker = self.config["tracking"]["trackers"].get(model)
        return corruption == "clean" or tracker is None or not is_of_clean_clips_only(tracker)

    def representatives(self, dataset):
        """{kind: model} in the order of the paper's kinds."""
        found = self.models.representatives(dataset)
        return {kind: found[kind] for kind in self.spec["kinds"] if kind in found}

    @cached_property
    def kinds(self):
        """{kind: what it is called}, after the pictures that its models were trained on."""
        trained = self.models.settings["models"]
        pictures = dict.fromkeys(
            trained[model]["dataset"] if model in trained else "ILSVRC"
            for dataset in filter(None, self.config["tables"]["roles"].values())
            for model in self.models.evaluated(dataset)
            if self.models.kind(dataset, model) == "ilsvrc"
            and (model in trained or model in self.models.registry)
        )
        names, kinds = " or ".join(pictures) or "ILSVRC", self.spec.get("kinds", {})
        return {kind: words.format(pictures=names) for kind, words in kinds.items()}

    def is_trained_on(self, corruption, level):
        return level in self.config["recognition"]["bat"]["levels"].get(corruption, ())

    def runs(self, selection):
        """(training, seed) of a score: which trainings of its model, which draws of its corruption.

        Clean clips have no draw, checksums no training; detectors ask the undefended model.
        """
        dataset, model = selection["dataset"], selection["model"]
        if self.task(dataset) == "frames":
            return [(0, 0)]
        clean = damage_of(selection["corruption"]) == "clean"
        draws = [0] if clean else self.draws(dataset)
        return list(product(self.trainings(model), draws))

    def draws(self, dataset):
        """The draws of the damage that a data set's models are tested on."""
        seeds = self.config["seeds"]
        return seeds["corruption_of"].get(dataset, seeds["corruption"])

    def trainings(self, model):
        """The trainings of a model; what is not trained in the run has one."""
        seeds, trackers = self.config["seeds"], self.config["tracking"]["trackers"]
        given = "checksum", "cost", *self.config["recognition"]["models"]
        if model in given or (model in trackers and not is_trained(trackers[model])):
            return [0]
        asked = UNDEFENDED if model in detectors() else model
        return seeds["training_of"].get(asked, seeds["training"])

    def has_several_runs(self, item):
        """Whether some score of a table or figure may be a mean over runs."""
        if "data" in item:
            return False
        draws = [self.draws(dataset) for dataset in self.shown(item)]
        if self.is_of_tracking(item):
            models = [self.datasets[dataset]["tracker"] for dataset in self.shown(item)]
            trainings = list(map(self.trainings, models))
        else:
            seeds = self.config["seeds"]
            trainings = [seeds["training"], *seeds["training_of"].values()]
        return max(map(len, draws + trainings)) > 1

    def task(self, dataset):
        return TASKS[self.datasets[dataset]["type"]]

    def is_of_tracking(self, item):
        """Whether a table, figure, panel or claim is of tracking."""
        return item.get("task") == "tracking"

    def tracker_of(self, dataset):
        """The model of a selection of a tracking data set's scores: its tracker."""
        return {"model": self.datasets[dataset]["tracker"]} if self.is_tracked(dataset) else {}

    def is_tracked(self, dataset):
        return self.task(dataset) == "tracking"

    def conditions(self, names):
        """The conditions of corruptions as a table or figure names them."""
        return conditions(self.with_others(names), self.config["evaluate"])

    def with_others(self, names):
        """Names of corruptions, with those that are evaluated and not the paper's for "others"."""
        own, evaluate = self.spec.get("corruptions", ()), self.config["evaluate"]
        others = [name for name in corruptions() if evaluate[name] and name not in own]
        return [each for name in names for each in (others if name == "others" else [name])]

    # Figures ----------------------------------------------------------------------------------

    def excerpt_settings(self, name):
        """All that decides which frames a figure shows."""
        figure = self.figures[name]
        return getattr(self, f"{figure['kind']}_excerpt", lambda figure: {})(figure)

    def figure_settings(self, name):
        """All that a figure's script has to know."""
        figure = self.figures[name]
        more = getattr(self, f"{figure['kind']}_settings", lambda figure: {})(figure)
        titles = {dataset: self.title(dataset) for dataset in self.shown(figure)}
        return {"note": self.note(figure), "titles": titles} | more

    def curves_settings(self, figure):
        if figure["x"] == "k":
            looks = [
                {"title": self.title(dataset)} | {key: figure[key] for key in ("xlabel", "ylabel")}
                for dataset in self.shown(figure)
            ]
            return {"points": self.curve_points(figure), "panels": looks, "kinds": self.kinds}
        looks = [
            {"title": f"{dataset}: {panel['title']}", "ylabel": panel["ylabel"],
             "scale": panel.get("scale", 100), "bars": self.is_of_tracking(panel)}
            for panel, dataset in self.panels(figure)
        ]  # fmt: skip
        datasets = list(dict.fromkeys(name for _, name in self.panels(figure)))
        note = f"{self.spread(figure)} {self.note({'datasets': datasets})}".strip()
        points = self.curve_points(figure)
        shown = {point["corruption"] for point in points}
        rows = [
            {"corruption": name, "axis": each.about["axis"], "label": level_label(each),
             "added": name not in self.spec["corruptions"]}
            for name, each in corruptions().items()
            if name in shown
        ]  # fmt: skip
        return {"points": points, "panels": looks, "rows": rows, "note": note}

    def spread(self, figure):
        """What the bands of a figure of curves are, in words."""
        confidence = 100 * self.config["tables"]["confidence"]
        tracked = {name for panel, name in self.panels(figure) if self.is_of_tracking(panel)}
        words = []
        if {name for _, name in self.panels(figure)} - tracked:
            interval = f"{confidence:g} % interval over clips"
            several = "one standard deviation over runs, each a training under a draw, or the"
            words.append(
                f"Bands: {several} {interval} if that is wider."
                if self.has_several_runs(figure)
                else f"Bands: {interval}, one run."
            )
        for name in sorted(tracked):
            draws, trainings = self.draws(name), self.trainings(self.datasets[name]["tracker"])
            of = f"over {len(draws)} draws of the damage"
            if len(trainings) > 1:
                of = f"over {len(draws) * len(trainings)} runs, each a training under a draw"
            elif len(draws) == 1:
                of = "one draw has none"
            words.append(f"Error bars of {name}: one standard deviation, {of}.")
        return " ".join(words)

    def curve_points(self, figure):
        """Every point of a figure of curves: a selection, where it is drawn, what is printed."""
        if figure["x"] == "k":
            return self.points_over_k(figure)
        names = figure.get("corruptions", ["packet_loss", "random", "others"])
        shown = self.conditions([*names, "clean"])
        datasets = set(self.shown(figure))
        # Beside the data set that they are of, or where that is not shown, beside any.
        printed_at = {self.spec["numbers_of"]} & datasets or datasets
        return [
            {"dataset": dataset, "model": what.get("model"), "corruption": corruption,
             "level": level, "measure": what["measure"], "part": "",
             "panel": f"{dataset}: {panel['title']}", "curve": curve, "paper": self.printed(
                 what.get("printed") if dataset in printed_at else None, corruption, level)}
            | self.tracker_of(dataset)
            for panel, dataset in self.panels(figure)
            for curve, what in self.curves(panel, dataset).items()
            for corruption, level in shown
        ]  # fmt: skip

    def curves(self, panel, dataset):
        """The curves of a panel, with one for each model of one's own where it has such."""
        own = {} if "own_models" not in panel else {
            model: panel["own_models"] | {"model": model}
            for model in self.datasets[dataset]["models"]
        }  # fmt: skip
        return panel["curves"] | own

    def panels(self, figure):
        """(panel, data set): all data sets of the first panel, and so on."""
        return [
            (panel, name)
            for panel in figure["panels"]
            for name in self.shown(panel if self.is_of_tracking(panel) else figure)
        ]

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
               "panel": self.title(dataset), "curve": self.kinds[kind], "x": k}
            for dataset in self.shown(figure)
            for kind, model in self.representatives(dataset).items()
            for k in range(figure["from"], REACH + 1)
        ]  # fmt: skip

    def bars_settings(self, figure):
        return figure | {"models": self.model_selections(figure)}

    def scatter_settings(self, figure):
        found = self.bars_settings(figure) | {"kinds": self.kinds}
        if "published" in figure:
            points = self.published_points(figure, **figure["published"])
            found["published"] = {"label": figure["published"]["label"], "points": points}
        return found

    def published_points(self, figure, file, columns, label):
        """[dataset, model, x, y] of all models with published numbers, where their role is."""
        table = read_csv(CONFIG / "published" / self.name / f"{file}.csv")
        return [
            [dataset, *row]
            for role, dataset in self.roles(figure)
            for row in table[["model", *columns[role]]].dropna().round(2).values.tolist()
        ]

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
                 "kind": self.kinds[self.models.kind(dataset, model)]}
                for model in models
            ]  # fmt: skip
        return found

    def front_settings(self, figure):
        """Points of accuracy against bytes, each a protection and a defence under one condition."""
        titles = {name: each.title for name, each in corruptions().items()}
        return {
            "panels": {corruption: f"{titles[corruption]}, p = {level}"
                       for corruption, level in self.front_conditions(figure)},
            "points": self.front_points(figure),
            "measure": figure["measure"],
            "note": f"Bars: {100 * self.config['tables']['confidence']:g} % interval over clips."
                    " Line: what nothing else beats. Defences of the same bytes stand side by side."
                    f" {self.note(figure)}".strip(),
        }  # fmt: skip

    def front_points(self, figure):
        shown = self.front_conditions(figure)
        return [
            {"dataset": dataset, "corruption": corruption, "level": level, "protection": name,
             "defence": words, "model": model, "condition": protected}
            for dataset in self.shown(figure)
            for corruption, level, name, protected in self.protected(figure)
            if (corruption, level) in shown
            for model, words in figure["defences"].items()
        ]  # fmt: skip

    def front_conditions(self, figure):
        """One level of each corruption, the nearest to the figure's."""
        levels = {corruption: [] for corruption, *_ in self.protected(figure)}
        for corruption, level, *_ in self.protected(figure):
            levels[corruption].append(level)
        return [
            (corruption, nearest(found, figure["level"]))
            for corruption, found in levels.items()
            if corruption != "clean"
        ]

    def front_cells(self, figure):
        """Files of the scores of all points: accuracy, and what protecting costs."""
        return self.cells(
            {"dataset": point["dataset"], "model": model, "corruption": point["condition"],
             "level": point["level"]}
            for point in self.front_points(figure)
            for model in (point["model"], "cost")
        )  # fmt: skip

    def changes_excerpt(self, figure):
        return {"rules": self.config["frames"]["score"]}

    def changes_settings(self, figure):
        return {"model": self.models.best(*self.shown(figure))}

    def rejected_settings(self, figure):
        (dataset,) = self.shown(figure)
        made = self.datasets[dataset]["type"] == "scenes"
        who = "Annotators are simulated." if made else ""
        return {"note": f"{who} {self.note(figure)}".strip()}

    def detections_excerpt(self, figure):
        (dataset,) = self.shown(figure)
        data = self.datasets[dataset]
        return {
            "folder": data.get("frames") or data.get("path") or f"results/raw/{dataset}",
            "pairs": figure["pairs"],
            "least": figure["least"],
        }

    def detections_settings(self, figure):
        (dataset,) = self.shown(figure)
        return {"model": detectors_of(self.datasets[dataset])[0], "least": figure["least"]}

    def distances_settings(self, figure):
        panels = []
        for dataset in self.shown(figure):
            chosen = self.representatives(dataset)
            models = {kind: chosen[kind] for kind in figure["kinds"] if kind in chosen}
            panels.append({"dataset": dataset, "models": models})
        return {"rules": self.config["frames"]["score"], "panels": panels}

    def examples_settings(self, figure):
        return {"names": {name: corruptions()[name].title for name in self.exemplified(figure)}}

    def examples_excerpt(self, figure):
        decode = self.config["decode"]
        return {
            "conditions": self.example_conditions(figure),
            "playable": self.config["playable"],
            "limits": {
                key: decode[key]
                for key in ("cpu_seconds", "cpu_seconds_per_megapixel", "memory_mb")
            },
            "gaps": decode["gaps"],
        }

    levels_settings = pairs_settings = bits_settings = examples_settings
    overview_excerpt = pairs_excerpt = examples_excerpt

    def levels_excerpt(self, figure):
        return self.examples_excerpt(figure) | {"corruptions": self.exemplified(figure)}

    def bits_excerpt(self, figure):
        dataset = self.shown(figure)[0]
        drawn = {"dataset": dataset, "seed": self.draws(dataset)[0]}
        return self.examples_excerpt(figure) | drawn | {"mtu": self.config["packet_loss"]["mtu"]}

    def exemplified(self, figure):
        """The corruptions that a figure of clips shows, in their order."""
        shown = {corruption for corruption, _ in self.example_conditions(figure)}
        return [name for name in corruptions() if name in shown]

    def tracks_excerpt(self, figure):
        sequences = self.datasets[self.shown(figure)[0]].get("sequences", ())
        return {
            "conditions": self.tracked_conditions(figure),
            "moment": figure["moment"] if figure["moment"][0] in sequences else None,
        }

    def tracks_settings(self, figure):
        conditions = self.tracked_conditions(figure)
        return {
            "titles": ["Clean" if each == CLEAN
                       else f"{corruptions()[each[0]].title}, p = {each[1]}"
                       for each in conditions],
            "iou": self.config["tracking"]["iou"],
        }  # fmt: skip

    def tracked_conditions(self, figure):
        """Those of `example_conditions` that the tracker of the first data set can be asked of."""
        dataset = self.shown(figure)[0]
        tracker = self.datasets[dataset]["tracker"]
        return [
            (corruption, level)
            for corruption, level in self.example_conditions(figure)
            if self.can_be_had(dataset, tracker, corruption)
        ]

    def example_conditions(self, figure):
        """The clean and the corrupted conditions that a figure of clips shows."""
        evaluate, found = self.config["evaluate"], [CLEAN]
        for names, levels in figure["conditions"].items():
            for corruption in self.with_others([names]):
                found += [(corruption, each) for each in chosen(evaluate[corruption], levels)]
        return list(dict.fromkeys(found))

    # Claims -----------------------------------------------------------------------------------

    def claims(self):
        """All claims, each for every data set it is made of, as `results.claims.ask` takes them."""
        return [
            self.claim(name, claim, dataset)
            for name, claim in self.spec["claims"].items()
            for dataset in filter(None, self.shown(claim))
        ]

    def claims_caption(self):
        made_of = {claim["dataset"]: claim for claim in self.claims()}
        return self.caption(
            self.spec.get("claims_caption", "Claims of the paper"), {"datasets": list(made_of)}
        )

    def claim(self, name, claim, dataset):
        sides = {side: self.side(claim, side, dataset) for side in ("better", "worse")}
        for side, other in (("better", "worse"), ("worse", "better")):
            if claim[side].get("counterpart"):
                pairs = self.models.counterparts(dataset, sides[other]["models"])
                sides[other]["models"] = list(pairs)
                models = list(dict.fromkeys(pairs.values()))
                sides[side] |= {"models": models, "stands_for": pairs}
        asked = "worse" if "number" in sides["better"] else "better"
        measure = sides[asked]["measure"]
        return sides | {
            "claim": name,
            "statement": claim["statement"],
            "dataset": dataset,
            "says": claim.get("says", "more"),
            "margin": claim.get("margin", 0) / 100,
            "points": measure not in NO_SHARES and claim.get("says") != "grows",
            "unpaired": measure.startswith("distance"),
            "by_items": measure in ITEM_MEASURES,
            "scopes": self.scopes(claim, dataset) if all(map(asked_of, sides.values())) else [],
        }

    def side(self, claim, name, dataset):
        """One side of a claim: the models that it is about and their measure, or a number."""
        side = {"measure": claim.get("measure", "accuracy_playable")} | claim[name]
        if "number" in side:
            return side
        found = {key: side[key] for key in ("measure", "part", "clean") if key in side}
        if side.get("model") in detectors():
            found["trained"] = UNDEFENDED
        return found | {"models": self.asked(side, dataset)}

    def asked(self, side, dataset):
        """The models that one side of a claim is about."""
        if self.is_tracked(dataset):
            return [self.datasets[dataset]["tracker"]]
        if side["measure"].startswith("map_"):
            return detectors_of(self.datasets[dataset])
        return [side["model"]] if "model" in side else self.of_kind(side.get("kind"), dataset)

    def of_kind(self, kind, dataset):
        """The evaluated models of a kind, without controls that lack its treatment, or of all."""
        named = self.models.evaluated(dataset)
        trained = self.config["frames"]["models"]
        controls = [m for m in named if m in trained and not trained[m]["noise"]]
        return [
            model
            for model in named
            if kind == "all"
            or (kind == self.models.kind(dataset, model)
                and not (kind == "augment" and model in controls))
        ]  # fmt: skip

    def scopes(self, claim, dataset):
        """A claim's conditions: {name, better, worse} with (corruption, level) of either side."""
        if self.task(dataset) == "frames":
            return [{"name": "clean 0", "better": CLEAN, "worse": CLEAN}]
        low_up_to = self.spec["low_up_to"] | claim.get("low_up_to", {})
        sides = [claim["better"], claim["worse"]]
        protections = [side["protection"] for side in sides if "protection" in side]
        if not set(protections) <= set(self.protections.named):
            return []
        levels = self.protections.levels if protections else self.config["evaluate"]
        evaluate = levels | {"clean": ["0"]}
        named = [side["at"].split()[0] for side in sides if "at" in side]
        if not all(evaluate[corruption] for corruption in named):
            return []
        scopes = [
            {"name": f"{corruption} {level}"}
            | {name: self.place(claim[name], corruption, level) for name in ("better", "worse")}
            for corruption, which in claim["conditions"].items()
            for level in evaluate[corruption]
            if is_of(which, level, low_up_to.get(corruption, 0))
            and (ORACLE not in (side.get("model") for side in sides)
                 or self.is_trained_on(corruption, level))
        ]  # fmt: skip
        # Two places that are one where few levels are evaluated have no difference.
        return [scope for scope in scopes if not named or scope["better"] != scope["worse"]]

    def place(self, side, corruption, level):
        """Where one side of a claim is asked: on clean clips, at a place of its own, or there."""
        if side.get("clean"):
            corruption, level = CLEAN
        if "protection" in side:
            return self.protections.condition(corruption, side["protection"]), level
        if "at" in side:
            corruption, wanted = side["at"].split()
            level = nearest(self.config["evaluate"][corruption], float(wanted))
        return corruption, level

    def claim_inputs(self, wildcards=None):
        """What claims are asked of: predictions or answers, item by item, and scores."""
        found = {"predictions": [], "answers": [], "manifests": [], "sequences": [], "cells": []}
        for claim in self.claims():
            dataset = claim["dataset"]
            files = self.cells(
                {"dataset": dataset, "model": model, "corruption": scope[side][0],
                 "level": scope[side][1]}
                for scope in claim["scopes"]
                for side in ("better", "worse")
                for model in claim[side].get("models", ())
            )  # fmt: skip
            if not claim["by_items"]:
                found["cells"] += files
            elif self.is_tracked(dataset):
                found["sequences"] += files
            elif self.task(dataset) == "frames":
                found["answers"] += files
                found["manifests"].append(f"results/manifests/{dataset}.json")
            else:
                found["predictions"] += map(predictions_of, files)
        return {name: list(dict.fromkeys(files)) for name, files in found.items()}


def asked_of(side):
    """Whether there is anything to ask one side of a claim of."""
    return "number" in side or bool(side["models"])


def is_of(which, level, low_up_to):
    """Whether a level is one of a claim's: all, high or low, or those up to or above a number."""
    if which in ("high", "low"):
        return (float(level) > float(low_up_to)) == (which == "high")
    return which == "all" or float(level) == float(which)


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


def chosen(levels, wanted):
    """Of some levels, those nearest to the wanted ones, or so many from the highest down."""
    if not levels:
        return []
    if isinstance(wanted, int):
        falling = sorted(levels, key=float, reverse=True)
        steps = max(1, wanted - 1)
        return [falling[round(step * (len(levels) - 1) / steps)] for step in range(wanted)]
    return [nearest(levels, float(level)) for level in wanted]


def nearest(levels, wanted):
    """The level whose ratio to the wanted one is nearest to 1."""
    return min(levels, key=lambda level: abs(math.log(float(level) / wanted)))
