import numpy as np
import pytest
from skimage.registration import phase_cross_correlation

from framefault.data.motion import ACTIONS, SOURCES, make_clip, plan, source_image, trajectory
from framefault.seeds import rng

SIZE = {"width": 160, "height": 120, "frames": 16, "noise": 4}


@pytest.mark.parametrize(
    ("action", "axis", "sign"),
    [("pan_left", 1, 1), ("pan_right", 1, -1), ("pan_up", 0, 1), ("pan_down", 0, -1)],
)
def test_pixels_move_against_the_camera(action, axis, sign):
    for clip in ("one", "two", "three"):
        frames = make_clip(clip, action, "chelsea", **SIZE | {"noise": 0}).mean(-1)
        shift, *_ = phase_cross_correlation(frames[8], frames[4], upsample_factor=4)
        assert shift[axis] * sign > 1


def test_no_single_frame_tells_the_class():
    """At the middle of a clip all classes show the same view but for a small drift."""
    for action in ACTIONS:
        if action not in ("swing", "bounce"):
            pose = trajectory(action, 31, rng("any"))
            assert np.allclose(pose[15], 0)


@pytest.mark.parametrize("pictures", SOURCES)
def test_train_and_test_show_different_pictures(pictures):
    assert not set(SOURCES[pictures]["train"]) & set(SOURCES[pictures]["test"])


def test_pretraining_shows_none_of_the_pictures():
    used = [{name for split in SOURCES[p].values() for name in split} for p in SOURCES]
    assert not used[0] & used[1]


def test_every_shipped_picture_is_large_enough():
    for splits in SOURCES.values():
        for names in splits.values():
            for name in names:
                assert min(source_image(name).size) == 400


def test_plan_has_as_many_clips_per_class_as_asked_for():
    clips = list(plan("pictures", {"train": 3, "test": 2}))
    assert len({clip for clip, _, _ in clips}) == len(clips) == 50
    assert all(
        source in SOURCES["pictures"]["test"] for clip, _, source in clips if "_test_" in clip
    )


def test_clips_repeat_to_the_bit_and_differ_from_each_other():
    one = make_clip("one", "swing", "coffee", **SIZE)
    assert one.dtype == np.uint8
    assert one.shape == (16, 120, 160, 3)
    assert np.array_equal(one, make_clip("one", "swing", "coffee", **SIZE))
    assert not np.array_equal(one, make_clip("two", "swing", "coffee", **SIZE))
