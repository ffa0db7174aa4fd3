"""Embedded scenes: what is drawn, what review says of it, and the bitstreams of its videos."""

import av
import numpy as np
import pytest

from framefault.data import scenes
from framefault.errors import UserError
from framefault.tasks.frames import review
from framefault.tasks.frames.sets import vid_sets, ytbb_sets
from framefault.tasks.frames.streams import anchor_streams
from framefault.workflow.fingerprint import import_closure
from videos import encode_frames


def reviewed_videos(options):
    plan = list(scenes.plan_videos("d", options, "test"))
    for name, source, outline, target in plan:
        scene = scenes.video_scene(name, source, outline, "test", 28)
        yield (name, target, *review.review(scene, name))


@pytest.fixture(scope="module")
def reviewed():
    return {
        layout: list(reviewed_videos({"layout": layout, "videos": {"test": 90}}))
        for layout in ("vid", "ytbb")
    }


def test_metadata_of_scenes_are_read_by_the_readers_of_the_releases(tmp_path, reviewed):
    for layout in ("vid", "ytbb"):
        files = review.metadata(layout, reviewed[layout])
        review.write_metadata(tmp_path / layout / "metadata", files)
    vid = vid_sets(tmp_path / "vid/metadata")
    ytbb = ytbb_sets(tmp_path / "ytbb/metadata", tmp_path / "ytbb/metadata/pmk_labels.json")
    for sets, layout in ((vid, "vid"), (ytbb, "ytbb")):
        accepted = [video for video in reviewed[layout] if not video[3]]
        kept = sum(not reasons for video in accepted for reasons in video[4].values())
        assert 0 < len(sets.accepted) == len(accepted) < len(sets.anchors) == 90
        assert len(sets.reviewed()) - len(sets.accepted) == kept
        assert len(sets.rows) == 90 + sum(len(video[4]) for video in reviewed[layout])
        assert [sets.labels[anchor] for anchor in sets.accepted] == [[v[1]] for v in accepted]
    why = {reason for reasons in vid.reasons.values() for reason in reasons}
    assert {"blurred", "rejected anchor", "blur-increase"} <= why
    assert vid.original is None and ytbb.original == {}
    assert ytbb.classes[8] == scenes.UNSEEN_NAME and 8 not in ytbb.subclasses


def test_review_rejects_what_moved_blurred_or_left(reviewed):
    reasons = [
        reason
        for layout in reviewed.values()
        for video in layout
        for each in video[4].values()
        for reason in each
    ]
    assert set(reasons) == {"background-change", "blur-increase", "occlusion-increased"}
    pairs = sum(len(video[4]) for layout in reviewed.values() for video in layout)
    assert 0.02 < len(reasons) / pairs < 0.4


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
