"""The embedded scenes of tracking: what is drawn is where the truth says it is."""

import configparser
import itertools

import numpy as np
import pytest
from PIL import Image

from framefault.data import crowd
from framefault.data.crowd import CLOTHES, SCENERY, Crowd, plan, write_sequence

SIZE = {"width": 192, "height": 108, "objects": (4, 8)}


def scene(name="train-000", split="train", frames=12, **changes):
    return Crowd(split, name, frames=frames, **SIZE | changes)


@pytest.fixture
def flat(monkeypatch):
    """Scenes of white people before black, without noise."""
    white = Image.new("RGB", crowd.CANVAS, (255, 255, 255))
    monkeypatch.setattr(crowd, "cloth", lambda draw, split: white)
    monkeypatch.setattr(crowd, "shaded", lambda stuff: stuff)
    monkeypatch.setattr(Image, "blend", lambda one, other, share: one)

    def make(*arguments, **options):
        made = scene(*arguments, **options)
        made.scenery = Image.new("RGB", made.scenery.size)
        made.light, made.grain = np.ones(made.frames), np.zeros_like(made.grain)
        return made

    return make


def test_boxes_are_the_borders_of_what_is_drawn(flat):
    compared = 0
    for name in ("train-000", "train-001", "train-002"):
        made = flat(name)
        for who, number in itertools.product(list(made.people), range(0, made.frames, 3)):
            made.people = [who]
            pixels, truth = made.frame(number)
            for _, x, y, w, h in truth:
                if x >= 0 and y >= 0 and x + w <= 192 and y + h <= 108:
                    rows, columns = (np.flatnonzero((pixels[..., 0] > 40).any(a)) for a in (1, 0))
                    drawn = columns[0], rows[0], columns[-1] + 1, rows[-1] + 1
                    assert np.abs(np.subtract(drawn, (x, y, x + w, y + h))).max() <= 1
                    compared += 1
    assert compared > 20


def test_nothing_is_drawn_outside_of_the_boxes(flat):
    made = flat(frames=30)
    for number in range(0, 30, 5):
        pixels, _ = made.frame(number)
        for who in made.people:
            _, _, (x, y, w, h) = who.placed(number, made.pan[number])
            left, top = max(0, int(x) - 1), max(0, int(y) - 1)
            pixels[top : max(0, int(y + h) + 2), left : max(0, int(x + w) + 2)] = 0
        assert pixels.max() == 0


def test_whoever_is_hidden_or_gone_is_not_listed(flat):
    made = flat()
    one, twin = made.people = made.people[:2]
    one.x[:], one.foot[:], one.tall[:] = 96, 90, 60
    twin.poses, twin.phase, twin.near = one.poses, one.phase, one.near
    twin.foot[:], twin.tall[:] = 91, 62  # nearer, and so in front
    listed = {}
    for x in (96, 130, 232):
        twin.x[:] = x
        listed[x] = [who for who, *_ in made.frame(0)[1]]
    assert listed == {96: [2], 130: [1, 2], 232: [1]}


def test_boxes_may_leave_the_picture_and_people_come_and_go():
    come, gone, cut = set(), set(), 0
    for name in (f"test-{number:03d}" for number in range(4)):
        made = scene(name, "test", 60)
        truth = [{who: box for who, *box in made.frame(number)[1]} for number in (0, 30, 59)]
        for before, after in itertools.pairwise(truth):
            come |= {(name, who) for who in after.keys() - before.keys()}
            gone |= {(name, who) for who in before.keys() - after.keys()}
            assert before.keys() & after.keys()
        cut += sum(x < 0 or x + w > 192 for each in truth for x, _, w, _ in each.values())
    assert come and gone and cut


def test_a_sequence_is_the_same_whenever_and_with_whomever_it_is_drawn():
    first, again, other = scene(), scene(), scene("train-001")
    other.frame(3)
    for number in (7, 0):
        (pixels, truth), (its, same) = first.frame(number), again.frame(number)
        assert np.array_equal(pixels, its) and truth == same
    assert not np.array_equal(first.frame(0)[0], other.frame(0)[0])


def test_more_sequences_leave_the_others_as_they_are():
    few, many = (list(plan({"train": count, "test": 2})) for count in (3, 5))
    assert set(few) < set(many) and len(few) == 5
    assert few[0] == ("test", "test-000")


def test_there_are_as_many_people_as_asked_for():
    counts = {len(scene(f"train-{n:03d}").people) for n in range(30)}
    assert counts == {4, 5, 6, 7, 8}
    assert len(scene(objects=(2, 2)).people) == 2


def test_people_of_test_scenes_are_dressed_in_other_pictures():
    assert set(CLOTHES) == {"train", "test"}
    assert not set(CLOTHES["train"]) & set(CLOTHES["test"])
    assert not set(SCENERY) & {*CLOTHES["train"], *CLOTHES["test"]}


def test_sequences_lie_as_mot15_has_them(tmp_path):
    made = scene(frames=3)
    write_sequence(tmp_path / "train-000", made, 25)
    folder = tmp_path / "train-000"
    assert [path.name for path in sorted((folder / "img1").iterdir())] == [
        "000001.jpg", "000002.jpg", "000003.jpg",
    ]  # fmt: skip
    rows = np.loadtxt(folder / "gt/gt.txt", delimiter=",", ndmin=2)
    assert rows.shape[1] == 10
    for number in range(3):
        pixels, truth = made.frame(number)
        np.testing.assert_allclose(rows[rows[:, 0] == number + 1, 1:6], truth, atol=0.006)
        stored = np.asarray(Image.open(folder / f"img1/{number + 1:06d}.jpg"), float)
        assert np.abs(stored - pixels).mean() < 6
    facts = configparser.ConfigParser()
    facts.read(folder / "seqinfo.ini")
    assert facts["Sequence"]["seqLength"] == "3" and facts["Sequence"]["frameRate"] == "25"
