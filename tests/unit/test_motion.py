from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skimage.registration import phase_cross_correlation

from framefault.data import motion
from framefault.data.motion import (
    ACTIONS,
    SHORT_SIDE,
    SHOTS,
    SOURCES,
    make_clip,
    plan,
    render,
    shot,
    source_image,
    trajectory,
)
from framefault.seeds import rng
from framefault.tasks.recognition.outcomes import source_of
from papers import shipped

SIZE = {"width": 160, "height": 120, "frames": 16, "noise": 4}


@pytest.mark.parametrize(
    ("action", "axis", "sign"),
    [("pan_left", 1, 1), ("pan_right", 1, -1), ("pan_up", 0, 1), ("pan_down", 0, -1)],
)
def test_pixels_move_against_the_camera(action, axis, sign):
    for clip in ("one", "two", "three"):
        frames = make_clip(clip, action, "coffee", **SIZE | {"noise": 0}).mean(-1)
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


@pytest.mark.parametrize("side", [400, SHORT_SIDE])
def test_every_shipped_picture_has_its_size(side):
    for splits in SOURCES.values():
        for names in splits.values():
            for name in names:
                assert min(source_image(name, side).size) == side


def test_shots_are_different_pictures_and_the_same_each_time():
    pixels = {name: shot(*where) for name, where in SHOTS.items()}
    for name, first in pixels.items():
        assert first.std() > 20
        assert np.array_equal(first, shot(*SHOTS[name]))
    small = [np.asarray(source_image(name).convert("L").resize((16, 16)), float) for name in pixels]
    together = np.corrcoef([each.ravel() for each in small])
    assert np.triu(together, 1).max() < 0.9


@pytest.mark.parametrize("action", ACTIONS)
def test_hardly_anything_outside_of_a_picture_is_seen(monkeypatch, action):
    """A black rim would tell the class; over white pictures it is all that is black."""
    monkeypatch.setattr(motion, "SPEED", (motion.SPEED[1],) * 2)
    for name in ("camera", "hopper", "carphone", "taxi", "flower.jpg"):
        white = Image.new("RGB", source_image(name, SHORT_SIDE).size, (255, 255, 255))
        clip = render(white, action, rng("rim", name), 160, 120, frames=64, noise=0)
        assert (clip.max(-1) == 0).mean((1, 2)).max() < 0.03


def test_plan_has_as_many_clips_per_class_as_asked_for():
    clips = list(plan("pictures", {"train": 3, "test": 2}))
    assert len({clip for clip, _, _ in clips}) == len(clips) == 50
    assert all(
        source in SOURCES["pictures"]["test"] for clip, _, source in clips if "_test_" in clip
    )


def test_every_test_picture_is_in_every_class_equally_often():
    dataset = shipped()["datasets"]["motion"]
    clips = [each for each in plan("pictures", dataset["clips"]) if "_test_" in each[0]]
    seen = Counter((action, source) for _, action, source in clips)
    assert len(SOURCES["pictures"]["test"]) == 10 and len(seen) == 100
    assert set(seen.values()) == {2}


@pytest.mark.parametrize("name", ["motion", "textures"])
def test_names_tell_the_picture(name):
    dataset = shipped()["datasets"][name]
    for clip, action, source in plan(dataset["pictures"], dataset["clips"]):
        told = source_of(f"{action}/{clip}", dataset["same_source"])
        assert told == source_of(clip, dataset["same_source"]) == Path(source).stem


def test_clips_repeat_to_the_bit_and_differ_from_each_other():
    one = make_clip("one", "swing", "coffee", **SIZE)
    assert one.dtype == np.uint8
    assert one.shape == (16, 120, 160, 3)
    assert np.array_equal(one, make_clip("one", "swing", "coffee", **SIZE))
    assert not np.array_equal(one, make_clip("two", "swing", "coffee", **SIZE))
