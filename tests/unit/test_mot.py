"""Reading MOTChallenge's layout: what is right is a number, what is wrong is one sentence."""

import shutil

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from framefault.data.mot import (
    TRACKS,
    TRUTH,
    check_boxes,
    describe_sequence,
    find_sequences,
    read_data_set,
    read_ground_truth,
    read_tracks,
    write_tracks,
)
from framefault.errors import UserError
from framefault.files import sha256
from framefault.video.sequence import list_pictures, read_pictures
from workflow_tools import SHARED

LINE = "1,1,10,20,30,40,-1\n"
PARTS = {"test": "train"}


def make_sequence(folder, frames=3, size=(32, 24), truth=LINE, suffix=".jpg"):
    (folder / "img1").mkdir(parents=True)
    (folder / "gt").mkdir()
    for number in range(1, frames + 1):
        pixels = np.full((*size[::-1], 3), 10 * number, np.uint8)
        Image.fromarray(pixels).save(folder / f"img1/{number:06d}{suffix}")
    (folder / TRUTH).write_text(truth)
    return folder


@pytest.fixture
def sequence(tmp_path):
    return make_sequence(tmp_path / "train/A-1")


def read(sequence, **rates):
    found = find_sequences(sequence.parents[1], PARTS)
    return read_data_set(sequence.parents[1], found, {"A-1": 25} | rates)


# What is right ------------------------------------------------------------------------------------


def test_a_data_set_is_a_line_per_sequence_and_a_row_per_box(sequence, tmp_path):
    make_sequence(tmp_path / "train/B", 5, (31, 25), truth="2,7,-1.5,2,3,4,1,-1,-1,-1\n\n")
    rows, tracks = read(sequence, B=7)
    data = b"".join(path.read_bytes() for path in list_pictures(sequence))
    assert rows[0] == {
        "id": "A-1", "label": "A-1", "path": "train/A-1", "split": "test", "codec": "pictures",
        "frames": 3, "fps": 25, "width": 32, "height": 24, "turns": 0,
        "bytes": len(data), "sha256": sha256(data),
    }  # fmt: skip
    assert {key: rows[1][key] for key in ("frames", "fps", "width", "height")} == {
        "frames": 5, "fps": 7, "width": 30, "height": 24,
    }  # fmt: skip
    assert tracks.values.tolist() == [["A-1", 1, 1, 10, 20, 30, 40], ["B", 2, 7, -1.5, 2, 3, 4]]
    write_tracks(tmp_path / "tracks.csv", tracks)
    pd.testing.assert_frame_equal(read_tracks(tmp_path / "tracks.csv"), tracks)


def test_marks_do_not_count_and_positions_are_not_shifted(sequence):
    marks = ("-1", "0", "1", "1,-1,-1,-1", "0,2,0.4")
    lines = [f"1,{who},10,20,30,40,{mark}\n" for who, mark in enumerate(marks, 1)]
    (sequence / TRUTH).write_text("".join([*reversed(lines), "\n", "  \n"]))
    boxes = read_ground_truth(sequence / TRUTH, 3)
    assert boxes["id"].tolist() == [1, 2, 3, 4, 5]
    assert set(boxes["x"]) == {10} and set(boxes["y"]) == {20}


def test_sequence_of_one_frame_without_anybody(tmp_path):
    sequence = make_sequence(tmp_path / "train/A-1", frames=1, truth="")
    rows, tracks = read(sequence)
    assert rows[0]["frames"] == 1 and len(tracks) == 0
    write_tracks(tmp_path / "tracks.csv", tracks)
    again = read_tracks(tmp_path / "tracks.csv")
    assert len(again) == 0 and list(again) == list(TRACKS)


@pytest.mark.parametrize("name", ["Thumbs.db", ".DS_Store", "._000001.jpg", "notes.txt"])
def test_other_files_do_not_count(sequence, name):
    (sequence / "img1" / name).write_bytes(b"x")
    (sequence.parent / ".hidden").mkdir()
    (sequence.parent / "det").mkdir()
    rows, _ = read(sequence)
    assert [row["id"] for row in rows] == ["A-1"] and rows[0]["frames"] == 3


@pytest.mark.parametrize("suffix", [".png", ".JPG", ".bmp"])
def test_pictures_of_any_type_are_read_in_the_order_of_their_numbers(tmp_path, suffix):
    sequence = make_sequence(tmp_path / "train/A-1", 12, suffix=suffix)
    for path in list_pictures(sequence):
        path.rename(path.with_name(f"{int(path.stem)}{suffix}"))  # 10 is sorted before 2
    levels = [picture.mean() for picture in read_pictures(list_pictures(sequence))]
    np.testing.assert_allclose(levels, 10 * np.arange(1, 13), atol=1)


def test_info_file_names_rate_and_folder_and_settings_go_before_it(sequence):
    (sequence / "img1").rename(sequence / "pictures")
    text = "[Sequence]\nname=A-1\nimDir=pictures\nframeRate=14\nseqLength=3\nimExt=.jpg\n"
    (sequence / "seqinfo.ini").write_text(text)
    shutil.copy(sequence / "pictures/000001.jpg", sequence / "pictures/000001.png")
    assert describe_sequence(sequence, {})["fps"] == 14
    assert describe_sequence(sequence, {"A-1": 5.5})["fps"] == 5.5


def test_sequences_lie_in_folders_of_their_splits_or_beside_each_other(tmp_path):
    for name in ("train/b", "train/a", "test/c"):
        make_sequence(tmp_path / "crowd" / name)
    make_sequence(tmp_path / "flat/a")
    parts = {"train": "train", "test": "test"}
    assert find_sequences(tmp_path / "crowd", parts) == [
        ("a", "train", "train/a"), ("b", "train", "train/b"), ("c", "test", "test/c"),
    ]  # fmt: skip
    assert find_sequences(tmp_path / "crowd", PARTS, ["b", "a"]) == [
        ("b", "test", "train/b"), ("a", "test", "train/a"),
    ]  # fmt: skip
    assert find_sequences(tmp_path / "flat", PARTS) == [("a", "test", "a")]


def test_real_sequence():
    folder = SHARED / "mot15"
    if not (folder / "TUD-Campus").is_dir():
        pytest.skip(f"no sequence in {folder}")
    found = find_sequences(folder, PARTS, ["TUD-Campus"])
    rows, tracks = read_data_set(folder, found, {"TUD-Campus": 25})
    check_boxes(tracks, found, 359)
    facts = [rows[0][key] for key in ("path", "frames", "width", "height", "fps")]
    assert facts == ["TUD-Campus", 71, 640, 480, 25]
    assert tracks.iloc[0].tolist() == ["TUD-Campus", 1, 1, 399, 182, 121, 229]


@pytest.mark.parametrize(
    ("name", "frames", "boxes"), [("Campus", 71, 359), ("Stadtmitte", 179, 1156)]
)
def test_real_ground_truth_counts_all_rows(name, frames, boxes):
    file = SHARED / f"mot15/motmetrics_examples/TUD-{name}/gt.txt"
    if not file.is_file():
        pytest.skip(f"no {file}")
    found = read_ground_truth(file, frames)
    assert len(found) == boxes and found["frame"].max() == frames


# What is wrong ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1,1,10,20,30\n", r"gt\.txt, line 2 has 5 columns"),
        ("1 1 10 20 30 40\n", r"line 2 has 1 columns"),
        ("1,2,ten,20,30,40\n", r"line 2 is not a row of numbers.*ten"),
        ("1,2,nan,20,30,40\n", r"line 2 has a value that is no finite number"),
        ("1,2,10,20,inf,40\n", r"line 2 has a value that is no finite number"),
        ("1,2,10,20,-30,40\n", r"line 2 has a box of -30 by 40 pixels"),
        ("1,2,10,20,30,0\n", r"line 2 has a box of 30 by 0 pixels"),
        ("1,1,11,20,30,40\n", r"line 2: the object 1 is in frame 1 already"),
        ("0,1,10,20,30,40\n", r"line 2 is about frame 0, but .* frames 1 to 3"),
        ("4,1,10,20,30,40\n", r"line 2 is about frame 4, but .* frames 1 to 3"),
        ("1.5,1,10,20,30,40\n", r"line 2: frame and id are whole numbers"),
    ],
)
def test_box_that_is_none_is_named_by_its_line(sequence, text, said):
    (sequence / TRUTH).write_text(LINE + text)
    with pytest.raises(UserError, match=said):
        read(sequence)


def test_ground_truth_that_cannot_be_read(sequence):
    (sequence / TRUTH).write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UserError, match=r"gt\.txt cannot be read as text"):
        read(sequence)
    (sequence / TRUTH).unlink()
    with pytest.raises(UserError, match=r"no ground truth .*A-1/gt/gt\.txt"):
        read(sequence)


def spoil(name):
    """How the pictures of a sequence are damaged."""
    return {
        "gap": lambda folder: (folder / "000002.jpg").unlink(),
        "from 0": lambda folder: (folder / "000001.jpg").rename(folder / "000000.jpg"),
        "size": lambda folder: Image.new("RGB", (30, 24)).save(folder / "000003.jpg"),
        "unreadable": lambda folder: (folder / "000002.jpg").write_bytes(b"nothing"),
        "types": lambda folder: Image.new("RGB", (32, 24)).save(folder / "000004.png"),
        "twice": lambda folder: Image.new("RGB", (32, 24)).save(folder / "3.jpg"),
        "name": lambda folder: (folder / "000002.jpg").rename(folder / "two.jpg"),
        "none": lambda folder: [path.unlink() for path in folder.iterdir()],
        "no folder": shutil.rmtree,
    }[name]


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        ("gap", r"no picture of frame 2, but 000003\.jpg follows"),
        ("from 0", r"no picture of frame 1, but 000000\.jpg follows"),
        ("size", r"000003\.jpg has 30x24 pixels, but 000001\.jpg has 32x24"),
        ("unreadable", r"picture .*000002\.jpg cannot be read"),
        ("types", r"several types \(\.jpg, \.png\)"),
        ("twice", r"no picture of frame 4, but .*3\.jpg follows"),
        ("name", r"two\.jpg has no frame number as its name"),
        ("none", r"img1 holds no picture"),
        ("no folder", r"A-1 has no folder img1"),
    ],
)
def test_pictures_that_are_no_sequence(sequence, damage, said):
    spoil(damage)(sequence / "img1")
    with pytest.raises(UserError, match=said):
        read(sequence)


def test_picture_that_ends_early_is_named_when_it_is_decoded(sequence):
    path = sequence / "img1/000002.jpg"
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(UserError, match=r"picture .*000002\.jpg cannot be read"):
        list(read_pictures(list_pictures(sequence)))


@pytest.mark.parametrize("rate", ["0", "-5", "fast", "nan"])
def test_frame_rate_that_is_none(sequence, rate):
    with pytest.raises(UserError, match=r"A-1 is not known.* rates: {A-1: 25}"):
        describe_sequence(sequence, {})
    (sequence / "seqinfo.ini").write_text(f"[Sequence]\nframeRate={rate}\n")
    with pytest.raises(UserError, match=rf"A-1 is '{rate}'.* key rates"):
        describe_sequence(sequence, {})


def test_info_file_that_is_wrong(sequence):
    (sequence / "seqinfo.ini").write_text("[Sequence]\nframeRate=25\nseqLength=4\n")
    with pytest.raises(UserError, match=r"holds 3 pictures, but its seqinfo\.ini says 4"):
        describe_sequence(sequence, {})
    (sequence / "seqinfo.ini").write_text("nothing\n")
    with pytest.raises(UserError, match=r"seqinfo\.ini cannot be read"):
        describe_sequence(sequence, {})


def test_sequence_that_is_not_there(sequence, tmp_path):
    with pytest.raises(UserError, match="has no sequence B; it has A-1"):
        find_sequences(tmp_path, PARTS, ["A-1", "B"])
    with pytest.raises(UserError, match="Cannot read the folder .*nowhere"):
        find_sequences(tmp_path / "nowhere", PARTS)
    with pytest.raises(UserError, match="A-1 .* is in both splits, train and test"):
        find_sequences(tmp_path / "train", {"train": "train", "test": "test"})
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match="holds no sequences"):
        find_sequences(tmp_path / "empty", PARTS)


def test_other_number_of_boxes_than_asserted(sequence, tmp_path):
    make_sequence(tmp_path / "train/B", truth="")
    found = find_sequences(tmp_path, PARTS)
    _, tracks = read_data_set(tmp_path, found, {"A-1": 25, "B": 25})
    check_boxes(tracks, found, 1)
    check_boxes(tracks, found, None)
    with pytest.raises(UserError, match=r"1 boxes instead of 12885 \(A-1 1, B 0\).*key boxes"):
        check_boxes(tracks, found, 12885)
