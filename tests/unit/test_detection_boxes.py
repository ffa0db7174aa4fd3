"""Boxes in files: ground truth of embedded videos and ImageNet-VID, detections, own and others'."""

import json
import logging

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image

from framefault.errors import UserError
from framefault.tabular import write_parquet
from framefault.tasks.detection.boxes import as_table
from framefault.tasks.detection.pictures import Cached, ImageNetVid
from framefault.tasks.detection.predictions import (
    DETECTION,
    HANDED_IN,
    SCHEMA,
    read_handed_in,
    read_predictions,
    write_predictions,
)
from framefault.tasks.detection.truth import (
    annotated_boxes,
    read_truth,
    video_boxes,
    write_truth,
)

FRAMES = ["val/a/000001.JPEG", "val/a/000002.JPEG", "val/b/000007.JPEG"]
SIZES = np.array([(96, 72)] * 3)
NAMES = {"dog": 0, "n02084071": 0, "domestic cat": 1}
DOG, CAT = "n02084071", "n02121808"


def rows(table):
    return table.round(4).to_numpy().tolist()


def test_detections_are_read_as_they_were_written_by_falling_score(tmp_path):
    found = as_table([(2, 1, 2, 30, 40, 1, 0.25), (0, 0, 0, 9, 9, 0, 0.25), (0, 5, 5, 9, 9, 1, 0.5),
                      (0, 1, 1, 8, 8, 1, 0.25)], DETECTION)  # fmt: skip
    write_predictions(tmp_path / "a.parquet", FRAMES, found)
    assert rows(read_predictions(tmp_path / "a.parquet", FRAMES)) == [
        [0, 5, 5, 9, 9, 1, 0.5], [0, 0, 0, 9, 9, 0, 0.25], [0, 1, 1, 8, 8, 1, 0.25],
        [2, 1, 2, 30, 40, 1, 0.25],
    ]  # fmt: skip
    with pytest.raises(UserError, match="of other frames"):
        read_predictions(tmp_path / "a.parquet", FRAMES[:2])


def test_nothing_found_is_read_as_nothing(tmp_path):
    write_predictions(tmp_path / "a.parquet", FRAMES, as_table([], DETECTION))
    found = read_predictions(tmp_path / "a.parquet", FRAMES)
    assert list(found) == ["frame", "x1", "y1", "x2", "y2", "label", "score"] and len(found) == 0


def test_an_arrow_table_of_another_schema_is_not_written(tmp_path):
    with pytest.raises(ValueError):
        write_parquet(tmp_path / "a.parquet", pa.table({"frame": FRAMES}), SCHEMA)
    assert not (tmp_path / "a.parquet").exists()


# Ground truth ---------------------------------------------------------------------------------


def test_boxes_of_videos_are_those_of_the_frames_while_the_object_is_there(tmp_path):
    videos = {
        "a": {"class": 1, "boxes": [[0, 0, 9, 9], [1, 1, 9.5, 9], [96, 3, 96, 9]]},
        "b": {"class": 0, "boxes": [[4, 4, 20, 30]]},
    }
    places = [("a", 1), ("a", 2), ("b", 0)]
    truth = video_boxes(videos, places, "boxes.json")
    write_truth(tmp_path / "t.parquet", FRAMES, SIZES, truth)
    found, sizes = read_truth(tmp_path / "t.parquet", FRAMES)
    assert rows(found) == [[0, 1, 1, 9.5, 9, 1], [2, 4, 4, 20, 30, 0]]
    assert sizes.tolist() == SIZES.tolist()
    with pytest.raises(UserError, match="of other frames"):
        read_truth(tmp_path / "t.parquet", FRAMES[::-1])


@pytest.mark.parametrize("place", [("a", 3), ("c", 0)])
def test_a_frame_or_a_video_without_boxes_is_named(place):
    videos = {"a": {"class": 1, "boxes": [[0, 0, 9, 9]] * 3}}
    with pytest.raises(
        UserError, match=f"boxes.json has no boxes of frame {place[1]} of {place[0]}"
    ):
        video_boxes(videos, [place], "boxes.json")


def annotation(*boxes, size=(96, 72), wnid=DOG):
    """The text of an annotation of ImageNet-VID; boxes are x1 y1 x2 y2."""
    objects = "".join(
        f"<object><trackid>{number}</trackid><name>{wnid}</name><bndbox><xmax>{x2}</xmax>"
        f"<xmin>{x1}</xmin><ymax>{y2}</ymax><ymin>{y1}</ymin></bndbox><occluded>1</occluded>"
        "<generated>1</generated></object>"
        for number, (x1, y1, x2, y2) in enumerate(boxes)
    )
    width, height = size
    size = f"<size><width>{width}</width><height>{height}</height></size>"
    return f"<annotation><folder>a</folder><filename>0</filename>{size}{objects}</annotation>"


def write_annotation(root, key, *boxes, **more):
    path = (root / "Annotations/VID" / key).with_suffix(".xml")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(annotation(*boxes, **more))
    return path


def test_annotated_boxes_hold_their_last_pixels_and_generated_ones_count(tmp_path):
    files = [
        write_annotation(tmp_path, FRAMES[0], (10, 20, 30, 40), (0, 0, 95, 71)),
        write_annotation(tmp_path, FRAMES[1], size=(64, 48)),
        write_annotation(tmp_path, FRAMES[2], (5, 5, 5, 5), wnid=CAT),
    ]
    found, sizes = annotated_boxes(files, {DOG: 8, CAT: 9})
    assert rows(found) == [[0, 10, 20, 31, 41, 8], [0, 0, 0, 96, 72, 8], [2, 5, 5, 6, 6, 9]]
    assert sizes == [(96, 72), (64, 48), (96, 72)]


@pytest.mark.parametrize(
    ("box", "wnid", "message"),
    [
        ((1, 1, 9, 9), CAT, "shows n02121808, which is no class of the data set"),
        ((9, 1, 1, 9), DOG, "ends before it starts"),
        ((96, 1, 99, 9), DOG, "outside the picture"),
    ],
)
def test_annotations_that_make_no_sense_are_refused(tmp_path, box, wnid, message):
    path = write_annotation(tmp_path, FRAMES[0], box, wnid=wnid)
    with pytest.raises(UserError, match=f"000001.xml.* {message}"):
        annotated_boxes([path], {DOG: 8})


# Detections of others -------------------------------------------------------------------------


def as_coco(*given):
    """COCO's results of (frame, class, left, top, width, height, score)."""
    return json.dumps(
        [
            {"image_id": key, "category_id": label, "bbox": box, "score": score}
            for key, label, *box, score in given
        ]
    )


def as_csv(*given):
    return "\n".join(",".join(map(str, row)) for row in (HANDED_IN, *given)) + "\n"


@pytest.fixture(params=["json", "csv"])
def handed_in(request, tmp_path):
    """Read detections that a user hands in."""

    def read(*given):
        path = tmp_path / f"mine.{request.param}"
        path.write_text({"json": as_coco, "csv": as_csv}[request.param](*given))
        return read_handed_in(path, FRAMES, NAMES, SIZES)

    return read


def test_detections_of_others_are_read_whatever_their_order(handed_in, caplog):
    caplog.set_level(logging.WARNING, "framefault")
    found = handed_in(
        (FRAMES[2], 1, 10, 20, 30, 40, 0.5),
        (FRAMES[0], "dog", -5, 0, 10.5, 20, 0.25),
        (FRAMES[0], "n02084071", 1, 2, 3, 4, -1),
        ("val/z/000001.JPEG", 9, 0, 0, 0, 0, 0.9),
        (FRAMES[2], "domestic cat", 90, 60, 30, 40, 12),
    )
    assert rows(found) == [
        [0, -5, 0, 5.5, 20, 0, 0.25], [0, 1, 2, 4, 6, 0, -1], [2, 10, 20, 40, 60, 1, 0.5],
        [2, 90, 60, 120, 100, 1, 12],
    ]  # fmt: skip
    assert "has 1 detections in other frames, left out" in caplog.text


RIGHT = (FRAMES[1], 0, 10, 20, 30, 40, 0.5)


@pytest.mark.parametrize(
    ("place", "value", "message"),
    [
        (1, 2, "a class that is neither an index from 0 to 1 nor a known name"),
        (1, "cow", "a class that is neither"),
        (6, "nan", "a box or a score that is no number"),
        (6, "inf", "a box or a score that is no number"),
        (3, "nan", "a box or a score that is no number"),
        (4, 0, "a box without width or height"),
        (5, -3, "a box without width or height"),
        (2, 96, "a box outside the frame"),
        (3, -40, "a box outside the frame"),
    ],
)
def test_each_wrong_detection_is_named(handed_in, place, value, message):
    wrong = [*RIGHT]
    wrong[place] = value
    with pytest.raises(UserError, match=f"detection 2, of {FRAMES[1]}, has {message}"):
        handed_in(RIGHT, wrong, RIGHT)


@pytest.mark.parametrize("number", [True, "40", None, [], 1e999])
def test_what_only_looks_like_a_number_is_none(tmp_path, number):
    (tmp_path / "mine.json").write_text(as_coco((*RIGHT[:5], number, 0.5)))
    with pytest.raises(UserError, match="has a box or a score that is no number"):
        read_handed_in(tmp_path / "mine.json", FRAMES, NAMES, SIZES)


def test_detections_of_no_frame_of_the_data_set_are_refused(handed_in):
    with pytest.raises(UserError, match="in any of the 3 frames.*image_id is 000002.JPEG"):
        handed_in(("000002.JPEG", *RIGHT[1:]))
    with pytest.raises(
        UserError, match="no detection in any of the 3.*none, but .* such as val/a/000001"
    ):
        handed_in()


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.json", "[{]", "a.json cannot be read as JSON"),
        ("a.json", '[{"image_id": "x"}]', "detection 1 lacks image_id, category_id, bbox"),
        ("a.json", '{"a": 1}', "a.json is not a list of detections"),
        ("a.json", "[" * 10**6, "a.json is nested too deeply"),
        ("a.json", '[{"score": 1, "score": 2}]', "has the key 'score' twice"),
        ("a.json", as_coco((*RIGHT, 7)), "detection 1 lacks image_id, category_id, bbox with four"),
        ("a.csv", "image_id,score\nx,1\n", "a.csv is no CSV file with image_id, category_id"),
        ("b.csv", None, "There is no file of detections .*b.csv"),
        ("b.json", None, "There is no .*b.json"),
    ],
)
def test_files_that_are_no_detections_are_refused(tmp_path, name, text, message):
    if text is not None:
        (tmp_path / name).write_text(text)
    with pytest.raises(UserError, match=message):
        read_handed_in(tmp_path / name, FRAMES, NAMES, SIZES)


# Pictures to learn from -----------------------------------------------------------------------


def test_pictures_of_a_run_have_a_box_while_the_object_is_there(tmp_path):
    np.save(
        tmp_path / "pictures.npy", np.stack([np.full((8, 9, 3), 10 * n, np.uint8) for n in (0, 1)])
    )
    facts = {"classes": ["dog", "cat"], "labels": [1, 0], "videos": ["a", "a"],
             "boxes": [[1, 2, 5, 6], [9, 2, 9, 6]]}  # fmt: skip
    (tmp_path / "pictures.json").write_text(json.dumps(facts))
    pictures = Cached(tmp_path / "pictures.npy")
    pixels, boxes, labels = pictures.open(0)
    assert (pixels.max(), boxes.tolist(), labels.tolist()) == (0, [[1, 2, 5, 6]], [1])
    pixels, boxes, labels = pictures.open(1)
    assert (pixels.max(), boxes.shape, labels.shape) == (10, (0, 4), (0,))
    assert (len(pictures), pictures.classes) == (2, ["dog", "cat"])


@pytest.fixture
def imagenet_vid(tmp_path):
    """Two listed training snippets of five frames, and one that is not listed."""
    lists = tmp_path / "ImageSets/VID"
    lists.mkdir(parents=True)
    (lists / "train_1.txt").write_text("part_0000/a 1\npart_0000/b 1\n")
    (lists / "train_2.txt").write_text("part_0000/b 1\n")
    for number, snippet in enumerate("abc"):
        for frame in range(5):
            key = f"train/part_0000/{snippet}/{frame:06d}.JPEG"
            picture = tmp_path / "Data/VID" / key
            picture.parent.mkdir(parents=True, exist_ok=True)
            Image.new("RGB", (96, 72), (40 * number, 10 * frame, 0)).save(picture, quality=95)
            write_annotation(tmp_path, key, *[(1, 2, 10 + frame, 20)] * number)
    return tmp_path


def test_frames_of_listed_snippets_are_read_with_their_boxes(imagenet_vid):
    pictures = ImageNetVid(imagenet_vid, 2, ["cat", "dog"], {DOG: 1})
    assert pictures.frames == [
        f"train/part_0000/{snippet}/{frame:06d}.JPEG" for snippet in "ab" for frame in (0, 2, 4)
    ]
    pixels, boxes, labels = pictures.open(4)
    assert pixels.shape == (72, 96, 3)
    assert np.abs(pixels[0, 0].astype(int) - (40, 20, 0)).max() < 8
    assert (boxes.tolist(), labels.tolist()) == ([[1, 2, 13, 21]], [1])
    _, boxes, labels = pictures.open(0)
    assert (boxes.shape, labels.shape) == ((0, 4), (0,))


def test_annotations_are_read_when_their_pictures_are(imagenet_vid):
    key = "train/part_0000/b/000002"
    (imagenet_vid / f"Annotations/VID/{key}.xml").unlink()
    (imagenet_vid / "Data/VID/train/part_0000/a/000000.JPEG").write_bytes(b"no picture")
    pictures = ImageNetVid(imagenet_vid, 2, ["cat", "dog"], {DOG: 1})
    assert len(pictures.open(1)[1]) == 0
    with pytest.raises(UserError, match=f"There is no annotation .*{key}.xml"):
        pictures.open(4)
    with pytest.raises(UserError, match="a/000000.JPEG cannot be read"):
        pictures.open(0)


def test_a_folder_without_lists_or_frames_is_refused(imagenet_vid, tmp_path):
    with pytest.raises(UserError, match="has no train_1.txt"):
        ImageNetVid(tmp_path / "elsewhere", 2, ["dog"], {DOG: 0})
    for file in (imagenet_vid / "ImageSets/VID").iterdir():
        file.write_text("part_0000/d 1\n")
    with pytest.raises(UserError, match="has no frame of the snippets"):
        ImageNetVid(imagenet_vid, 2, ["dog"], {DOG: 0})
