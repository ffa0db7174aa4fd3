"""Simulated annotators of the embedded scenes: they see the truth, and err at a stated rate."""

import pandas as pd

from framefault.seeds import rng
from framefault.tasks.frames.answers import COLUMNS, LABELS, SIMILAR
from framefault.tasks.frames.decision import joint_pass
from framefault.tasks.frames.review import anchor_labels, pair_truth
from framefault.tasks.frames.sets import frame_number


def simulate(dataset, candidates, scene_of, settings):
    """Answers of both rounds to all candidates, a frame of `answers.COLUMNS`.

    `scene_of` gives the Scene of a video's name. `settings`: annotators (how many), errors
    ({"similar", "labels", "joint"}: the chance that an annotator's answer to each question is one
    of the two wrong ones, in the joint pass to both), anchors (whether anchors are asked about
    alone, as for YTBB-Robust), and seed. Each answer has a draw of its own.
    """
    names = [f"simulated {number}" for number in range(1, settings["annotators"] + 1)]
    errors, asked = settings["errors"], settings["anchors"]
    joint = dict.fromkeys(("labels", "similar"), errors["joint"])
    truths = {}
    for each in candidates["anchors"]:
        scene, key = scene_of(each["video"]), each["frame"]
        if asked:
            truths[key, ""] = anchor_labels(scene, frame_number(key))
        for other in (neighbour["frame"] for neighbour in each["neighbours"]):
            truths[key, other] = pair_truth(scene, frame_number(key), frame_number(other))

    def answers(round_, questions, errors):
        key = (dataset, settings["seed"], round_)
        return [
            dict.fromkeys(COLUMNS, "")
            | {"annotator": name, "round": round_, "anchor": item[0], "neighbour": item[1]}
            | answer(truths[item], errors, rng("annotator", *key, name, *item))
            for name in names
            for item in questions
        ]

    first = pd.DataFrame(answers(1, truths, errors), columns=list(COLUMNS))
    second = pd.DataFrame(answers(2, joint_pass(first), joint), columns=list(COLUMNS))
    return pd.concat([first, second], ignore_index=True)


def answer(truth, errors, draw):
    """What one annotator says of an anchor, whose labels are a text, or of a pair's Truth."""
    if isinstance(truth, str):
        return {"item": "anchor", "labels": perhaps_wrong(truth, LABELS, errors["labels"], draw)}
    different = [reason for reason, amount in truth.amounts.items() if amount > 1]
    said = {
        "item": "pair",
        "labels": perhaps_wrong(truth.labels, LABELS, errors["labels"], draw),
        "similar": perhaps_wrong("no" if different else "yes", SIMILAR, errors["similar"], draw),
    }
    if said["similar"] == "no":  # by mistake, too, for what differs most
        why = different or [max(truth.amounts, key=truth.amounts.get)]
        said |= {"reasons": ";".join(why), "one_only": "yes" if truth.one_only else ""}
    return said


def perhaps_wrong(truth, choices, rate, draw):
    """The truth, or at that rate one of the other choices."""
    others = [each for each in choices if each != truth]
    return str(draw.choice(others)) if draw.random() < rate else truth
