"""ImageNet-VID as it is shipped, and the classes below its classes in WordNet."""

import json
from importlib.util import find_spec
from pathlib import Path

import pytest

import shipped
from framefault.data.classes import IMAGENET_VID, YOUTUBE_BB
from framefault.data.imagenet_vid import (
    frame_boxes,
    labels,
    read_boxes,
    read_list,
)
from framefault.data.wordnet import read_ilsvrc, read_parents, subclasses
from framefault.errors import UserError
from pmk import REAL, VID, YTBB
from shipped import CAR, DOG, annotation, thing

SNIPPET = "ILSVRC2015_val_00000000"
KEY = f"val/{SNIPPET}/000001.JPEG"
WORDNET = Path("/usr/share/wordnet")


@pytest.fixture
def root(tmp_path):
    both = [thing(CAR, 1, generated=0), thing(DOG, 0, occluded=1), thing(DOG, 2)]
    frames = {SNIPPET: [[], both], "ILSVRC2017_val_00000001": [[thing()]]}
    shipped.write_vid(tmp_path, frames)
    return tmp_path


def test_list_names_the_frames_of_each_snippet(root):
    assert read_list(root) == {
        SNIPPET: {0: f"val/{SNIPPET}/000000.JPEG", 1: KEY},
        "ILSVRC2017_val_00000001": {0: "val/ILSVRC2017_val_00000001/000000.JPEG"},
    }


def test_objects_keep_class_track_box_and_flags(root):
    boxes = frame_boxes(root, KEY)
    assert [tuple(box) for box in boxes] == [
        (CAR, 1, 3, 4, 20, 30, False, False),
        (DOG, 0, 3, 4, 20, 30, True, True),
        (DOG, 2, 3, 4, 20, 30, False, True),
    ]
    assert [IMAGENET_VID[label][1] for label in labels(boxes)] == ["car", "dog"]
    assert frame_boxes(root, f"val/{SNIPPET}/000000.JPEG") == []


@pytest.mark.parametrize(
    "box", [(-3, -1, 10, 10), (30, 20, 45, 40), (5, 5, 5, 5), (0, 0, 39, 31), (0.5, 1, 3, 4)]
)
def test_boxes_over_the_edge_and_of_one_pixel_stay_as_they_are(tmp_path, box):
    path = tmp_path / "a.xml"
    path.write_text(annotation([thing(box=box)]))
    size, boxes = read_boxes(path)
    assert size == (40, 32) and boxes[0][2:6] == box


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (annotation([thing(box=(20, 4, 3, 30))]), "object 1 .* ends before it starts"),
        (annotation([thing(), thing(box=(3, 30, 20, 4))]), "object 2 .* ends before it starts"),
        (annotation([thing(box=(40, 0, 50, 9))]), "outside the picture of 40 by 32 pixels"),
        (annotation([thing(box=(-9, 0, -1, 9))]), "outside the picture of 40 by 32 pixels"),
        (annotation([thing(box=("nan", 0, 1, 9))]), "no finite number"),
        (annotation([thing(box=("x", 0, 1, 9))]), "not in the format of ImageNet-VID"),
        (annotation([thing("n00000001")]), r"\(n00000001\) is none of the 30 classes"),
        (annotation([thing(track="")]), "not in the format of ImageNet-VID"),
        (annotation([thing(occluded=7)]), "not in the format of ImageNet-VID"),
        (annotation([thing()], size=("", 32)), "not in the format of ImageNet-VID"),
        ("<annotation><object/></annotation>", "not in the format of ImageNet-VID"),
        (annotation([thing()])[:-9], "not in the format of ImageNet-VID"),
        ("", "not in the format of ImageNet-VID"),
    ],
)
def test_wrong_annotations_are_one_sentence_with_the_file(tmp_path, text, said):
    path = tmp_path / "000007.xml"
    path.write_text(text)
    with pytest.raises(UserError, match=f"000007.xml.*{said}"):
        read_boxes(path)


def test_annotation_of_another_picture_size_is_named(root):
    shipped.write_picture(root / "Data/VID" / KEY, (41, 32))
    with pytest.raises(UserError, match="000001.xml is for a picture of 40 by 32 .* has 41 by 32"):
        frame_boxes(root, KEY)


@pytest.mark.parametrize(
    ("place", "said"),
    [(f"Data/VID/{KEY}", "frame .*000001.JPEG cannot be read"),
     (f"Annotations/VID/{KEY[:-4]}xml", "no annotation .*000001.xml")],
)  # fmt: skip
def test_missing_files_are_named(root, place, said):
    (root / place).unlink()
    with pytest.raises(UserError, match=said):
        frame_boxes(root, KEY)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a/000000 1\n\na/00001 2\n", "line 3 is no frame"),
        ("a/000000 1\n../../b/000000 1\n", "line 2 is no frame"),
        ("ILSVRC2015_val_00000000 1\n", "line 1 is no frame"),
        ("a/000000 1\nb/000000 2\na/000000 3\n", "line 3 lists the frame a/000000 again"),
        ("\n", "lists no frame"),
    ],
)
def test_wrong_lists_name_the_line(root, text, said):
    (root / "ImageSets/VID/val.txt").write_text(text)
    with pytest.raises(UserError, match=f"val.txt.*{said}"):
        read_list(root)


def test_missing_list_is_named(root):
    with pytest.raises(UserError, match="no list of frames .*test.txt"):
        read_list(root, "test")


# WordNet ---------------------------------------------------------------------------------------


def test_a_class_counts_for_the_nearest_target_above_it():
    parents = {
        "n1": [], "n2": ["n1"], "n3": ["n1"], "n4": ["n3"], "n5": ["n2", "n4"], "n6": ["n3"],
    }  # fmt: skip
    assert subclasses(["n2", "n3", "none", "n6"], ["n1", "n3", "n4", "n5", "n6"], parents) == {
        0: [3], 1: [1, 2], 3: [4],
    }  # fmt: skip
    with pytest.raises(UserError, match="no synset n7"):
        subclasses(["n1"], ["n7"], parents)


def ilsvrc():
    timm = find_spec("timm")  # its import takes seconds
    if timm is None:
        pytest.skip("needs timm's list of ILSVRC's classes")
    return read_ilsvrc(Path(timm.origin).parent / "data/_info/imagenet_synsets.txt")


@REAL
@pytest.mark.skipif(not WORDNET.is_dir(), reason="needs Debian's wordnet-base")
@pytest.mark.parametrize(
    ("targets", "metadata", "count"), [(IMAGENET_VID, VID, 288), (YOUTUBE_BB, YTBB, 231)]
)
def test_wordnet_gives_the_released_maps(targets, metadata, count):
    ids = [[wnid for wnid, _ in each] for each in (targets, ilsvrc())]
    found = subclasses(*ids, read_parents(WORDNET))
    released = json.loads((metadata / "rev_class_idx_map.json").read_text())
    assert found == {int(target): sorted(outputs) for target, outputs in released.items()}
    assert len({output for outputs in found.values() for output in outputs}) == count


@pytest.mark.parametrize("text", ["00001740 03 n zz", "00001740 03\n", "x"])
def test_other_files_are_no_wordnet(tmp_path, text):
    (tmp_path / "data.noun").write_text(text)
    with pytest.raises(UserError, match="data.noun is not WordNet's list of nouns"):
        read_parents(tmp_path)


def test_ilsvrc_is_a_list_or_an_index_of_1000_classes(tmp_path):
    ids = [f"n{number:08d}" for number in range(1000)]
    (tmp_path / "a.txt").write_text("".join(f"{each} name {each}\n" for each in ids))
    index = {str(number): [each, f"name {each}"] for number, each in enumerate(ids)}
    (tmp_path / "a.json").write_text(json.dumps(index))
    assert read_ilsvrc(tmp_path / "a.txt") == read_ilsvrc(tmp_path / "a.json")
    (tmp_path / "a.txt").write_text("\n".join(ids[::-1]))
    with pytest.raises(UserError, match="1000 classes in the order"):
        read_ilsvrc(tmp_path / "a.txt")
    for name, text in (("b.json", "[]"), ("b.json", "{"), ("c.txt", None)):
        if text:
            (tmp_path / name).write_text(text)
        with pytest.raises(UserError, match=f"{name} "):
            read_ilsvrc(tmp_path / name)
