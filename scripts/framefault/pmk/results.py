"""Answers of all models on one data set, as tables and figures need them."""

import json
from pathlib import Path

import numpy as np

from framefault.pmk.scoring import pm_k, proportion
from framefault.pmk.sets import REACH, read_sets

KINDS = {
    "ilsvrc": "Trained on ILSVRC",
    "augment": "+ noise augmentation",
    "robust": "+ l-inf robustness",
    "finetuned": "+ fine-tuning",
    "finetuned_deep": "+ fine-tuning (deeper)",
    "detection": "+ fine-tuning for detection",
}


class Results:
    """The pm-k sets of a data set with the cells of its models.

    `facts` is {"dataset", "role", "best", "models": [{"model", "kind", "from"}], "representatives",
    "narrow", "rules"}; a model without a cell cannot be had today.
    """

    def __init__(self, facts, sets_path, cells):
        self.facts, self.sets = facts, read_sets(sets_path)
        self.name, self.role, self.rules = facts["dataset"], facts["role"], facts["rules"]
        self.best, self.cells = facts["best"], {}
        for path in cells:
            cell = json.loads(Path(path).read_text(encoding="utf-8"))
            if cell["dataset"] == self.name:
                self.cells[cell["model"]] = cell
        self.kinds = {row["model"]: row["kind"] for row in facts["models"]}

    @property
    def models(self):
        """Models that were evaluated, in the configuration's order, without Table 9's."""
        narrow = self.facts["narrow"]
        return [m["model"] for m in self.facts["models"] if m["model"] in self.cells
                and m["model"] not in narrow]  # fmt: skip

    def answers(self, *models):
        """int (models, frames)."""
        return np.array([self.cells[model]["answers"] for model in models])

    def level(self, model, k):
        """Accuracy under pm-k with its interval: {correct, of, accuracy, low, high}."""
        return self.cells[model]["pm"][k]

    def on_subset(self, model, chosen):
        """(original, pm-10) of the anchors that are `chosen`, bool (anchors,)."""
        counts, anchors = pm_k(self.answers(model)[0], self.sets, self.rules["labels"], chosen)
        confidence = self.rules["confidence"]
        return [proportion(int(counts[k]), anchors, confidence) for k in (0, REACH)]

    @property
    def knows_rejected(self):
        """Whether pairs that review rejected are known; ImageNet-Vid-Robust came without."""
        return bool((self.sets.rows[:, 3] == 0).any())

    @property
    def representatives(self):
        """{type: model} of those that were evaluated, in the order of KINDS."""
        chosen = self.facts["representatives"]
        return {kind: chosen[kind] for kind in KINDS if chosen.get(kind) in self.cells}


def read_results(facts, sets_paths, cells):
    """Results of several data sets; `facts` and `sets_paths` in the same order."""
    return [Results(*each, cells) for each in zip(facts, sets_paths, strict=True)]
