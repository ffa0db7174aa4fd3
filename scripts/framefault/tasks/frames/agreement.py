"""How far annotators agree that frames are similar, before they talk to each other."""

from itertools import combinations

import krippendorff
import pandas as pd
from sklearn.metrics import cohen_kappa_score

from framefault.tasks.frames.answers import SIMILAR


def agreement(answers):
    """Cohen's kappa of every two annotators and Krippendorff's alpha of all, in round 1.

    A frame of measure, first and second annotator (none for alpha), pairs, and value; both measures
    take yes, no and unsure as names without order. `pairs` are those that both, or at least two,
    answered. The value is missing where it is not defined: nothing in common, or one answer only.
    """
    first = answers[(answers["item"] == "pair") & (answers["round"] == 1)]
    table = first.pivot(index=["anchor", "neighbour"], columns="annotator", values="similar")
    rows = []
    for one, other in combinations(table, 2):
        both = table[[one, other]].dropna()
        defined = both.stack().nunique() > 1
        value = cohen_kappa_score(both[one], both[other]) if defined else None
        rows.append({"first": one, "second": other, "pairs": len(both), "value": value})
    several = table[table.notna().sum(axis=1) > 1]
    codes = several.apply(lambda column: column.map(SIMILAR.index, na_action="ignore"))
    value = None
    if several.stack().nunique() > 1:
        value = krippendorff.alpha(
            codes.to_numpy(float).T, level_of_measurement="nominal", value_domain=[0, 1, 2]
        )
    rows.append({"first": "", "second": "", "pairs": len(several), "value": value})
    found = pd.DataFrame(rows)
    found.insert(0, "measure", ["kappa"] * (len(rows) - 1) + ["alpha"])
    return found.assign(value=found["value"].astype(float).round(4))
