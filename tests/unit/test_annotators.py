"""Simulated annotators: they see the truth of the scenes, and err as often as is said."""

import pytest

from framefault.data import scenes
from framefault.tasks.frames.annotators import simulate
from framefault.tasks.frames.answers import read_answers, write_answers
from framefault.tasks.frames.candidates import draw_candidates, scene_videos
from framefault.tasks.frames.decision import decide, joint_pass
from framefault.tasks.frames.review import anchor_labels, pair_truth
from framefault.tasks.frames.sets import frame_number

NONE = {"similar": 0, "labels": 0, "joint": 0}
SOME = {"similar": 0.05, "labels": 0.05, "joint": 0.01}


class Review:
    """Candidates of some embedded videos and the scenes behind them."""

    def __init__(self, layout, count=60):
        plan = scenes.plan_videos("d", {"layout": layout, "videos": {"test": count}}, "test")
        self.scenes, boxes = {}, {}
        for name, source, outline, target in plan:
            scene = self.scenes[name] = scenes.video_scene(name, source, outline, "test", 28)
            boxes[name] = {"class": target, "boxes": scene.boxes().tolist()}
        videos = scene_videos(boxes, layout)
        self.candidates = draw_candidates("d", videos, scenes.class_names(layout))
        self.asked = layout == "ytbb"

    def answers(self, errors=SOME, seed=0, annotators=4, candidates=None):
        settings = {"annotators": annotators, "errors": errors, "anchors": self.asked, "seed": seed}
        chosen = candidates or self.candidates
        return simulate("d", chosen, self.scenes.__getitem__, settings)

    def truth(self, anchor, neighbour):
        video = next(a["video"] for a in self.candidates["anchors"] if a["frame"] == anchor)
        numbers = [frame_number(key) for key in (anchor, neighbour) if key]
        if len(numbers) == 1:
            return anchor_labels(self.scenes[video], *numbers)
        return pair_truth(self.scenes[video], *numbers)


@pytest.fixture(scope="module", params=["vid", "ytbb"])
def review(request):
    return Review(request.param)


def test_without_errors_all_say_the_truth_and_its_reasons(review):
    answers = review.answers(NONE)
    assert set(answers["annotator"]) == {f"simulated {n}" for n in (1, 2, 3, 4)}
    assert ("anchor" in set(answers["item"])) == review.asked
    for row in answers[answers["annotator"] == "simulated 2"].to_dict("records"):
        truth = review.truth(row["anchor"], row["neighbour"])
        if row["item"] == "anchor":
            assert (row["labels"], row["similar"]) == (truth, "")
            continue
        different = [reason for reason, amount in truth.amounts.items() if amount > 1]
        assert row["labels"] == truth.labels
        assert row["similar"] == ("no" if different else "yes")
        assert row["reasons"] == ";".join(different)
        assert row["one_only"] == ("yes" if truth.one_only else "")


def test_each_question_is_answered_wrong_as_often_as_is_said(review):
    answers = review.answers({"similar": 0.1, "labels": 0.2, "joint": 0.05}).merge(
        review.answers(NONE, annotators=1)[["anchor", "neighbour", "labels", "similar", "round"]]
        .query("round == 1").drop(columns="round"),
        on=["anchor", "neighbour"], suffixes=("", "_true"),
    )  # fmt: skip
    pairs = answers[answers["item"] == "pair"]
    for round_, similar, labels in ((1, 0.1, 0.2), (2, 0.05, 0.05)):
        rows = pairs[pairs["round"] == round_]
        assert len(rows) > 1000
        for name, rate in (("similar", similar), ("labels", labels)):
            wrong = (rows[name] != rows[f"{name}_true"]).mean()
            assert abs(wrong - rate) < 4 * (rate * (1 - rate) / len(rows)) ** 0.5
    mistaken = pairs[(pairs["similar"] == "no") & (pairs["similar_true"] == "yes")]
    assert len(mistaken) and mistaken["reasons"].ne("").all()


def test_the_joint_pass_is_over_the_doubtful_pairs_and_all_take_part(review):
    answers = review.answers()
    joint = answers[answers["round"] == 2]
    asked = set(zip(joint["anchor"], joint["neighbour"], strict=True))
    assert asked == set(joint_pass(answers)) and len(joint) == 4 * len(asked)
    assert 0 < len(asked) < sum(len(a["neighbours"]) for a in review.candidates["anchors"])


def test_their_decision_is_nearly_always_the_truth(review):
    anchors = decide(review.candidates, review.answers())
    truths = {a.key: review.truth(a.key, "") for a in anchors}
    assert sum((truths[a.key] == "right") != (not a.reasons) for a in anchors) <= 1
    wrong, pairs = 0, 0
    for anchor in anchors:
        for key, _, _, why in anchor.neighbours:
            truth = review.truth(anchor.key, key)
            same = truth.labels == "right" and max(truth.amounts.values()) <= 1
            wrong, pairs = wrong + (same != (not why)), pairs + 1
    assert pairs > 500 and wrong < 0.02 * pairs


def test_same_answers_whatever_else_is_asked_and_others_by_seed(review, tmp_path):
    answers = review.answers()
    few = dict(review.candidates, anchors=review.candidates["anchors"][5:9])
    names = {anchor["frame"] for anchor in few["anchors"]}
    part = review.answers(candidates=few)
    same = answers[answers["anchor"].isin(names)].reset_index(drop=True)
    columns = ["annotator", "round", "anchor", "neighbour"]
    assert part.sort_values(columns, ignore_index=True).equals(
        same.sort_values(columns, ignore_index=True)
    )
    assert not answers.equals(review.answers(seed=1))
    write_answers(tmp_path / "answers.csv", answers)
    assert read_answers(tmp_path / "answers.csv").to_dict() == answers.to_dict()
