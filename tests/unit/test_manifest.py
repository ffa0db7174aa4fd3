"""Which clips a data set has and how they are split."""

import os

import numpy as np
import pytest
import yaml

from framefault.corruption.rtp.codecs import CODECS
from framefault.data import manifest
from framefault.data.folder import folder_digest, list_folder
from framefault.data.manifest import (
    COLUMNS,
    assign_splits,
    check_counts,
    check_names,
    check_splits,
    describe_videos,
    read_manifest,
)
from framefault.errors import UserError
from framefault.files import sha256
from framefault.shards import clip_id, shard_names, shard_rows
from framefault.tabular import write_csv
from videos import encode_frames
from workflow_tools import SHARED

ODD = "odd/a!#&()+;@[]~ b.avi"
PATHS = [f"{label}/v{number}.avi" for label in ("run", "walk") for number in range(10)] + [ODD]


def write(path, *lines):
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return str(path)


def side(assigned, name):
    return [path for path, split in assigned.items() if split == name]


@pytest.mark.parametrize("name", [b"run/caf\xe9.avi", b"run/a\rb.avi", b"r\xff/v.avi"])
def test_a_name_that_no_list_can_hold_is_told_once_the_folder_is_listed(tmp_path, name):
    path = os.path.join(os.fsencode(tmp_path), name)
    os.makedirs(os.path.dirname(path))
    with open(path, "wb"):
        pass
    folder_digest(tmp_path, {"by": "ratio"})  # when the Snakefile is read
    with pytest.raises(UserError, match=r"has the video '.*'; its name is not in UTF-8") as said:
        list_folder(tmp_path)
    assert str(said.value).isprintable() and str(said.value).encode()


def test_a_video_in_both_lists_is_refused(tmp_path):
    train = write(tmp_path / "train.txt", "run/v1.avi", "run/v0.avi", "walk/v0.avi")
    test = write(tmp_path / "test.txt", "run/v0.mp4", "walk/v1.avi")
    with pytest.raises(UserError, match=r"1 videos for training as well as .* 'run/v0\.avi'"):
        assign_splits(PATHS, {"by": "list", "train": train, "test": test}, "d")


@pytest.mark.parametrize("encoding", ["utf-16", "latin-1"])
def test_a_split_list_of_another_encoding_is_named(tmp_path, encoding):
    (tmp_path / "test.txt").write_bytes("run/café.avi\n".encode(encoding))
    with pytest.raises(UserError, match=r"The split file .*test\.txt is not in UTF-8"):
        assign_splits(["run/café.avi"], {"by": "list", "test": tmp_path / "test.txt"}, "d")


def test_a_split_list_may_start_with_a_mark_of_its_encoding(tmp_path):
    (tmp_path / "test.txt").write_bytes("run/v0.avi\n".encode("utf-8-sig"))
    assigned = assign_splits(PATHS, {"by": "list", "test": tmp_path / "test.txt"}, "d")
    assert side(assigned, "test") == ["run/v0.avi"]


def test_folder_is_listed_by_class_and_name(tmp_path):
    for path in (*PATHS, "run/.hidden", "run/deeper/v.avi", "README.txt"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).touch()
    assert list_folder(tmp_path) == sorted(PATHS)


def test_missing_folder_is_named(tmp_path):
    with pytest.raises(UserError, match=r"nowhere does not exist.*one folder per class"):
        list_folder(tmp_path / "nowhere")


def test_folder_without_videos_is_named(tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "video.avi").touch()
    with pytest.raises(UserError, match=f"{tmp_path.name} holds no video"):
        list_folder(tmp_path)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("run/v.1.avi", "run/v.1"),
        ("run/video", "run/video"),
        (ODD, "odd/a!#&()+;@[]~ b"),
        ("run.fast/video", "run.fast/video"),
    ],
)
def test_clip_is_named_by_its_path_without_extension(path, name):
    assert clip_id(path) == name


def test_ratio_takes_its_share_of_every_class():
    assigned = assign_splits(PATHS[:20], {"by": "ratio", "test": 0.3}, "mine")
    test = side(assigned, "test")
    assert sum(path.startswith("run/") for path in test) == 3
    assert sum(path.startswith("walk/") for path in test) == 3
    assert len(side(assigned, "train")) == 14


def test_ratio_does_not_depend_on_other_classes():
    split = {"by": "ratio", "test": 0.3}
    more = [f"jump/v{number}.avi" for number in range(7)]
    before = assign_splits(PATHS, split, "mine")
    after = assign_splits(more + PATHS, split, "mine")
    assert {path: after[path] for path in PATHS} == before


def test_ratio_is_drawn_per_class_and_data_set():
    split = {"by": "ratio", "test": 0.5}
    paths = [f"{label}/v{number}.avi" for label in "ab" for number in range(30)]
    mine, other = (assign_splits(paths, split, name) for name in ("mine", "other"))
    assert mine == assign_splits(paths, split, "mine")
    assert mine != other
    chosen = [{path[2:] for path in side(mine, "test") if path[0] == label} for label in "ab"]
    assert chosen[0] != chosen[1]


def test_pattern_is_searched_in_the_path():
    assigned = assign_splits(PATHS, {"by": "pattern", "test": r"v[78]|\[\]~"}, "mine")
    assert side(assigned, "test") == ["run/v7.avi", "run/v8.avi", "walk/v7.avi", "walk/v8.avi", ODD]
    assert len(side(assigned, "train")) == len(PATHS) - 5


def test_one_list_leaves_the_rest_for_training(tmp_path):
    test = write(tmp_path / "test.txt", "run/v1.avi", "", "  walk/v2.avi 1  ", ODD)
    assigned = assign_splits(PATHS, {"by": "list", "test": test}, "mine")
    assert side(assigned, "test") == ["run/v1.avi", "walk/v2.avi", ODD]
    assert len(side(assigned, "train")) == len(PATHS) - 3


def test_two_lists_leave_the_rest_unused(tmp_path):
    test = write(tmp_path / "test.txt", ODD)
    train = write(tmp_path / "train.txt", "run/v1.avi 0", "run/v2.avi 0")
    assigned = assign_splits(PATHS, {"by": "list", "test": test, "train": train}, "mine")
    assert side(assigned, "test") == [ODD]
    assert side(assigned, "train") == ["run/v1.avi", "run/v2.avi"]
    assert len(side(assigned, "unused")) == len(PATHS) - 3


def test_list_may_name_another_extension(tmp_path):
    test = write(tmp_path / "test.txt", "run/v1.mp4")
    assigned = assign_splits(PATHS, {"by": "list", "test": test}, "mine")
    assert side(assigned, "test") == ["run/v1.avi"]


def test_hmdb51_reads_one_file_per_class_and_one_number(tmp_path):
    write(tmp_path / "odd_test_split1.txt", "a!#&()+;@[]~ b.avi 2 ")
    write(tmp_path / "run_test_split1.txt", "v0.avi 1 ", "v1.avi 0 ", "v2.avi 2 ")
    write(tmp_path / "run_test_split2.txt", "v0.avi 2 ", "v1.avi 2 ", "v2.avi 1 ")
    split = {"by": "hmdb51", "path": str(tmp_path), "number": 1}
    assigned = assign_splits([ODD, "run/v0.avi", "run/v1.avi", "run/v2.avi"], split, "mine")
    assert list(assigned.values()) == ["test", "train", "unused", "test"]


def test_hmdb51_without_files_is_refused(tmp_path):
    split = {"by": "hmdb51", "path": str(tmp_path), "number": 2}
    with pytest.raises(UserError, match=r"holds no \*_test_split2\.txt"):
        assign_splits(PATHS, split, "mine")


def test_ucf101_reads_both_lists(tmp_path):
    write(tmp_path / "trainlist02.txt", "run/v0.avi 1", "walk/v0.avi 2")
    write(tmp_path / "testlist02.txt", "run/v1.avi", ODD)
    split = {"by": "ucf101", "path": str(tmp_path), "number": 2}
    assigned = assign_splits(PATHS, split, "mine")
    assert side(assigned, "train") == ["run/v0.avi", "walk/v0.avi"]
    assert side(assigned, "test") == ["run/v1.avi", ODD]


def test_listed_videos_that_are_absent_are_counted_and_named(tmp_path):
    test = write(tmp_path / "test.txt", "run/v1.avi", "run/gone.avi", "run/lost.avi")
    with pytest.raises(UserError, match=r"test\.txt lists 2 videos.*first is 'run/gone\.avi'"):
        assign_splits(PATHS, {"by": "list", "test": test}, "mine")


def test_absent_list_is_named(tmp_path):
    split = {"by": "ucf101", "path": str(tmp_path), "number": 1}
    with pytest.raises(UserError, match=r"Cannot read the split file .*trainlist01\.txt"):
        assign_splits(PATHS, split, "mine")


@pytest.mark.parametrize(("pattern", "empty"), [("nothing", "test"), (".", "train")])
def test_empty_side_is_refused(pattern, empty):
    match = rf"The {empty} split of data set 'mine' is empty.*datasets\.mine\.split"
    assigned = assign_splits(PATHS, {"by": "pattern", "test": pattern}, "mine")
    with pytest.raises(UserError, match=match):
        check_splits(assigned, "mine")


def counts(assigned):
    return [len(side(assigned, name)) for name in ("train", "test", "unused")]


def test_official_split_of_hmdb51():
    folder = SHARED / "hmdb51_splits"
    if not folder.is_dir():
        pytest.skip("needs the official split files of HMDB51")
    paths = [
        f"{file.name.removesuffix('_test_split1.txt')}/{line.split()[0]}"
        for file in folder.glob("*_test_split1.txt")
        for line in file.read_text(encoding="utf-8").splitlines()
    ]
    split = {"by": "hmdb51", "path": str(folder), "number": 1}
    assert counts(assign_splits(paths, split, "hmdb51")) == [3570, 1530, 1666]


def test_official_split_of_ucf101():
    folder = SHARED / "ucf101_splits"
    if not folder.is_dir():
        pytest.skip("needs the official split files of UCF101")
    paths = [
        line.split()[0]
        for name in ("trainlist01.txt", "testlist01.txt")
        for line in (folder / name).read_text(encoding="utf-8").splitlines()
    ]
    split = {"by": "ucf101", "path": str(folder), "number": 1}
    assert counts(assign_splits(paths, split, "ucf101")) == [9537, 3783, 0]


def test_official_counts_are_held():
    assigned = {"run/a.avi": "train", "run/b.avi": "test", "run/c.avi": "unused"}
    check_counts(assigned, {"train": 1, "test": 1, "unused": 1}, "mine")
    check_counts(assigned, {}, "mine")
    with pytest.raises(UserError) as error:
        check_counts(assigned, {"train": 1, "test": 1, "unused": 2}, "mine")
    assert str(error.value) == (
        "Data set 'mine' has 1 train, 1 test, 1 unused videos, but its official split has"
        " 1 train, 1 test, 2 unused; put back what is missing, or remove what does not belong."
    )


def test_class_that_is_tested_but_not_trained_is_named():
    paths = ["run/a.avi", "run/b.avi", "walk/c.avi"]
    assigned = assign_splits(paths, {"by": "pattern", "test": "b|c"}, "mine")
    with pytest.raises(UserError, match="shows the class 'walk'"):
        check_splits(assigned, "mine")


# The manifest itself ----------------------------------------------------------------------------

VIDEOS = {"none/007.avi": 5, "run/a b.avi": 8}


@pytest.fixture
def videos(tmp_path):
    """A folder of two videos with so many frames."""
    for path, frames in VIDEOS.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        data = encode_frames(np.zeros((frames, 32, 48, 3), np.uint8), 25, "mpeg4", {}, "avi")
        (tmp_path / path).write_bytes(data)
    return tmp_path


def describe(folder, paths, workers=1):
    splits = dict.fromkeys(paths, "train") | {"run/a b.avi": "test"}
    return describe_videos(folder, paths, splits, "mine", workers)


def test_manifest_says_what_every_video_is(videos):
    table = describe(videos, list(VIDEOS))
    assert list(table.columns) == COLUMNS
    rows = table.to_dict("records")
    for row, (path, frames) in zip(rows, VIDEOS.items(), strict=True):
        data = (videos / path).read_bytes()
        assert row == {
            "id": path.removesuffix(".avi"), "path": path, "label": path.split("/")[0],
            "split": "test" if path.startswith("run") else "train", "bytes": len(data),
            "sha256": sha256(data), "codec": "mpeg4", "frames": frames, "fps": 25, "width": 48,
            "height": 32, "turns": 0,
        }  # fmt: skip
    assert describe(videos, list(VIDEOS), workers=2).equals(table)


def test_manifest_comes_back_as_it_was_written(videos):
    table = describe(videos, list(VIDEOS))
    write_csv(videos / "m.csv", table)
    assert read_manifest(videos / "m.csv").to_dict("records") == table.to_dict("records")
    (row,) = read_manifest(videos / "m.csv", "train").to_dict("records")
    assert (row["id"], row["label"], row["frames"]) == ("none/007", "none", 5)


def test_names_that_look_like_numbers_stay_names(tmp_path):
    row = dict.fromkeys(COLUMNS, 1) | {"id": "007", "path": "1e5", "label": "0", "split": "test"}
    digest = "12345678" * 8
    write_csv(tmp_path / "m.csv", [row | {"sha256": digest}])
    (read,) = read_manifest(tmp_path / "m.csv").to_dict("records")
    assert [read[key] for key in ("id", "path", "label", "sha256")] == ["007", "1e5", "0", digest]


def refused(folder, **options):
    """What is said of the videos of a folder, and the list that is to be pasted."""
    paths = list_folder(folder)
    splits = dict.fromkeys(paths, "train")
    with pytest.raises(UserError) as error:
        describe_videos(folder, paths, splits, "mine", **options)
    said, _, pasted = str(error.value).partition("exclude: ")
    return said, yaml.safe_load(pasted)


def test_all_unreadable_videos_are_named_with_what_to_paste(videos):
    names = ["run/broken.avi", 'run/so "bad": é.avi']
    for name in names:
        (videos / name).write_bytes(b"no video")
    said, exclude = refused(videos, excluded=["run/gone.avi"])
    assert said.startswith(f"2 of 4 videos in {videos} cannot be used: run/broken.avi (")
    assert said.endswith("; remove them, or write into datasets.mine: ")
    assert names[1] in said
    assert exclude == ["run/gone.avi", *names]


def test_a_video_that_kills_or_hangs_its_decoder_is_named(videos, monkeypatch):
    def die(data):
        if len(data) % 2:
            os._exit(1)
        while True:
            pass

    monkeypatch.setattr(manifest, "probe", die)
    monkeypatch.setattr(manifest, "SECONDS", 0.3)
    for path, odd in zip(VIDEOS, (False, True), strict=True):
        (videos / path).write_bytes(bytes(10 + odd))
    said, exclude = refused(videos)
    names = list(VIDEOS)
    assert f"{names[0]} (timed out)" in said and f"{names[1]} (crashed)" in said
    assert exclude == sorted(names)


def test_video_without_a_picture_is_refused(videos):
    data = bytearray((videos / "run/a b.avi").read_bytes())
    start = data.index(b"movi")
    data[start + 20 :] = bytes(len(data) - start - 20)
    (videos / "run/empty.avi").write_bytes(data)
    said, exclude = refused(videos)
    assert "run/empty.avi (" in said and exclude == ["run/empty.avi"]


def test_pictures_above_the_limit_of_the_decoder_are_refused(videos):
    black = np.zeros((1, 4096, 4096, 3), np.uint8)
    for container in ("avi", "mp4", "matroska"):
        data = encode_frames(black, 25, "mpeg4", {"b": "100k"}, container)
        (videos / "run/large.avi").write_bytes(data)
        said, exclude = refused(videos)
        assert exclude == ["run/large.avi"] and "pictures of more than 9437184 pixels" in said


def test_codecs_that_packet_loss_cannot_take_are_refused(videos):
    frames = np.zeros((3, 32, 48, 3), np.uint8)
    options = {"pix_fmt": "yuvj420p"}
    (videos / "run/m.avi").write_bytes(encode_frames(frames, 25, "mjpeg", options, "avi"))
    said, exclude = refused(videos, codecs=list(CODECS))
    assert "1 of 3 videos" in said and "run/m.avi (mjpeg)" in said and "container: mp4" in said
    assert exclude == ["run/m.avi"]
    assert set(describe(videos, list_folder(videos))["codec"]) == {"mjpeg", "mpeg4"}


@pytest.mark.parametrize(
    ("encoder", "codec"),
    [("libx265", "hevc"), ("libvpx", "vp8"), ("libvpx-vp9", "vp9"), ("libsvtav1", "av1")],
)
def test_codecs_that_packet_loss_can_take_are_listed(videos, encoder, codec):
    frames = np.zeros((3, 64, 96, 3), np.uint8)
    (videos / "run/m.mkv").write_bytes(encode_frames(frames, 25, encoder, {}, "matroska"))
    table = describe_videos(videos, ["run/m.mkv"], {"run/m.mkv": "test"}, "mine", 1, CODECS)
    assert list(table["codec"]) == [codec]


def test_videos_that_differ_by_extension_only_are_refused():
    check_names(PATHS, "videos", "mine")
    with pytest.raises(
        UserError, match=r"extension only, such as 'run/v1'.*datasets\.mine\.exclude"
    ):
        check_names([*PATHS, "run/v1.mp4"], "videos", "mine")


def test_shards_hold_every_row_once_and_in_order():
    assert shard_names(3) == ["00000-of-00003", "00001-of-00003", "00002-of-00003"]
    rows = list(range(10))
    assert [shard_rows(rows, name) for name in shard_names(3)] == [
        [0, 1, 2],
        [3, 4, 5],
        [6, 7, 8, 9],
    ]
    assert [shard_rows(rows[:1], name) for name in shard_names(2)] == [[], [0]]


# Whether a folder is what it was ----------------------------------------------------------------


def test_digest_of_a_folder_follows_its_videos_names(videos):
    split = {"by": "ratio", "test": 0.3}
    before = folder_digest(videos, split)
    (videos / "none/007.avi").write_bytes(b"other content, which the manifest's digests notice")
    (videos / "run/.hidden").touch()
    (videos / "notes.txt").touch()
    assert folder_digest(videos, split) == before
    (videos / "run/a b.avi").rename(videos / "run/b.avi")
    assert folder_digest(videos, split) != before


def test_digest_of_a_folder_follows_its_lists(videos, tmp_path):
    lists = tmp_path / "lists"
    lists.mkdir()
    test = write(lists / "test.txt", "run/a b.avi")
    by_list, by_folder = {"by": "list", "test": test}, {"by": "ucf101", "path": str(lists)}
    by_pattern = {"by": "pattern", "test": test}
    before = [folder_digest(videos, split) for split in (by_list, by_folder, by_pattern)]
    write(lists / "test.txt", "none/007.avi")
    after = [folder_digest(videos, split) for split in (by_list, by_folder, by_pattern)]
    assert [one == other for one, other in zip(before, after, strict=True)] == [False, False, True]
