"""From answers to what review keeps, and into the layouts of the releases and back."""

import json
from itertools import product

import pandas as pd
import pytest

from framefault.data.classes import IMAGENET_VID, YOUTUBE_BB
from framefault.errors import UserError
from framefault.tasks.frames.agreement import agreement
from framefault.tasks.frames.answers import COLUMNS, read_answers, write_answers
from framefault.tasks.frames.decision import decide, joint_pass
from framefault.tasks.frames.metadata import ClassMap, class_map, metadata_files, write_release
from framefault.tasks.frames.sets import pm_sets, vid_sets, ytbb_sets
from pmk import REAL, VID, YTBB

NAMES = ("a", "b", "c", "d")
YES, NO, WRONG = ("right", "yes"), ("right", "no", "motion"), ("wrong", "yes")


def row(annotator, anchor, neighbour, said, round_=1, **more):
    """An answer; `said` is (labels, similar, reasons) of a pair, or the labels of an anchor."""
    item = "pair" if neighbour else "anchor"
    labels, similar, reasons = (*((said,) if isinstance(said, str) else said), "", "")[:3]
    known = {
        "annotator": annotator, "round": round_, "item": item, "anchor": anchor,
        "neighbour": neighbour, "labels": labels, "similar": similar, "reasons": reasons,
    }  # fmt: skip
    return dict.fromkeys(COLUMNS, "") | known | more


def frame(rows):
    return pd.DataFrame(rows, columns=list(COLUMNS))


def candidates(**pairs):
    """One anchor "x" of class 0, with a neighbour per name and offset."""
    around = [{"frame": name, "offset": offset} for name, offset in pairs.items()]
    anchor = {"frame": "x", "video": "v", "labels": [0], "neighbours": around}
    return {"classes": ["dog", "car", "bird"], "anchors": [anchor]}


def decided(said, again=None):
    """Reasons to reject a pair that a, b, … judged so, and some, {name: answer}, so in round 2."""
    said = dict(zip("abcdefg", said, strict=False))
    rows = [row(name, "x", "y", each) for name, each in said.items()]
    again = said if again is None else again
    rows += [row(name, "x", "y", each, 2) for name, each in again.items()]
    rows += [row("a", "x", "z", YES)]
    (anchor,) = decide(candidates(y=1, z=2), frame(rows))
    return anchor.neighbours[0][3]


# The rule --------------------------------------------------------------------------------------


@pytest.mark.parametrize("votes", range(1, 8))
def test_a_pair_stays_if_more_than_half_of_its_annotators_say_so(votes):
    for kept in range(votes + 1):
        said = [YES] * kept + [NO] * (votes - kept)
        assert (decided(said) == []) == (2 * kept > votes)


@pytest.mark.parametrize(
    "doubt",
    [NO, WRONG, ("unsure", "yes"), ("right", "unsure"), ("wrong", "no", "blur")],
)
def test_one_doubt_sends_a_pair_to_the_joint_pass(doubt):
    rows = [row(name, "x", other, YES) for name in NAMES for other in "yz"]
    assert list(joint_pass(frame(rows))) == []
    rows[3] = row("b", "x", "z", doubt)
    assert list(joint_pass(frame(rows))) == [("x", "z")]
    assert list(joint_pass(frame([*rows, row("b", "x", "z", YES, 2)]))) == [("x", "z")]
    with pytest.raises(UserError, match="x with z is without the answer of the joint pass"):
        decide(candidates(y=1, z=2), frame(rows))


def test_of_an_annotator_who_answered_again_the_joint_pass_counts():
    assert decided([NO] * 4, dict.fromkeys(NAMES, YES)) == []
    assert decided([YES, YES, YES, NO], dict.fromkeys(NAMES, NO)) == ["deformation", "dissimilar"]
    # Who was not there in the joint pass stays with what he said.
    assert decided([YES, YES, NO, NO], {"c": YES}) == []
    assert decided([YES, YES, NO, NO], {"a": YES}) == ["deformation", "dissimilar"]


@pytest.mark.parametrize(
    ("said", "more", "words"),
    [
        (NO, {}, "deformation dissimilar"),
        (("right", "no", "background;blur"), {}, "background-change blur-increase dissimilar"),
        (("right", "no", "other"), {}, "dissimilar problematic"),
        (("right", "no"), {"one_only": "yes"}, "dissimilar occlusion-increased"),
        (WRONG, {}, "incorrect"),
        (("wrong", "no", "blur"), {}, "blur-increase dissimilar incorrect"),
        (("unsure", "yes"), {}, "dont_know"),
        (("right", "unsure"), {}, "dont_know"),
    ],
)
def test_rejected_pairs_keep_their_reasons_in_the_words_of_the_release(said, more, words):
    rows = [row("a", "x", "y", said, round_, **more) for round_ in (1, 2)]
    (anchor,) = decide(candidates(y=1), frame(rows))
    assert anchor.neighbours == [("y", 1, [0], [word.replace("_", " ") for word in words.split()])]


BLUR = ("right", "no", "blur")


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ([NO, BLUR, WRONG, YES], ["blur-increase", "deformation", "dissimilar", "incorrect"]),
        ([NO, BLUR, YES], ["blur-increase", "deformation", "dissimilar"]),
        ([NO, NO, NO, WRONG], ["deformation", "dissimilar"]),
        ([NO, NO, BLUR, BLUR], ["blur-increase", "deformation", "dissimilar"]),
        ([WRONG, WRONG, ("wrong", "no"), NO], ["dissimilar", "incorrect"]),
        ([YES, YES, YES, YES, NO], []),
    ],
)
def test_reasons_are_those_of_half_of_those_against_or_else_of_all(said, words):
    assert decided(said) == words


@pytest.mark.parametrize(
    ("said", "against"),
    [
        ("right right wrong", []),
        ("right wrong", ["bad"]),  # a tie is no majority
        ("right right wrong unsure", ["bad", "unsure"]),
        ("unsure unsure right", ["unsure"]),
    ],
)
def test_an_anchor_stays_by_the_same_rule(said, against):
    asked = [row(name, "x", "", each) for name, each in zip(NAMES, said.split(), strict=False)]
    (anchor,) = decide(candidates(y=1), frame([*asked, row("a", "x", "y", YES)]))
    assert anchor.reasons == against and anchor.neighbours == [("y", 1, [0], [])]


def test_where_anchors_are_not_asked_about_one_right_pair_is_enough():
    both = [row("a", "x", other, WRONG, round_) for other in "yz" for round_ in (1, 2)]
    assert decide(candidates(y=1, z=2), frame(both))[0].reasons == ["bad"]
    dissimilar = [row("a", "x", "z", ("right", "no", "blur"), round_) for round_ in (1, 2)]
    (anchor,) = decide(candidates(y=1, z=2), frame(both[:2] + dissimilar))
    assert anchor.reasons == [] and all(why for *_, why in anchor.neighbours)
    assert decide(candidates(), frame([]))[0].reasons == []


def test_labels_that_a_majority_adds_count_for_anchor_and_neighbours():
    found = candidates(y=1, z=2)
    found["anchors"][0]["neighbours"][1]["labels"] = [1]
    added = {"a": "1;2", "b": "2", "c": "1;2", "d": ""}  # 1 by half of them
    rows = [row(name, "x", "", "right", added=each) for name, each in added.items()]
    rows += [row("a", "x", other, YES) for other in "yz"]
    (anchor,) = decide(found, frame(rows))
    assert (anchor.labels, anchor.original) == ([0, 2], [0])
    assert [labels for _, _, labels, _ in anchor.neighbours] == [[0, 2], [1, 2]]


def test_order_of_answers_decides_nothing():
    rows = [row(n, "x", other, each, round_)
            for (n, each), other, round_ in product(zip(NAMES, (YES, NO, WRONG, YES), strict=True),
                                                    "yz", (1, 2))]  # fmt: skip
    expected = decide(candidates(y=1, z=2), frame(rows))
    for seed in range(3):
        mixed = frame(rows).sample(frac=1, random_state=seed)
        assert decide(candidates(y=1, z=2), mixed) == expected


def test_missing_and_strange_answers_are_counted():
    some = frame([row("a", "x", "y", YES)])
    with pytest.raises(UserError, match="^2 pairs or anchors, such as x with z, are without an"):
        decide(candidates(y=1, z=2, w=3), some)
    asked = frame([row("a", "x", "y", YES), row("a", "x", "", "right")])
    found = candidates(y=1)
    found["anchors"].append({"frame": "u", "video": "w", "labels": [1], "neighbours": []})
    with pytest.raises(UserError, match="^u is without an answer"):
        decide(found, asked)
    with pytest.raises(UserError, match="other candidates: x with y is not among these"):
        decide(candidates(z=1), some)
    with pytest.raises(UserError, match="add the label 3, but classes count from 0 to 2"):
        asked.loc[1, "added"] = "1;3"
        decide(candidates(y=1), asked)
    only_joint = frame([row("a", "x", "y", YES, 2)])
    with pytest.raises(UserError, match="x with y is without an answer"):
        decide(candidates(y=1), only_joint)


# Into the layouts of the releases and back -----------------------------------------------------


def reviewed(layout):
    """Two accepted anchors and a rejected one, with pairs of all kinds."""
    key = {
        "vid": "val/ILSVRC2015_val_0000000{}/{:06d}.JPEG".format,
        "ytbb": "a_-{}_1000/frame-{}.jpg".format,
    }[layout]
    labels = {"vid": ([8], [0, 29], [6]), "ytbb": ([22], [23, 1], [19])}[layout]
    anchors, rows = [], []
    for video, shown in enumerate(labels):
        around = [{"frame": key(video, 30 + o), "offset": o} for o in (-10, -1, 2, 10)]
        anchors.append({"frame": key(video, 30), "video": str(video), "labels": shown,
                        "neighbours": around})  # fmt: skip
        kinds = [YES, ("right", "no", "blur"), YES, ("wrong", "no", "motion;other")]
        for each, said in zip(around, kinds, strict=True):
            pair = anchors[-1]["frame"], each["frame"]
            said = WRONG if video == 2 else said
            rows += [row(name, *pair, said, round_) for name in NAMES for round_ in (1, 2)]
        if layout == "ytbb":
            said, added = ("wrong", "") if video == 2 else ("right", "3" if video else "")
            rows += [row(n, anchors[-1]["frame"], "", said, added=added) for n in NAMES]
    if layout == "vid":
        anchors[1]["neighbours"][2]["labels"] = [0]
    return anchors, frame(rows)


def content(sets):
    """All that sets say, by keys."""
    found = {}
    for number, (anchor, at, offset, kept) in enumerate(sets.rows.tolist()):
        first = sets.frames[sets.anchors[anchor]]
        original = (sets.original or {}).get(at, sets.labels[at])
        why = (sets.reasons or {}).get(number)
        found[first, sets.frames[at]] = (offset, kept, sets.labels[at], sorted(original), why)
    return found, sets.classes, sets.subclasses, sets.outputs, sets.names


@pytest.mark.parametrize("layout", ["vid", "ytbb"])
def test_reviewed_sets_are_read_back_from_the_layout_of_the_release(tmp_path, layout):
    targets = {"vid": IMAGENET_VID, "ytbb": YOUTUBE_BB}[layout]
    names = [name for _, name in targets]
    anchors, answers = reviewed(layout)
    write_answers(tmp_path / "answers.csv", answers)
    found = decide({"classes": names, "anchors": anchors}, read_answers(tmp_path / "answers.csv"))
    subclasses = {0: [1, 3], 8: [2], 19: [7]}
    outputs = [(f"n{number:08d}", f"thing {number}") for number in range(10)]
    classes = ClassMap(targets, subclasses, outputs)
    write_release(tmp_path / "release", metadata_files(layout, classes, found))
    folder = tmp_path / "release/metadata"
    if layout == "vid":
        sets, reviews_labels = vid_sets(folder), False
    else:
        sets, reviews_labels = ytbb_sets(folder, folder / "pmk_labels.json"), True
        assert sets.original is not None and len(sets.original) == 5
    direct = pm_sets(names, subclasses, found, reviews_labels=reviews_labels, outputs=10,
                     names=sets.names)  # fmt: skip
    assert content(sets) == content(direct)
    assert len(sets.anchors) == 3 and len(sets.accepted) == 2
    assert len(sets.reviewed()) == 2 + 4
    why = {tuple(reasons) for reasons in sets.reasons.values()}
    assert {("blur-increase", "dissimilar"), ("bad",)} < why
    assert ("deformation", "dissimilar", "incorrect", "problematic") in why


def test_labels_of_youtube_bb_survive_its_swapped_indices(tmp_path):
    anchors, answers = reviewed("ytbb")
    names = [name for _, name in YOUTUBE_BB]
    found = decide({"classes": names, "anchors": anchors}, answers)
    write_release(tmp_path / "a", metadata_files("ytbb", ClassMap(YOUTUBE_BB, {}, []), found))
    table = (tmp_path / "a/metadata/ytbb_robustness_test_anchors_full.csv").read_text()
    assert table.splitlines()[1:] == ["a_-0,1000,23", "a_-1,1000,22", "a_-1,1000,1", "a_-2,1000,19"]
    sets = ytbb_sets(tmp_path / "a/metadata", tmp_path / "a/metadata/pmk_labels.json")
    shown = [[names[label] for label in sets.labels[anchor]] for anchor in sets.anchors]
    assert shown == [["none"], ["bird", "boat", "car"], ["dog"]]


@REAL
@pytest.mark.parametrize(("layout", "folder", "targets"), [("vid", VID, 30), ("ytbb", YTBB, 24)])
def test_the_released_map_is_written_as_it_was(layout, folder, targets):
    path = folder / "rev_class_idx_map.json"
    classes = class_map({"map": str(path)}, layout)
    files = metadata_files(layout, classes, [])["metadata"]
    assert len(classes.targets) == targets
    for name in ("rev_class_idx_map.json", "class_idx_map.json"):
        assert files[name] == json.loads((folder / name).read_text())


# Agreement -------------------------------------------------------------------------------------


def test_agreement_is_that_of_the_textbook():
    """Cohen's (1960) kappa of 20 + 15 of 50 equal answers, and alpha of the same two."""
    pairs = [("yes", "yes")] * 20 + [("yes", "no")] * 5 + [("no", "yes")] * 10 + [("no", "no")] * 15
    rows = [
        row(name, "x", str(number), ("right", said))
        for number, both in enumerate(pairs)
        for name, said in zip("ab", both, strict=True)
    ]
    rows += [row(name, "x", "0", NO, 2) for name in "ab"]  # after they talked
    found = agreement(frame(rows)).to_dict("records")
    assert found[0] == {"measure": "kappa", "first": "a", "second": "b", "pairs": 50, "value": 0.4}
    disagreement, expected = 15 / 50, 2 * 55 * 45 / (100 * 99)
    assert found[1]["value"] == pytest.approx(1 - disagreement / expected, abs=1e-4)


def test_agreement_needs_common_pairs_and_more_than_one_answer():
    alone = [row("a", "x", "y", YES), row("b", "x", "z", NO)]
    same = [row(name, "x", "y", YES) for name in "ab"]
    for rows, pairs in ((alone, 0), (same, 1)):
        found = agreement(frame(rows))
        assert found["pairs"].tolist() == [pairs, pairs] and found["value"].isna().all()
    found = agreement(frame([row("a", "x", "y", YES)]))
    assert found["measure"].tolist() == ["alpha"] and found["value"].isna().all()
    three = [row(name, "x", other, said) for name in "abc"
             for other, said in (("y", YES), ("z", ("right", "unsure")))]  # fmt: skip
    assert agreement(frame(three))["value"].tolist() == [1, 1, 1, 1]
