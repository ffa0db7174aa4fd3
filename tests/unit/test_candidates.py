"""Candidates for review: one random labelled anchor per video, and the frames around it."""

import json
import random

import pandas as pd
import pytest

import shipped
from framefault.data.youtube_bb import (
    DETECTION,
    anchor_number,
    clip_frames,
    labelled_moments,
)
from framefault.errors import UserError
from framefault.tasks.frames.answers import COLUMNS
from framefault.tasks.frames.candidates import (
    Video,
    all_places,
    draw_candidates,
    read_candidates,
    scene_videos,
    videos_of,
    write_candidates,
)
from framefault.tasks.frames.decision import decide
from framefault.tasks.frames.metadata import class_map, metadata_files, write_release
from framefault.tasks.frames.pictures import pictures_of
from framefault.tasks.frames.sets import vid_sets, ytbb_sets
from pmk import REAL, YTBB
from shipped import CAR, DOG, HEADER, moment, thing

PAIRS = "pmk_labels.json"


def video(name, frames, labels=None):
    """A video of frames by number; `labels` {number: classes}, class 0 unless said."""
    keys = {number: f"{name}/{number:06d}.JPEG" for number in frames}
    shown = {keys[number]: (labels or {}).get(number, [0]) for number in frames}
    return Video(name, all_places(keys), shown.__getitem__)


def drawn(*videos, seed=0):
    return draw_candidates("d", videos, ["dog", "car"], seed)["anchors"]


def number(key):
    return int(key.rpartition("/")[2][:6])


@pytest.mark.parametrize("length", [2, 7, 11, 40])
def test_ten_frames_on_either_side_are_cut_at_the_ends_of_the_video(length):
    for anchor in drawn(*(video(f"v{index}", range(length)) for index in range(60))):
        middle, offsets = number(anchor["frame"]), [e["offset"] for e in anchor["neighbours"]]
        first, last = max(0, middle - 10), min(length - 1, middle + 10)
        assert offsets == [o for o in range(first - middle, last - middle + 1) if o]
        assert all(number(e["frame"]) == middle + e["offset"] for e in anchor["neighbours"])


def test_every_labelled_frame_may_be_the_anchor_and_no_other():
    labels = {n: [] for n in range(40) if n % 4}
    videos = [video(f"v{index}", range(40), labels) for index in range(300)]
    found = [number(anchor["frame"]) for anchor in drawn(*videos)]
    assert set(found) == set(range(0, 40, 4))
    assert all(10 <= found.count(n) <= 60 for n in set(found))  # 30 on average


def test_same_draw_for_every_order_of_videos_and_another_for_each_seed():
    videos = [video(f"v{index}", range(30)) for index in range(20)]
    mixed = random.Random(0).sample(videos, len(videos))
    assert drawn(*videos) == drawn(*mixed)
    alone = drawn(videos[7])
    assert alone[0] in drawn(*videos)
    assert drawn(*videos) != drawn(*videos, seed=1)


def test_neighbours_say_their_labels_where_they_are_others(caplog):
    labels = {0: [0, 1], 1: [1], 2: [], 3: [0, 1]}
    only = {n: value if n == 0 else [] for n, value in labels.items()}
    places = [(video("a", range(4)).places[0][0], 0)]
    shown = video("a", range(4), labels)
    (anchor,) = drawn(Video("a", places, shown.labels))
    assert anchor["labels"] == [0, 1] and anchor["video"] == "a"
    assert [each.get("labels") for each in anchor["neighbours"]] == [[1], None, None]
    assert [a["frame"] for a in drawn(video("a", range(4), only))] == ["a/000000.JPEG"]
    assert not caplog.messages


def test_videos_without_label_or_of_one_frame_are_left_out_and_counted(caplog):
    none = video("b", range(5), {n: [] for n in range(5)})
    found = drawn(video("a", range(5)), none, video("c", [3]), video("d", [7]))
    assert [anchor["video"] for anchor in found] == ["a"]
    assert "1 videos of d have no labelled frame, such as b" in caplog.text
    assert "2 videos of d have no frame beside their anchor, such as c" in caplog.text
    with pytest.raises(UserError, match="No video of d has a labelled frame"):
        drawn(none)


def test_missing_frames_in_a_video_are_no_neighbours():
    (anchor,) = drawn(Video("a", [({3: "3", 5: "5", 15: "15", 16: "16"}, 5)], lambda key: [0]))
    assert [e["offset"] for e in anchor["neighbours"]] == [-2, 10]


# The files -------------------------------------------------------------------------------------


def test_candidates_are_read_as_they_were_written(tmp_path):
    found = draw_candidates("d", [video("a", range(9), {4: [1]})], ["dog", "car"], 3)
    write_candidates(tmp_path / "a.json", found)
    assert read_candidates(tmp_path / "a.json") == found
    first = (tmp_path / "a.json").read_bytes()
    write_candidates(tmp_path / "a.json", found)
    assert (tmp_path / "a.json").read_bytes() == first


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda f, first: f.pop("classes"), "not in the format of candidates"),
        (lambda f, first: f.update(classes=7), "not in the format of candidates"),
        (lambda f, first: first.pop("video"), "not in the format of candidates"),
        (lambda f, first: first.update(labels=[2]), "has the label 2, but classes count from"),
        (lambda f, first: first.update(labels=[]), "has no label"),
        (lambda f, first: first["neighbours"][0].update(labels=[9]), "has the label 9"),
        (lambda f, first: first["neighbours"][0].update(offset=0), "offsets of a/.*in order"),
        (lambda f, first: first["neighbours"][-1].update(offset=11), "offsets of a/.*in order"),
        (lambda f, first: first["neighbours"].reverse(), "offsets of a/.*in order"),
        (lambda f, first: f["anchors"].append(first), "an anchor is there twice"),
    ],
)
def test_a_wrong_file_is_one_sentence(tmp_path, change, said):
    found = draw_candidates("d", [video("a", range(9))], ["dog", "car"], 3)
    change(found, found["anchors"][0])
    (tmp_path / "a.json").write_text(json.dumps(found))
    with pytest.raises(UserError, match=f"a.json.*{said}"):
        read_candidates(tmp_path / "a.json")


# Scenes, ImageNet-VID and YouTube-BB -----------------------------------------------------------


def test_scenes_have_keys_as_the_releases_and_no_anchor_without_object():
    boxes = {"s": {"class": 2, "boxes": [[0, 0, 5, 5], [0, 0, 0, 5], [0, 3, 5, 3], [1, 1, 2, 2]]}}
    vid, ytbb = (next(scene_videos(boxes, layout)) for layout in ("vid", "ytbb"))
    for found, keys in (
        (vid, ["val/s/000000.JPEG", "val/s/000003.JPEG"]),
        (ytbb, ["s_0/frame-0.jpg", "s_0/frame-3.jpg"]),
    ):
        clips = [clip[n] for clip, n in found.places]
        assert [key for key in clips if found.labels(key) == [2]] == keys
        assert len(clips) == 4


def test_candidates_of_imagenet_vid(tmp_path):
    both = [thing(), thing(CAR, 1)]
    frames = {
        "ILSVRC2015_val_00000000": [[], [thing()], [], both],
        "ILSVRC2015_val_00000001": [[], []],
        "ILSVRC2017_val_00000002": [[thing(CAR)]] * 30,
    }
    shipped.write_vid(tmp_path, frames)
    seen = set()
    for seed in range(12):
        classes, videos = videos_of({"kind": "imagenet_vid", "part": "val"}, tmp_path)
        found = draw_candidates("vid", videos, classes, seed)["anchors"]
        assert [a["video"][-8:] for a in found] == ["00000000", "00000002"]
        first = found[0]
        seen.add((first["frame"][-11:-5], tuple(classes[label] for label in first["labels"])))
        own = {e["frame"][-11:-5]: e.get("labels") for e in first["neighbours"]}
        assert own.get("000000") is None and own.get("000003", [6, 8]) == [6, 8]
    assert seen == {("000001", ("dog",)), ("000003", ("car", "dog"))}


@pytest.fixture
def youtube(tmp_path):
    """Two videos with clips, one of them at two moments, and one without."""
    shipped.write_clip(tmp_path / "clips", "aB-_c1_1000", 30, range(20, 41))
    shipped.write_clip(tmp_path / "clips", "aB-_c1_3000", 90, range(85, 101))
    shipped.write_clip(tmp_path / "clips", "-x_y_2000", 50, range(48, 61), fps=25)
    lines = [
        moment("aB-_c1", 1000), moment("aB-_c1", 1000, "bird", 1), moment("aB-_c1", 2000),
        moment("aB-_c1", 1000, "cow", 2, "absent", "-1.0,-1.0,-1.0,-1.0"),
        moment("aB-_c1", 3000, "car", 0, id_=22), moment("aB-_c1", 3000, "none", 0, id_=23),
        moment("-x_y", 2000, "potted plant"), moment("-x_y", 3000, presence="absent"),
        moment("gone", 0, "zebra"),
    ]  # fmt: skip
    (tmp_path / "detection.csv").write_text("".join(lines))
    return tmp_path


def test_candidates_of_youtube_bb(youtube, caplog):
    source = {"kind": "youtube_bb", "tables": [youtube / "detection.csv"]}
    seen = {}
    for seed in range(8):
        classes, videos = videos_of(source, youtube / "clips")
        found = draw_candidates("ytbb", videos, classes, seed)["anchors"]
        assert [anchor["video"] for anchor in found] == ["-x_y", "aB-_c1"]
        for anchor in found:
            seen[anchor["frame"]] = (
                [classes[label] for label in anchor["labels"]],
                [each["offset"] for each in anchor["neighbours"]],
            )
    around = [*range(-10, 0), *range(1, 11)]
    assert seen == {
        "aB-_c1_1000/frame-30.jpg": (["bird", "dog"], around),
        "aB-_c1_3000/frame-90.jpg": (["car"], [o for o in around if o >= -5]),
        "-x_y_2000/frame-50.jpg": (["potted plant"], [o for o in around if o >= -2]),
    }
    assert "1 of 3 videos of YouTube-BB have no clip" in caplog.text


def test_own_candidates_become_sets_whose_frames_are_found(youtube, tmp_path):
    """From the shipped data through review to what the scorer reads, and back to the pictures."""
    snippets = {"ILSVRC2015_val_00000000": [[thing()]] * 13, "ILSVRC2017_val_00000001": [[]] * 3}
    shipped.write_vid(tmp_path / "vid", snippets)
    released = tmp_path / "map.json"
    released.write_text(json.dumps({"8": [151, 152], "19": [151, 152]}))
    for source, layout, folder, root in (
        ({"kind": "imagenet_vid", "part": "val"}, "vid", tmp_path / "vid", "Data/VID"),
        ({"kind": "youtube_bb", "tables": [youtube / "detection.csv"]}, "ytbb", youtube / "clips",
         "."),
    ):  # fmt: skip
        classes, videos = videos_of(source, folder)
        found = draw_candidates(layout, videos, classes)
        pairs = [(a["frame"], e["frame"]) for a in found["anchors"] for e in a["neighbours"]]
        rows = [
            dict.fromkeys(COLUMNS, "")
            | {"annotator": "a", "round": 1, "item": "pair", "labels": "right", "similar": "yes"}
            | {"anchor": anchor, "neighbour": neighbour}
            for anchor, neighbour in pairs
        ]
        anchors = decide(found, pd.DataFrame(rows))
        files = metadata_files(layout, class_map({"map": str(released)}, layout), anchors)
        write_release(tmp_path / layout, files)
        metadata = tmp_path / layout / "metadata"
        sets = vid_sets(metadata) if layout == "vid" else ytbb_sets(metadata, metadata / PAIRS)
        assert len(sets.reviewed()) == len(pairs) + len(found["anchors"]) > 12
        assert len(list(pictures_of(folder / root, sets.frames))) == len(sets.frames)
        assert sets.classes == classes and len(sets.subclasses) == 2


def test_without_a_named_anchor_it_is_the_first_frame_not_before_the_time(youtube):
    path = youtube / "clips/-x_y_2000/info.json"
    source = {"kind": "youtube_bb", "tables": [youtube / "detection.csv"]}
    for info, number in (({"fps": 25}, 50), ({"fps": 24.6}, 50), ({"fps": 29.97}, 60),
                         ({"anchor": "55"}, 55)):  # fmt: skip
        path.write_text(json.dumps(info))
        classes, videos = videos_of(source, youtube / "clips")
        anchors = draw_candidates("ytbb", videos, classes)["anchors"]
        assert anchors[0]["frame"] == f"-x_y_2000/frame-{number}.jpg"


@REAL
def test_a_released_clip_names_its_anchor_and_the_rule_finds_the_same(tmp_path):
    clip = YTBB.parent / "example"
    frames = clip_frames(clip)
    assert anchor_number(clip) == 732 and list(frames) == list(range(722, 743))
    shipped.write_clip(tmp_path, "x_24400", None, frames)
    (tmp_path / "x_24400/info.json").write_text('{"fps": 30.0}')
    assert anchor_number(tmp_path / "x_24400") == 732


@pytest.mark.parametrize(
    ("info", "said"),
    [
        (None, "info.json should say which frame"),
        ("{}", "info.json should say which frame"),
        ("[]", "info.json should say which frame"),
        ('{"fps": "fast"}', "info.json should say which frame"),
        ('{"anchor": "x"}', "info.json should say which frame"),
        ('{"fps": Infinity}', "info.json should say which frame"),
        ('{"anchor": 7}', "-x_y_2000 lacks its frame 7"),
        ('{"fps": 10}', "-x_y_2000 lacks its frame 20"),
    ],
)
def test_a_clip_must_say_what_it_was_cut_around(youtube, info, said):
    path = youtube / "clips/-x_y_2000/info.json"
    path.write_text(info) if info else path.unlink()
    source = {"kind": "youtube_bb", "tables": [youtube / "detection.csv"]}
    with pytest.raises(UserError, match=said):
        list(videos_of(source, youtube / "clips")[1])


def test_tables_of_classification_and_detection_go_together(tmp_path):
    (tmp_path / "a.csv").write_text(HEADER + "\n" + moment("a", 1000, "dog"))
    lines = ["a,1000,0,person,present", "a,2000,7,cat,uncertain", "NA,0,2,bicycle,present", ""]
    (tmp_path / "b.csv").write_text("\n".join(lines) + "\n\n")
    found = labelled_moments([tmp_path / "a.csv", tmp_path / "b.csv"])
    assert found == {"NA": {0: [2]}, "a": {1000: [0, 19]}}
    again = labelled_moments([tmp_path / "b.csv", tmp_path / "a.csv"])
    assert again == found and list(again) == list(found)


GOOD = moment("a", 0)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (GOOD + moment("a", "soon"), "line 2 needs a time"),
        (GOOD + moment("a", -1), "line 2 needs a time"),
        (GOOD + moment("a", 0.5), "line 2 needs a time"),
        (GOOD + "\n" + moment("", 0), "line 3 lacks the id of its video"),
        (HEADER + "\n" + GOOD + moment("a", 0, "unicorn"), "line 3 names a class .*unicorn"),
        (GOOD + moment("a", 0, presence="maybe"), "line 2 needs one of present, absent"),
        (GOOD + moment("a", 0, box="0.1,0.5,0.2,1.9"), "line 2 has a box .* from 0 to 1"),
        (GOOD + moment("a", 0, box="0.1,0.5,0.2,"), "line 2 has a box .* from 0 to 1"),
        (GOOD + moment("a", 0, box="0.5,0.1,0.2,0.9"), "line 2 has an empty or inverted box"),
        (GOOD + moment("a", 0, box="0.1,0.5,0.2,0.2"), "line 2 has an empty or inverted box"),
        (GOOD + "a,0,19,dog\n", "line 2 "),
        (GOOD + "a,0,19,dog,0,present,0,1,0,1,7\n", "line 2"),
        ("a,0,19\n", "line 1 has 3 columns"),
        ("", "no table of YouTube-BB"),
        ("\0\n", "line 1 has 1 columns"),
    ],
)
def test_wrong_tables_name_the_line(tmp_path, text, said):
    (tmp_path / "a.csv").write_text(text)
    with pytest.raises(UserError, match=f"a.csv.*{said}"):
        labelled_moments([tmp_path / "a.csv"])


def test_columns_are_those_of_the_publisher():
    assert ",".join(DETECTION) == HEADER and DOG != CAR
