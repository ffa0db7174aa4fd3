"""pm-k sets: read from the official metadata, and what a wrong file says."""

import csv
import json
import shutil
import tempfile
from pathlib import Path

import numpy as np
import pytest

import release
from framefault.errors import UserError
from framefault.tasks.frames.sets import (
    VID_CLASSES,
    check_counts,
    read_sets,
    reviewed_anchors,
    reviewed_pairs,
    subclasses,
    vid_sets,
    write_sets,
    ytbb_sets,
)
from pmk import REAL, VID, YTBB, reviewed_sets, small_sets


def test_sets_are_read_as_they_were_written(tmp_path):
    sets = small_sets()
    write_sets(tmp_path / "sets.json", sets)
    again = read_sets(tmp_path / "sets.json")
    assert (again.rows == sets.rows).all()
    assert (again.frames, again.labels, again.subclasses) == (
        sets.frames, sets.labels, sets.subclasses
    )  # fmt: skip


# The released archive, as public loaders read it -----------------------------------------------


@pytest.fixture
def released(tmp_path):
    release.write_vid(tmp_path / "imagenet-vid-robust")
    return tmp_path / "imagenet-vid-robust/metadata"


def edit(path, change):
    content = json.loads(path.read_text())
    path.write_text(json.dumps(change(content) or content))


def test_the_released_metadata_need_no_class_map_and_have_names_not_lists(released):
    sets = vid_sets(released)
    assert sets.classes[0] == "airplane" and sets.classes[9] == "domestic cat"
    index = {id_: number for number, id_ in enumerate(release.ILSVRC)}
    assert sets.subclasses == {
        target: sorted(index[child] for child in release.CHILDREN[parent])
        for target, parent in ((0, "n02691156"), (8, "n02084071"), (29, "n02391049"))
    }  # fmt: skip
    assert sets.outputs == len(release.ILSVRC) == 1000
    assert [sets.rows[:, 2].tolist(), sets.labels] == [[0, -1, 1, 0, -1], [[0]] * 3 + [[29]] * 2]


def test_one_direction_of_the_map_of_wordnet_ids_is_enough(released):
    both = vid_sets(released).subclasses
    (released.parent / "misc/rev_wnid_map.json").unlink()
    assert vid_sets(released).subclasses == both


def test_metadata_with_a_class_map_need_no_other_folder(released):
    numbers = {"0": [404], "29": [340]}
    release.write(released / "rev_class_idx_map.json", numbers)
    shutil.rmtree(released.parent / "misc")
    sets = vid_sets(released)
    assert sets.subclasses == {0: [404], 29: [340]}
    assert sets.names["n02391049"] == sets.names["zebra"] == 29


def test_a_label_may_be_a_number(released):
    lists = vid_sets(released).labels
    edit(released / "labels.json", lambda labels: {key: some[0] for key, some in labels.items()})
    assert vid_sets(released).labels == lists


@REAL
def test_the_map_that_wordnet_ids_give_is_the_released_one():
    """With as many WordNet ids as classes, numbered as in the released map."""
    official = vid_sets(VID)
    ids = [f"n{number:08d}" for number in range(1000)]
    ilsvrc = [(each, each) for each in ids]
    with tempfile.TemporaryDirectory() as folder:
        children = {
            VID_CLASSES[target][0]: [ids[output] for output in outputs]
            for target, outputs in official.subclasses.items()
        }
        release.write(Path(folder, "misc/rev_wnid_map.json"), children)
        found = subclasses(Path(folder, "metadata"), VID_CLASSES, ilsvrc)
    assert found == official.subclasses


@pytest.mark.parametrize(
    ("neighbours", "message"),
    [
        ([release.vid_key(0, 210)], "is 200 frames away, more than 10"),
        ([release.vid_key(0, 10)], "is the anchor itself"),
        ([release.vid_key(29, 11)], "is of another video"),
        ([release.vid_key(0, 9), release.vid_key(0, 9)], "is there twice"),
    ],
)
def test_what_can_be_no_neighbour_is_named(released, neighbours, message):
    edit(released / "pmsets.json", lambda sets: {release.vid_key(0, 10): neighbours})
    edit(released / "labels.json", lambda labels: labels | {key: [0] for key in neighbours})
    with pytest.raises(UserError, match=f"pmsets.json: the neighbour {neighbours[-1]}.*{message}"):
        vid_sets(released)


@pytest.mark.parametrize("label", [-1, 30, "0", [[0]], [0, -1], [], True, 1.0, None, {}])
def test_a_label_that_is_no_class_is_named(released, label):
    edit(released / "labels.json", lambda labels: labels | {release.vid_key(0, 9): label})
    with pytest.raises(UserError, match=r"000009.JPEG has .*classes count from 0 to 29"):
        vid_sets(released)


@pytest.mark.parametrize("wrong", [5, "val/x/000009.JPEG", [5], [["a"]], {"a": 1}, None])
@pytest.mark.parametrize("file", ["pmsets.json", "rejected.json"])
def test_neighbours_of_another_form_are_one_sentence(released, file, wrong):
    content = {release.vid_key(0, 10): wrong if file == "pmsets.json" else {"val/x": wrong}}
    release.write(released / file, content)
    with pytest.raises(UserError, match=rf"{file}: .*000010.JPEG needs"):
        vid_sets(released)


def test_a_frame_that_is_there_twice_is_named(released):
    (released / "labels.json").write_text('{"a": [0], "a": [1]}')
    with pytest.raises(UserError, match=r"labels.json cannot be .* the key 'a' twice"):
        vid_sets(released)


@pytest.mark.parametrize("wrong", [{"0": 1}, {"0": ["1"]}, {"0": [True]}, {"x": [1]}, {"0": [[1]]}])
def test_a_class_map_of_another_form_is_one_sentence(released, wrong):
    release.write(released / "rev_class_idx_map.json", wrong)
    with pytest.raises(UserError, match="is no map of numbers to lists of numbers"):
        vid_sets(released)


@pytest.mark.parametrize("wrong", [{"30": [1]}, {"0": [-1]}, {"0": [1000]}, {"-1": [5]}])
def test_a_class_map_of_other_classes_is_refused(released, wrong):
    release.write(released / "rev_class_idx_map.json", wrong)
    with pytest.raises(UserError, match="is for other classes: there are 30 targets and 1000"):
        vid_sets(released)


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("imagenet_vid_class_index", {"0": ["a", "b", "c"]}, "but has \\('a', 'b', 'c'\\)"),
        ("imagenet_vid_class_index", {"0": 5}, "needs a name, or WordNet id and name"),
        ("imagenet_vid_class_index", {"1": ["n1", "x"]}, "has no class '0'"),
        ("rev_wnid_map", {"n02691156": 5}, "needs a list of WordNet ids"),
        ("rev_wnid_map", {"n02691156": [["n1"]]}, "needs a list of WordNet ids"),
        ("rev_wnid_map", {"n02691156": ["n1"]}, "maps the WordNet id 'n1', which its lists"),
    ],
)
def test_wrong_lists_of_classes_are_one_sentence(released, file, content, message):
    release.write(released.parent / f"misc/{file}.json", content)
    with pytest.raises(UserError, match=message):
        vid_sets(released)


def test_pairs_with_folders_in_their_keys_are_not_valid_and_counted(tmp_path, caplog):
    release.write_ytbb_metadata(tmp_path)
    sets = ytbb_sets(tmp_path, tmp_path / "pmk_labels.json")
    assert sets.rows[:, 2:].tolist() == [[0, 1], [-1, 1], [1, 0], [10, 0], [0, 1], [1, 1]]
    assert "1 of 4 pairs" in caplog.text and "not valid, as in the released code" in caplog.text


def released_rules(pairs, anchor):
    """Offsets of an anchor's valid pairs, None for a bad anchor: the released rules one by one.

    `pairs` are (key, marks) in the order of the file; the last of equal keys counts.
    """
    latest = dict(pairs)
    named = [(key, *(tuple(part.split("/")[-2:]) for part in key.split(","))) for key in latest]
    if any("bad-anchor" in latest[key] and first == anchor for key, first, _ in named):
        return None
    clip, number = anchor[0], int(anchor[1][6:-4])
    found = []
    for offset in range(-10, 11):
        key = f"{clip}/{anchor[1]},{clip}/frame-{number + offset}.jpg"
        marks = latest.get(key, set())
        if offset and "similar" in marks and not marks - {"similar", "correct"}:
            found.append(offset)
    return found


def test_reviews_are_read_by_the_released_rules(tmp_path):
    release.write_ytbb_metadata(tmp_path)
    draw, (clip, other) = np.random.default_rng(0), ("aB-_c1_1000", "_x_y_2000")
    seen = set()
    for _ in range(60):
        pairs = []
        for _ in range(40):
            folder = "frames/" if draw.random() < 0.2 else ""
            second = other if draw.random() < 0.1 else clip
            number = 30 + int(draw.integers(-12, 13))
            number += number == 30
            key = f"{folder}{clip}/frame-30.jpg,{folder}{second}/frame-{number}.jpg"
            marks = {"similar"} if draw.random() < 0.8 else {str(draw.choice(release.MARKS[:9]))}
            marks |= {"correct"} if draw.random() < 0.3 else set()
            pairs.append((key, marks | ({"bad-anchor"} if draw.random() < 0.01 else set())))
        rows = [{"key": k, "labels": [release.MARKS.index(m) for m in marks]} for k, marks in pairs]
        path = tmp_path / "pmk_labels.json"
        release.write(path, {"labels": release.MARKS, "annotations": rows})
        sets = ytbb_sets(tmp_path, path)
        offsets = {
            sets.frames[frame]: sets.rows[
                (sets.rows[:, 0] == anchor) & (sets.rows[:, 3] == 1) & (sets.rows[:, 2] != 0), 2
            ].tolist()
            for anchor, frame in enumerate(sets.anchors)
            if frame in sets.accepted
        }
        expected = released_rules(pairs, (clip, "frame-30.jpg"))
        assert offsets.get(f"{clip}/frame-30.jpg") == expected
        seen.add(expected is None)
    assert seen == {True, False}


def test_a_pair_with_folders_can_still_call_its_anchor_bad_and_spoils_no_other(tmp_path):
    release.write_ytbb_metadata(tmp_path)
    path = tmp_path / "pmk_labels.json"
    first, second = (release.ytbb_key(*each) for each in (("aB-_c1_1000", 30), ("_x_y_2000", 60)))
    more = [
        {"key": f"frames/{first},frames/aB-_c1_1000/frame-29.jpg", "labels": [1]},
        {"key": f"frames/{second},frames/_x_y_2000/frame-61.jpg", "labels": [9]},
        {"key": f"{first},_x_y_2000/frame-31.jpg", "labels": [0]},
    ]
    edit(path, lambda review: review["annotations"].extend(more))
    sets = ytbb_sets(tmp_path, path)
    assert [sets.frames[frame] for frame in sets.accepted] == [first]
    mine = sets.rows[sets.rows[:, 0] == 0]
    assert mine[:, 2:].tolist() == [[0, 1], [-1, 1], [1, 0], [10, 0]]


def test_metadata_that_the_archive_lacks_are_asked_for(tmp_path):
    with pytest.raises(UserError, match="the released archive lacks the metadata.*`metadata` of"):
        ytbb_sets(tmp_path / "metadata", tmp_path / "pmk_labels.json")


def test_a_review_without_any_valid_key_is_refused(tmp_path):
    release.write_ytbb_metadata(tmp_path)
    path = tmp_path / "pmk_labels.json"
    edit(path, lambda review: review["annotations"].__delitem__(slice(3, 4)))
    edit(path, lambda review: review["annotations"].__delitem__(slice(0, 2)))
    with pytest.raises(UserError, match="has no valid pair: all keys have folders"):
        reviewed_pairs(path)


def test_an_original_label_that_is_no_class_is_named(tmp_path):
    release.write_ytbb_metadata(tmp_path)
    table = tmp_path / "ytbb_robustness_test_anchors_full.csv"
    table.write_text("ytid,time_ms,label\naB-_c1,1000,-1\n_x_y,2000,1\n")
    with pytest.raises(UserError, match="aB-_c1_1000 has the label -1, but classes count"):
        ytbb_sets(tmp_path, tmp_path / "pmk_labels.json")


def test_what_review_rejected_stays_with_its_reasons(tmp_path):
    write_sets(tmp_path / "sets.json", reviewed_sets())
    sets = read_sets(tmp_path / "sets.json")
    why = {sets.frames[sets.rows[row, 1]]: reasons for row, reasons in sets.reasons.items()}
    assert why == {"w/5": ["bad"], "w/6": ["rejected anchor"], "w/7": ["blur"]}
    assert [sets.frames[frame] for frame in sets.anchors] == ["v/10", "w/5"]
    assert [sets.frames[frame] for frame in sets.accepted] == ["v/10"]
    assert {sets.frames[frame]: labels for frame, labels in sets.original.items()} == {
        "v/10": [0], "v/11": [0],
    }  # fmt: skip
    before = sets.before_review()
    assert len(before.accepted) == 2 and len(before.reviewed()) == 5
    assert before.labels[before.frames.index("v/10")] == [0]


# The official metadata ------------------------------------------------------------------------


@REAL
def test_imagenet_vid_robust_has_its_anchors_pairs_and_classes():
    sets = vid_sets(VID)
    check_counts(sets, {"anchors": 1109, "pairs": 21070})
    assert len(sets.frames) == 22179
    assert sets.reasons is None and sets.original is None  # not released
    assert np.abs(sets.rows[:, 2]).max() == 10
    assert len(sets.subclasses) == 30
    assert len({output for outputs in sets.subclasses.values() for output in outputs}) == 288
    offsets = np.bincount(sets.rows[:, 0])
    assert (offsets == 1).sum() == 1  # an anchor without neighbours
    by_class = dict(zip(sets.classes, sets.subclasses.values(), strict=True))
    assert by_class["giant panda"] == [388]
    assert by_class["zebra"] == [340]


@REAL
def test_labels_of_frame_and_anchor_differ_where_the_release_says():
    sets = vid_sets(VID)
    labels = sets.label_matrix
    differs = (labels[sets.rows[:, 1]] != labels[sets.anchors[sets.rows[:, 0]]]).any(1)
    assert differs.sum() == 11
    assert len(set(sets.rows[differs, 0])) == 2


@REAL
def test_counts_that_are_not_expected_are_an_error():
    with pytest.raises(UserError, match="1109 instead of 1110 anchors"):
        check_counts(vid_sets(VID), {"anchors": 1110})


@REAL
def test_good_anchors_of_ytbb():
    names = json.loads((YTBB / "ytbb_class_index.json").read_text())
    found = reviewed_anchors(YTBB / "anchor_labels.json", [names[str(i)] for i in range(24)])
    assert len(found) == 2467
    assert sum(not reasons for _, reasons in found.values()) == 2169


@pytest.fixture
def pmk_labels(tmp_path):
    """A review of all pairs of YTBB's good anchors, in the format of pmk_labels.json.

    The real file is not at hand. Every 16th anchor up to 139 is bad, so that 2,030 stay; pairs at
    offset 10 are dissimilar, those at 9 similar and blurred, those at 8 are labelled twice.
    """
    names = json.loads((YTBB / "ytbb_class_index.json").read_text())
    found = reviewed_anchors(YTBB / "anchor_labels.json", [names[str(i)] for i in range(24)])
    good = [key for key, (_, reasons) in found.items() if not reasons]
    words = ["similar", "dissimilar", "problematic", "incorrect", "dont know", "deformation",
             "background-change", "occlusion-increased", "blur-increase", "bad-anchor",
             "correct"]  # fmt: skip
    rows = []
    for index, key in enumerate(good):
        clip, _, frame = key.partition("/")
        number = int(frame.removeprefix("frame-").removesuffix(".jpg"))
        bad = index % 15 == 0 and index // 15 < 139
        for offset in (-10, -1, 1, 8, 8, 9, 11):
            marks = {10: [1], 9: [0, 8]}.get(abs(offset), [0, 10]) + ([9] if bad else [])
            if number + offset < 0:
                continue
            if offset == 8 and not (rows and rows[-1]["key"].endswith(f"frame-{number + 8}.jpg")):
                marks = [1]
            pair = f"{key},{clip}/frame-{number + offset}.jpg"
            rows.append({"key": pair, "notes": "", "labels": marks})
    path = tmp_path / "pmk_labels.json"
    path.write_text(json.dumps({"labels": words, "annotations": rows}))
    return path


@REAL
def test_ytbb_keeps_valid_anchors_and_valid_pairs(pmk_labels):
    sets = ytbb_sets(YTBB, pmk_labels)
    assert (len(sets.anchors), len(sets.accepted)) == (2467, 2030)
    kept = sets.reviewed()
    assert set(kept[:, 2]) == {-1, 0, 1, 8}
    assert set(sets.rows[:, 2]) == {-10, -1, 0, 1, 8, 9}
    why = {reason for reasons in sets.reasons.values() for reason in reasons}
    assert why == {"bad", "unsure", "not good", "bad-anchor", "dissimilar", "blur-increase"}
    assert len(sets.subclasses) == 19
    few = ytbb_sets(YTBB, pmk_labels, rejected=False)
    assert len(few.anchors) == 2030 and len(few.rows) == len(kept) and few.reasons is None
    labels = sets.label_matrix
    assert (labels[sets.rows[:, 1]] == labels[sets.anchors[sets.rows[:, 0]]]).all()


@REAL
def test_ytbb_labels_are_the_original_one_with_22_and_23_swapped_and_the_added_ones(pmk_labels):
    sets = ytbb_sets(YTBB, pmk_labels)
    rows = list(csv.DictReader(open(YTBB / "ytbb_robustness_test_anchors_full.csv")))
    original = {f"{row['ytid']}_{row['time_ms']}": int(row["label"]) for row in rows}
    labels = {sets.frames[frame]: sets.labels[frame] for frame in sets.anchors}
    updated = [frame for frame in sets.accepted if frame in sets.original]
    assert 0.35 < len(updated) / len(sets.accepted) < 0.45  # the paper: 41 %
    assert all(set(sets.original[frame]) < set(sets.labels[frame]) for frame in updated)
    cars = [key for key in labels if original[key.split("/")[0]] == 22]
    assert cars and all(23 in labels[key] for key in cars)  # 22 in that table means "car"
    assert labels["WypmJptPzX8_68666/frame-2058.jpg"][0] == 0  # an added person


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("[]", "is not an object"),
        ("{", "cannot be read as JSON"),
        ('{"labels": ["similar"]}', "not in the format"),
        ('{"labels": ["similar"], "annotations": []}', "lacks the labels background-change"),
        ('{"labels": ["similar"], "annotations": [{"key": "a", "labels": [0]}]}', "names 1 frames"),
        *(
            (
                f'{{"labels": ["similar"], "annotations": [{{"key": "a,b", "labels": {wrong}}}]}}',
                said,
            )
            for wrong, said in (
                ("[7]", "has the label 7 of 1"),
                ("[-1]", "has the label -1 of 1"),
                ("[true]", "has the label True"),
                ('["similar"]', "has the label 'similar'"),
                ("5", "not in the format"),
                ("[[0]]", "has the label"),
            )
        ),
    ],
)
def test_a_wrong_review_file_is_one_sentence(tmp_path, content, message):
    (tmp_path / "pmk_labels.json").write_text(content)
    with pytest.raises(UserError, match=message):
        reviewed_pairs(tmp_path / "pmk_labels.json")


def test_a_missing_review_file_is_one_sentence(tmp_path):
    with pytest.raises(UserError, match="There is no .*pmk_labels.json"):
        reviewed_pairs(tmp_path / "pmk_labels.json")
