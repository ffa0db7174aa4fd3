"""Tables and figures of "Beyond the Pixels" as data: which results each one shows.

The rules read this and hand each stage its own part, so that a change to one table makes only
that table again.
"""

import math

DEFENCES = {
    "none": "No defense",
    "at_eps2": "AT (ε = 2/255)",
    "at_eps4": "AT (ε = 4/255)",
    "at_eps8": "AT (ε = 8/255)",
    "bat": "BAT",
    "bat_low": "BAT (Low)",
    "bat_high": "BAT (High)",
    "bat_oracle": "BAT (Oracle)",
}
CELLS = "results/cells/{dataset}/{defense}/seed{seed}/{corruption}/{level}.json"
OOD = "results/ood/{dataset}/{defense}/seed{seed}/{corruption}/{level}.json"
CHECKSUMS = "results/checksums/{dataset}/seed{seed}/{corruption}/{level}.json"

NETWORK_AND_FILE = ("packet_loss", "random", "none")
ALL_CONDITIONS = ("packet_loss", "random", "contiguous", "none")
BAT_VARIANTS = ("none", "at_eps2", "bat", "bat_low", "bat_high", "bat_oracle")
AT_VARIANTS = ("none", "at_eps2", "at_eps4", "at_eps8")


def column(name, heading, measure, defense, unit="%", printed=True):
    """A table's column: the `measure` of a defence's cells, in "%" or "files"."""
    return {
        "name": name, "heading": heading, "measure": measure, "defense": defense, "unit": unit,
        "printed": printed,
    }  # fmt: skip


def by_defence(over, defences):
    return [column(name, DEFENCES[name], f"accuracy_{over}", name) for name in defences]


def detection(method):
    """What Tables 5 and 6 share."""
    return {
        "cells": OOD,
        "corruptions": ALL_CONDITIONS,
        "columns": [
            column("in_dist_acc", "In-dist. accuracy", "accuracy_in_dist", method),
            column("auroc", "AUROC", "auroc", method),
        ],
        "counts": ("kept", "playable"),
    }


def accuracies(over, corruptions, defences):
    """What Tables 1 to 4 share."""
    return {
        "cells": CELLS,
        "corruptions": corruptions,
        "columns": by_defence(over, defences),
        "counts": ("playable", "clips"),
    }


# `counts` are shown as "170 of 200"; `corruptions` are blocks of rows, their levels configured.
TABLES = {
    "table1": accuracies("playable", NETWORK_AND_FILE, BAT_VARIANTS)
    | {
        "caption": "Table 1: top-1 accuracy on playable videos (%)",
        "published": "config/published/paperA_table1.csv",
    },
    "table2": accuracies("all", NETWORK_AND_FILE, BAT_VARIANTS)
    | {
        "caption": "Table 2: top-1 accuracy on all videos, unplayable ones counted wrong (%)",
        "published": "config/published/paperA_table2.csv",
    },
    "table3": accuracies("playable", ("contiguous",), BAT_VARIANTS)
    | {
        "caption": "Table 3: top-1 accuracy under contiguous file corruption, playable videos (%)",
        "published": "config/published/paperA_table3.csv",
    },
    "table4": accuracies("playable", ALL_CONDITIONS, AT_VARIANTS)
    | {
        "caption": "Table 4: top-1 accuracy of adversarial training, playable videos (%)",
        "published": "config/published/paperA_table4.csv",
    },
    "table5": detection("odin")
    | {
        "caption": "Table 5: ODIN, accuracy on the videos it keeps and AUROC (%)",
        "published": "config/published/paperA_table5_odin.csv",
    },
    "table6": detection("energy")
    | {
        "caption": "Table 6: energy score, accuracy on the videos it keeps and AUROC (%)",
        "published": "config/published/paperA_table6_energy.csv",
    },
    "table7": {
        "cells": CHECKSUMS,
        "corruptions": NETWORK_AND_FILE,
        "columns": [
            column("in_dist_acc", "In-dist. accuracy", "accuracy_unchanged", "checksum"),
            column("support", "Support (not corrupted)", "support", "checksum", "files"),
            column("expected", "Expected", "expected_support", "checksum", "files", False),
        ],
        "counts": (),
        "caption": "Table 7: accuracy (%) and number of videos whose checksums agree",
        "published": "config/published/paperA_table7_checksum.csv",
    },
}


def conditions(corruptions, evaluate):
    """(corruption, level) pairs in the order of a table's rows."""
    levels = evaluate | {"none": ["0"]}
    return [(corruption, level) for corruption in corruptions for level in levels[corruption]]


# The paper's boundary between low and high corruption (sections 1 and 4.2, appendix F.1).
LOW_UP_TO = {"packet_loss": 0.01, "random": 1e-6}


def high(corruption, levels):
    return [(corruption, level) for level in levels if float(level) > LOW_UP_TO[corruption]]


def low(corruption, levels):
    return [(corruption, level) for level in levels if float(level) <= LOW_UP_TO[corruption]]


def claims(evaluate):
    """The paper's claims for the levels that are evaluated.

    A "paired" claim says that `better`, a defence, does better than `worse` under each of its
    conditions; with `clean`, that clean clips do better than the corrupted ones. The others ask
    the AUROC of ODIN, and the number of unchanged files.
    """
    packet_loss, random = (evaluate[name] for name in ("packet_loss", "random"))
    severe = high("packet_loss", packet_loss) + high("random", random)
    slight = low("packet_loss", packet_loss) + low("random", random)
    every = conditions(NETWORK_AND_FILE, evaluate)
    return [
        {
            "claim": "packet_loss_degrades",
            "statement": "Accuracy falls when more than 1 % of packets are lost (section 4.2)",
            "kind": "paired", "better": "none", "worse": "none", "clean": True,
            "conditions": high("packet_loss", packet_loss),
        },
        {
            "claim": "flips_degrade",
            "statement": "Accuracy falls when more than 1e-6 of bits are flipped (section 4.2)",
            "kind": "paired", "better": "none", "worse": "none", "clean": True,
            "conditions": high("random", random),
        },
        {
            "claim": "bat_high_helps",
            "statement": "BAT (High) beats no defence at high corruption (section 4.4)",
            "kind": "paired", "better": "bat_high", "worse": "none", "clean": False,
            "conditions": severe,
        },
        {
            "claim": "at_hurts",
            "statement": "Adversarial training is worse than no defence (section 4.3)",
            "kind": "paired", "better": "none", "worse": "at_eps2", "clean": False,
            "conditions": every,
        },
        {
            "claim": "odin_at_chance",
            "statement": "ODIN cannot tell slightly corrupted clips, AUROC near 50 % (section 4.3)",
            "kind": "near_chance",
            "conditions": slight,
        },
        {
            "claim": "checksum_law",
            "statement": "The number of unchanged files follows (1 - p)^bits (Table 7)",
            "kind": "unchanged",
            "conditions": [("random", level) for level in random],
        },
    ]  # fmt: skip


# Figures ------------------------------------------------------------------------------------

TABLE1, TABLE5, TABLE6 = (TABLES[name]["published"] for name in ("table1", "table5", "table6"))


def curve(label, cells, defense, measure, published=None, printed=None, unit="%"):
    """A line of a figure; `printed` is its column in the file of printed numbers."""
    return {
        "label": label, "cells": cells, "defense": defense, "measure": measure,
        "published": published, "printed": printed, "unit": unit,
    }  # fmt: skip


def figure3(datasets):
    """Panels of Figure 3: accuracy of each data set, then distance of each."""
    accuracy = [curve("Accuracy", CELLS, "none", "accuracy_playable", TABLE1, "none")]
    distances = [
        curve(f"Distance, {which}", CELLS, "none", f"distance_{which}", unit="0 to 1")
        for which in ("all", "correct", "incorrect")
    ]
    return [
        {"title": f"{dataset}: {title}", "ylabel": label, "dataset": dataset, "curves": curves}
        for title, label, curves in (
            ("accuracy", "Top-1 accuracy (%)", accuracy),
            ("distance", "Mean Euclidean distance", distances),
        )
        for dataset in datasets
    ]


def detection_figure(*methods):
    """Panels of Figures 6 and 7: AUROC and accuracy of each method and data set."""
    names = {"odin": ("ODIN", TABLE5), "energy": ("Energy", TABLE6)}
    return lambda datasets: [
        {
            "title": f"{dataset}: {names[method][0]}, {title}",
            "ylabel": f"{label} (%)",
            "dataset": dataset,
            "curves": [curve(label, OOD, method, measure, names[method][1], printed)],
        }
        for dataset in datasets
        for method in methods
        for title, label, measure, printed in (
            ("AUROC", "AUROC", "auroc", "auroc"),
            ("accuracy", "In-dist. accuracy", "accuracy_in_dist", "in_dist_acc"),
        )
    ]


# Functions from the data sets to panels; a panel is a column, packet loss and flips its rows.
CURVES = {
    "figure3": figure3,
    "figure6": detection_figure("odin"),
    "figure7": detection_figure("odin", "energy"),
}

TITLES = {"packet_loss": "Packet loss", "random": "Random file corruption"}
# Levels of the figures that show single clips; where one is not evaluated, the nearest is shown.
EXAMPLES = {
    "figure1": ("figure_overview", {"random": (1e-5,), "packet_loss": (0.1,)}),
    "figure2": ("figure_bits", {"packet_loss": (0.1,), "random": (1e-5,)}),
    "figure4": ("figure_levels", {"packet_loss": (1e-4, 0.01, 0.2), "random": (1e-8, 1e-6, 1e-4)}),
    "figure5": ("figure_pairs", {"packet_loss": (0.1,), "random": (1e-4,)}),
}


def example_conditions(figure, evaluate):
    """The clean and the corrupted conditions that a figure of clips shows."""
    _, wanted = EXAMPLES[figure]
    found = [("none", "0")]
    for corruption, levels in wanted.items():
        for level in levels if evaluate[corruption] else ():
            found.append((corruption, nearest(evaluate[corruption], level)))
    return list(dict.fromkeys(found))


def nearest(levels, wanted):
    """The level whose ratio to the wanted one is nearest to 1."""
    return min(levels, key=lambda level: abs(math.log(float(level) / wanted)))
