"""Answers of the annotators who review anchors and pairs of frames (paper B, section 2.1)."""

import pandas as pd

from framefault.errors import UserError
from framefault.tabular import read_csv, write_csv

COLUMNS = (
    "annotator",  # name
    "round",  # 1: each alone; 2: the joint pass
    "item",  # "anchor" or "pair"
    "anchor",  # its frame
    "neighbour",  # the other frame of a pair
    "labels",  # are they right?
    "similar",  # are the frames of a pair?
    "reasons",  # why not, ";" between
    "one_only",  # "yes": a feature of the object is visible in one of the two frames only
    "added",  # indices of classes that an anchor shows too, ";" between
    "note",
)
ITEMS = ("anchor", "pair")
LABELS = ("right", "wrong", "unsure")
SIMILAR = ("yes", "no", "unsure")
REASONS = ("motion", "background", "blur", "other")
ITEM = ["annotator", "round", "item", "anchor", "neighbour"]  # what has one answer


def read_answers(path):
    """The answers of a CSV file as a frame of COLUMNS: `round` is int, all others are texts.

    Raises UserError, with the line, for what is no answer, and for two answers to one question.
    """
    try:
        rows = read_csv(path, str).fillna("")
    except FileNotFoundError as error:
        raise UserError(f"There is no {path}; export the answers of the review first.") from error
    except (OSError, ValueError) as error:
        raise UserError(f"{path} cannot be read as CSV: {error}.") from error
    if list(rows.columns) != list(COLUMNS):
        raise UserError(f"{path} needs the columns {','.join(COLUMNS)}, in this order.")
    check(path, rows)
    return rows.astype({"round": int})


def write_answers(path, rows):
    """Answers, a frame or a list of dictionaries by COLUMNS, as the CSV file that is read back.

    Raises UserError for what is no answer.
    """
    rows = pd.DataFrame(rows, columns=list(COLUMNS)).astype(str)
    check(path, rows)
    write_csv(path, rows)


def check(path, rows):
    """Raise UserError, with the line, for a row that is no answer or the second to a question."""
    for line, row in enumerate(rows.to_dict("records"), 2):
        if reason := problem(row):
            raise UserError(f"{path}, line {line}: {reason}.")
    again = rows.duplicated(ITEM)
    if again.any():
        line = int(again.to_numpy().argmax())
        row = rows.iloc[line]
        raise UserError(
            f"{path}, line {line + 2}: {row['annotator']} has answered this {row['item']} in round"
            f" {row['round']} before; keep one of the two answers."
        )


def problem(row):
    """Why a dictionary of texts by COLUMNS is no answer; None if it is one."""
    pair, different = row["item"] == "pair", row["similar"] == "no"
    reasons, added = parts(row["reasons"]), parts(row["added"])
    similar = SIMILAR if pair else ("",)
    rules = (
        (row["annotator"].strip() == row["annotator"] != "", "an annotator needs a name"),
        (row["round"] in ("1", "2"), f"the round is 1 or 2, not {row['round']!r}"),
        (row["item"] in ITEMS, f"an item is {choice(ITEMS)}, not {row['item']!r}"),
        (row["anchor"] != "", "the anchor is missing"),
        (pair == (row["neighbour"] != ""), "a pair, and nothing else, has a neighbour"),
        (row["labels"] in LABELS, f"labels are {choice(LABELS)}, not {row['labels']!r}"),
        (row["similar"] in similar, f"similar is {choice(similar)}, not {row['similar']!r}"),
        (set(reasons) <= set(REASONS), f"reasons are {choice(REASONS)}, not {row['reasons']!r}"),
        (distinct(reasons), f"a reason is there twice in {row['reasons']!r}"),
        (row["one_only"] in ("yes", ""), f"one_only is yes or empty, not {row['one_only']!r}"),
        (different or not (reasons or row["one_only"]), "only frames that differ have reasons"),
        (all(map(is_index, added)), f"added are indices of classes, not {row['added']!r}"),
        (distinct(added), f"a class is there twice in {row['added']!r}"),
        (not (pair and added), "only an anchor has added labels"),
        (one_line(row), "a text has a line break or another control character"),
    )
    return next((reason for holds, reason in rules if not holds), None)


def parts(text):
    return text.split(";") if text else []


def choice(words):
    return " or ".join(word or "empty" for word in words)


def distinct(words):
    return len(set(words)) == len(words)


def is_index(text):
    return text.isascii() and text.isdigit()


def one_line(row):
    return all(str(value).isprintable() for value in row.values())
