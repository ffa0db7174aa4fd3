"""Embedded scenes: what is drawn, what review says of it, and the bitstreams of its videos."""

from itertools import product

import av
import numpy as np
import pytest

from framefault.data import scenes
from framefault.errors import UserError
from framefault.tasks.frames import review
from framefault.tasks.frames.streams import anchor_streams
from framefault.workflow.fingerprint import import_closure
from videos import encode_frames


def plan(layout, count=90):
    options = {"layout": layout, "videos": {"test": count}}
    for name, source, outline, _ in scenes.plan_videos("d", options, "test"):
        yield scenes.video_scene(name, source, outline, "test", 28)


@pytest.mark.parametrize("layout", ["vid", "ytbb"])
def test_some_frames_differ_from_their_neighbours_in_each_respect(layout):
    differ, labels, pairs = {}, set(), 0
    for scene in plan(layout):
        for anchor, frame in product((0, 14, 24), (2, 5, 10, 16, 20, 23)):
            truth, pairs = review.pair_truth(scene, anchor, frame), pairs + 1
            labels.add(truth.labels)
            assert truth.one_only == (truth.amounts["other"] > 1)
            for reason, amount in truth.amounts.items():
                differ[reason] = differ.get(reason, 0) + (amount > 1)
    assert set(differ) == {"motion", "background", "blur", "other"}
    assert all(0 < count < 0.3 * pairs for count in differ.values())
    assert labels == {"right", "wrong", "unsure"}


def test_objects_that_are_cut_off_or_blurred_have_no_right_label():
    found = {"right": [], "wrong": [], "unsure": []}
    for scene in plan("vid"):
        for frame in (0, 14, 24):
            shown, blur = review.visible(scene)[frame], scene.blur[frame]
            found[review.anchor_labels(scene, frame)].append((shown, blur))
    assert all(shown < review.VISIBLE for shown, _ in found["wrong"]) and found["wrong"]
    assert all(blur > review.BLURRED for _, blur in found["unsure"]) and found["unsure"]
    assert all(s >= review.VISIBLE and b <= review.BLURRED for s, b in found["right"])


def test_a_scene_is_the_same_whenever_it_is_drawn():
    first, second = (
        scenes.video_scene("x", "chelsea", "round", "test", 28).render(0) for _ in range(2)
    )
    assert (first == second).all()
    assert first.shape == (scenes.HEIGHT, scenes.WIDTH, 3)
    other = scenes.video_scene("y", "chelsea", "round", "test", 28).render(0)
    assert (first != other).any()


def test_boxes_hold_the_object():
    scene = scenes.Scene("chelsea", "round", "test", ("box",), 28)
    x1, y1, x2, y2 = scene.boxes().T
    assert (x1 >= 0).all() and (x2 <= scenes.WIDTH).all() and (y2 <= scenes.HEIGHT).all()
    inside = review.visible(scene) == 1
    assert np.allclose((x2 - x1)[inside], scene.size[inside])


def test_frame_types_and_rates_are_those_of_the_bitstream(tmp_path):
    draw = np.random.default_rng(0)
    noise = draw.integers(0, 256, (32, 64, 3), np.uint8)
    frames = np.stack([np.roll(noise, 2 * index, 1) for index in range(12)])
    (tmp_path / "val").mkdir()
    video = encode_frames(frames, "30000/1001", options={"g": "6", "bf": "2", "b-adapt": "0"})
    (tmp_path / "val/a.mp4").write_bytes(video)
    rows = anchor_streams(tmp_path, [f"val/a/{index:06d}.JPEG" for index in range(12)])
    types = "".join(row["type"] for row in rows)
    with av.open(str(tmp_path / "val/a.mp4")) as container:
        keyframes = sum(packet.is_keyframe for packet in container.demux(video=0))
    assert types[0] == "I" and types.count("I") == keyframes >= 2
    assert set(types) == set("IPB")
    assert {row["fps"] for row in rows} == {29.97}
    with pytest.raises(UserError, match="Tables 7 and 8 need the videos"):
        anchor_streams(tmp_path, ["val/b/000000.JPEG"])


def test_review_and_metric_train_nothing_again():
    for stage in (
        "generate_stills",
        *(f"train_frames_{way}" for way in ("plain", "noise", "linf")),
    ):
        closure = import_closure(stage)
        assert not closure & {"framefault.tasks.frames.review", "framefault.tasks.frames.scoring"}
