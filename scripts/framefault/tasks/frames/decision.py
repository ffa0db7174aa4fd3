"""What review keeps: the joint pass over doubtful pairs, then a strict majority (paper B, 2.1)."""

from collections import Counter

import pandas as pd

from framefault.errors import UserError
from framefault.tasks.frames.answers import parts
from framefault.tasks.frames.sets import Anchor

PAIR = ["anchor", "neighbour"]
# What the release calls an annotator's reasons. It has no word for motion or "other": that they are
# its "deformation" and "problematic" is our reading.
WORDS = {
    "motion": "deformation", "background": "background-change", "blur": "blur-increase",
    "other": "problematic",
}  # fmt: skip
LABEL_WORDS = {"wrong": "incorrect", "unsure": "dont know"}
ANCHOR_WORDS = {"wrong": "bad", "unsure": "unsure"}


def joint_pass(answers):
    """The pairs, (anchor, neighbour), that anyone marked dissimilar, wrong or unsure in round 1.

    `answers` as of `answers.read_answers`.
    """
    first = answers[(answers["item"] == "pair") & (answers["round"] == 1)]
    return pd.MultiIndex.from_frame(first[~votes_for(first)][PAIR]).unique()


def votes_for(pairs):
    """bool (pairs,): an answer for a pair says that its labels are right and its frames similar."""
    return (pairs["labels"] == "right") & (pairs["similar"] == "yes")


def decide(candidates, answers):
    """Anchors with their neighbours, of `sets.Anchor`: what review keeps, and why not the rest.

    A pair stays if a strict majority of its annotators say that it is similar and labelled right;
    of an annotator who answered again in the joint pass, that counts. An anchor stays if a strict
    majority of those asked about it call its labels right; where nobody was asked, as for
    ImageNet-VID, if they are right in one of its pairs. Labels that a strict majority added count
    for the anchor and its neighbours. A tie is no majority. Rejected anchors and pairs keep their
    reasons. Raises UserError for answers about other frames, and for
    anchors or pairs that still lack an answer.
    """
    last = answers.sort_values("round", kind="stable")
    last = last.drop_duplicates(["annotator", "item", *PAIR], keep="last")
    pairs, anchors = (last[last["item"] == item] for item in ("pair", "anchor"))
    check_complete(candidates, answers)
    kept = majorities(pairs, votes_for(pairs))
    labelled = majorities(pairs, pairs["labels"] == "right")
    why = reasons(pairs[~votes_for(pairs)], pair_words)
    good = majorities(anchors, anchors["labels"] == "right")
    bad = reasons(anchors[anchors["labels"] != "right"], anchor_words)
    added = added_labels(anchors)
    found = []
    for each in candidates["anchors"]:
        key, more = each["frame"], added.get(each["frame"], set())
        neighbours = [
            (
                other["frame"],
                other["offset"],
                sorted({*other.get("labels", each["labels"])} | more),
                [] if kept[key, other["frame"]] else sorted(why[key, other["frame"]]),
            )
            for other in each["neighbours"]
        ]
        if len(anchors):
            against = [] if good[key, ""] else sorted(bad[key, ""])
        else:
            right = any(labelled[key, other] for other, *_ in neighbours)
            against = [] if right or not neighbours else [ANCHOR_WORDS["wrong"]]
        labels = sorted({*each["labels"]} | more)
        found.append(Anchor(key, labels, neighbours, against, each["labels"]))
    return found


def majorities(rows, votes):
    """{(anchor, neighbour): whether more than half of its rows vote for it}."""
    shares = votes.groupby([rows[name] for name in PAIR]).mean()
    return (shares > 0.5).to_dict()


def reasons(rows, words):
    """{(anchor, neighbour): words} for rows that vote against it.

    Words that at least half of them give count; where that is at most "dissimilar", all do.
    """
    said, votes = {}, Counter()
    for row in rows.to_dict("records"):
        item = row["anchor"], row["neighbour"]
        said.setdefault(item, Counter()).update(words(row))
        votes[item] += 1
    usual = {
        item: {word for word, count in counts.items() if 2 * count >= votes[item]}
        for item, counts in said.items()
    }
    return {item: most if most - {"dissimilar"} else {*said[item]} for item, most in usual.items()}


def pair_words(row):
    """What the release calls an answer against a pair."""
    words = {LABEL_WORDS[row["labels"]]} if row["labels"] != "right" else set()
    if row["similar"] == "unsure":
        words.add(LABEL_WORDS["unsure"])
    if row["similar"] == "no":
        words |= {"dissimilar", *(WORDS[reason] for reason in parts(row["reasons"]))}
    return words | ({"occlusion-increased"} if row["one_only"] else set())


def anchor_words(row):
    return {ANCHOR_WORDS[row["labels"]]}


def added_labels(anchors):
    """{anchor: labels that more than half of its annotators added}."""
    asked = anchors.groupby("anchor").size()
    added = anchors.assign(label=anchors["added"].map(parts)).explode("label").dropna()
    counts = added.groupby(["anchor", "label"]).size()
    found = {}
    for (anchor, label), count in counts.items():
        if 2 * count > asked[anchor]:
            found.setdefault(anchor, set()).add(int(label))
    return found


def check_complete(candidates, answers):
    """Raise UserError unless the answers are about the candidates, and about all of them."""
    asked = [
        (each["frame"], other["frame"])
        for each in candidates["anchors"]
        for other in each["neighbours"]
    ]
    known = {*asked, *((each["frame"], "") for each in candidates["anchors"])}
    given = set(zip(answers["anchor"], answers["neighbour"], strict=True))
    if strange := sorted(given - known):
        raise UserError(
            f"The answers are about other candidates: {said(strange)} not among these; take the"
            " answers of this review."
        )
    first = answers[answers["round"] == 1]
    answered = set(zip(first["anchor"], first["neighbour"], strict=True))
    joint = answers[answers["round"] == 2]
    again = set(zip(joint["anchor"], joint["neighbour"], strict=True))
    alone = sorted(known - {*asked}) if (answers["item"] == "anchor").any() else []
    for what, needed, there in (
        ("an answer", [*asked, *alone], answered),
        ("the answer of the joint pass", joint_pass(answers), again),
    ):
        if missing := [each for each in needed if each not in there]:
            raise UserError(
                f"{said(missing)} without {what}; go on with the review and export again."
            )
    classes = len(candidates["classes"])
    added = {label for text in answers["added"] for label in parts(text)}
    if wrong := sorted(label for label in added if int(label) >= classes):
        raise UserError(
            f"The answers add the label {wrong[0]}, but classes count from 0 to {classes - 1}."
        )


def said(items):
    """ "3 pairs or anchors, such as a with b, are" of (anchor, neighbour or "")."""
    first = " with ".join(filter(None, items[0]))
    if len(items) == 1:
        return f"{first} is"
    return f"{len(items)} pairs or anchors, such as {first}, are"
