"""Embedded scenes, tables, figures and the comparison of paper B."""

import json

import av
import numpy as np
import pytest

from framefault.errors import UserError
from framefault.files import read_csv
from framefault.plots.style import save
from framefault.pmk import figures, review, scenes, tables
from framefault.pmk.comparison import compare
from framefault.pmk.results import Results
from framefault.pmk.scoring import pm_k, proportion
from framefault.pmk.sets import pm_sets, vid_sets, write_sets, ytbb_sets
from framefault.pmk.settings import completed
from framefault.pmk.streams import anchor_streams
from framefault.workflow.fingerprint import import_closure
from videos import encode_frames
from workflow_tools import ROOT

REPRESENTATIVES = {"ilsvrc": "plain", "robust": "linf", "finetuned": "tuned"}
RULES = {"labels": "frame", "merge": "max", "confidence": 0.95}


# Scenes ---------------------------------------------------------------------------------------


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
        files = review.metadata("d", {"layout": layout}, reviewed[layout])
        review.write_metadata(tmp_path / layout / "metadata", files)
    vid = vid_sets(tmp_path / "vid/metadata")
    ytbb = ytbb_sets(tmp_path / "ytbb/metadata", tmp_path / "ytbb/metadata/pmk_labels.json")
    for sets, layout in ((vid, "vid"), (ytbb, "ytbb")):
        accepted = [video for video in reviewed[layout] if video[2] is not None]
        kept = sum(not reasons for video in accepted for reasons in video[3].values())
        assert len(sets.anchors) == len(accepted)
        assert len(sets.reviewed()) - len(sets.anchors) == kept
        assert [sets.labels[anchor] for anchor in sets.anchors] == [[v[1]] for v in accepted]
    assert len(ytbb.rows) > len(ytbb.reviewed())
    assert ytbb.classes[8] == scenes.UNSEEN_NAME and 8 not in ytbb.subclasses


def test_review_rejects_what_moved_blurred_or_left(reviewed):
    reasons = [
        reason
        for layout in reviewed.values()
        for video in layout
        for each in video[3].values()
        for reason in each
    ]
    assert set(reasons) == {"background-change", "blur-increase", "occlusion-increased"}
    pairs = sum(len(video[3]) for layout in reviewed.values() for video in layout)
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


# Results --------------------------------------------------------------------------------------


@pytest.fixture
def results(tmp_path):
    """Three models on 40 anchors of two classes, with 12 neighbours each; one model is missing."""
    offsets = [k for k in range(-6, 7) if k]
    anchors = [
        (f"v{a}/20", [a % 2], [(f"v{a}/{20 + k}", k, [a % 2], k < 6) for k in offsets])
        for a in range(40)
    ]
    sets = pm_sets(["cat", "dog"], {0: [0, 1], 1: [2]}, anchors)
    write_sets(tmp_path / "sets.json", sets)
    draw = np.random.default_rng(0)
    truth = np.array([labels[0] for labels in sets.labels])
    paths = []
    for model, share in (("plain", 0.1), ("linf", 0.2), ("tuned", 0.05)):
        answers = np.where(draw.random(len(truth)) < share, 1 - truth, truth)
        counts, of = pm_k(answers, sets)
        cell = {
            "dataset": "d", "model": model, "anchors": of, "answers": answers.tolist(),
            "pm": [{"k": k} | proportion(int(count), of) for k, count in enumerate(counts)],
        }  # fmt: skip
        paths.append(tmp_path / f"{model}.json")
        paths[-1].write_text(json.dumps(cell))
    kinds = {"plain": "ilsvrc", "linf": "robust", "tuned": "finetuned", "gone": "augment"}
    facts = {
        "dataset": "d", "role": "vid", "best": "tuned",
        "representatives": REPRESENTATIVES, "narrow": [],
        "rules": RULES,
        "models": [{"model": m, "kind": kind, "from": "here"} for m, kind in kinds.items()],
    }  # fmt: skip
    return [Results(facts, tmp_path / "sets.json", paths)]


def test_all_models_best_first_and_what_cannot_be_had_last(results):
    rows = tables.table5(results)
    assert [row["model"] for row in rows] == ["tuned", "plain", "linf", "gone"]
    assert "original" not in rows[-1]
    for row in rows[:-1]:
        assert row["perturbed"] <= row["original"]
        assert row["original_ci_low"] < row["original"] < row["original_ci_high"]
    text = tables.as_text(rows, "Caption.", "github")
    assert "not available today" in text.splitlines()[-1]
    assert f"{rows[0]['original']:.1f} [{rows[0]['original_ci_low']:.1f}" in text
    assert "\\begin{table}" in tables.as_text(rows, "Caption.", "latex_booktabs")


def test_representatives_have_their_type(results):
    rows = tables.table2(results)
    assert [(row["type"], row["model"]) for row in rows] == list(REPRESENTATIVES.items())
    assert "+ l-inf robustness" in tables.as_text(rows, "", "github")


def test_without_review_more_pairs_count_and_no_accuracy_is_higher(results):
    unreviewed, reviewed = tables.table4(results)
    assert unreviewed["perturbed"] <= reviewed["perturbed"]
    assert unreviewed["original"] == reviewed["original"]
    assert tables.table1(results)[0]["pairs accepted"] == 40 * 11


def test_pairs_that_were_not_released_are_not_made_up(results):
    results[0].sets.rows = results[0].sets.reviewed()
    unreviewed, reviewed = tables.table4(results)
    assert "perturbed" not in unreviewed and "perturbed" in reviewed
    assert tables.table1(results)[0]["pairs reviewed"] is None
    _, rows = figures.figure5(results)
    assert {row["pairs"] for row in rows} == {"Reviewed pairs"}


def test_drops_are_those_of_printed_values():
    row = tables.accuracies(*(proportion(count, 1109) for count in (749, 582)))
    assert (row["original"], row["perturbed"], row["drop"]) == (67.5, 52.5, 15.0)
    for table in ("table5_vid", "table6_ytbb"):
        for printed in read_csv(ROOT / f"config/published/paperB_{table}.csv"):
            drop = round(float(printed["acc_orig"]) - float(printed["acc_pert"]), 1)
            assert drop == float(printed["delta"])


def test_latex_captions_hold_no_comment_sign(results):
    text = tables.as_text(tables.table2(results), "Accuracy (%) of all.", "latex_booktabs")
    assert "Accuracy (\\%) of all." in text
    assert "$\\Delta$" in text


def test_frame_types_are_removed_and_rates_selected(results):
    streams = [{"type": "IPPPB"[i % 5], "fps": ("29.97", "25.0")[i % 2]} for i in range(40)]
    rows = tables.table7(results, streams)
    assert [row["anchors"] for row in rows] == [40, 32, 16, 32]
    rows = tables.table8(results, streams)
    assert [(row["fps"], row["anchors"]) for row in rows] == [(25, 20), (29, 20)]


def test_a_frame_type_that_all_anchors_have_leaves_an_empty_row(results):
    rows = tables.table7(results, [{"type": "P", "fps": "25"}] * 40)
    assert rows[2]["anchors"] == 0 and rows[2]["original"] is None
    assert tables.as_text(rows, "", "github")


@pytest.mark.parametrize("name", ["3", "5", "6", "7", "8", "9", "11"])
def test_figures_show_numbers_and_repeat_to_the_byte(results, tmp_path, name):
    written = []
    for _ in range(2):
        figure, rows = getattr(figures, f"figure{name}")(results)
        save(figure, "A note.", tmp_path / "f.pdf", tmp_path / "f.png")
        written.append([(tmp_path / f"f.{kind}").read_bytes() for kind in ("pdf", "png")])
    assert written[0] == written[1]
    assert len(rows) >= 2 and all(rows[0].keys() == row.keys() for row in rows)


def test_the_toy_example_differs_in_pm_k_only(results):
    _, rows = figures.figure9([])
    value = {(row["example"], row["metric"], row["k"]): row["accuracy"] for row in rows}
    for k in range(1, 11):
        together, spread = (
            value[example, "accuracy at k", k]
            for example in ("Errors in one video", "Errors spread over videos")
        )
        assert together == spread == pytest.approx(90)
    assert value["Errors in one video", "pm-k", 10] == 80
    assert value["Errors spread over videos", "pm-k", 10] == 0


def test_distances_and_examples_are_of_the_frames_shown(results):
    frames = len(results[0].sets.frames)
    draw = np.random.default_rng(0)
    pictures = draw.integers(0, 50, (frames, 8, 8, 3), np.uint8)
    _, rows = figures.figure10(results, pictures)
    reached = {row["pairs"]: row["share"] for row in rows if row["distance"] == 49}
    assert set(reached.values()) == {1.0}
    _, rows = figures.figure1(results, pictures, draw.normal(size=(frames, 3)).astype(np.float32))
    assert len(rows) == 6
    assert rows[0]["frame"].split("/")[0] == rows[1]["frame"].split("/")[0]


# Comparison -----------------------------------------------------------------------------------

PRINTED = [
    {"model": "plain", "acc_orig": "67.5", "orig_lo": "64.7", "delta": "15.0", "check": "match"},
    {"model": "other", "acc_orig": "50.0", "orig_lo": "", "delta": "", "check": "odd"},
]
OURS = [
    {"dataset": "d", "model": "plain_d", "original": "67.1", "original_ci_low": "64.7",
     "original_ci_high": "70.0", "drop": "14.0"}
]  # fmt: skip


def test_every_printed_number_is_listed_beside_ours():
    rows = compare(OURS, PRINTED, generated=False)
    assert [(row["row"], row["value"], row["verdict"]) for row in rows] == [
        ("plain", "original", "within our interval"),
        ("plain", "original_ci_low", "equal"),
        ("plain", "drop", "differs"),
        ("other", "original", "not evaluated"),
    ]
    assert rows[0]["difference"] == -0.4
    assert rows[3]["doubt"] == "odd" and rows[0]["doubt"] == ""


def test_generated_videos_are_not_judged():
    verdicts = {row["verdict"] for row in compare(OURS, PRINTED, generated=True)}
    assert verdicts == {"not comparable: generated videos", "not evaluated"}


# Settings -------------------------------------------------------------------------------------


def settings(**changes):
    train = {"a": {"kind": "ilsvrc", "network": {}, "images": "stills", "recipe": "r"}}
    recipe = {"size": 32, "schedule": "cosine", "validate_on": None}
    dataset = {"type": "generated", "models": ["a"]}
    return {
        "roles": {"vid": "d", "ytbb": None}, "datasets": {"d": dataset}, "train": train,
        "recipes": {"r": recipe}, "registry": str(ROOT / "config/models.csv"),
    } | changes  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"roles": {"vid": "x", "ytbb": None}}, "time.roles.vid is 'x'"),
        ({"datasets": {"d": {"type": "generated", "models": ["b"]}}}, "names the model 'b'"),
        ({"recipes": {}}, "time.recipes lacks"),
        ({"registry": "nowhere.csv"}, "nowhere.csv, which does not exist"),
    ],
)
def test_names_that_refer_to_nothing_are_one_sentence(changes, message):
    completed(settings())
    with pytest.raises(UserError, match=message):
        completed(settings(**changes))


@pytest.mark.parametrize(
    ("model", "message"),
    [
        ({"start": "a"}, "leads back to 'a'"),
        ({"start": "nothing"}, "which is no model"),
        ({"images": "other"}, "no generated data set"),
        ({"targets": "other"}, "no data set"),
        ({"noise": {"x": 1}, "linf": {"x": 1}}, "both noise and linf"),
        ({"changes": {"speed": 1}}, "unknown key speed"),
        ({"changes": {"schedule": "plateau"}}, "plateau, which needs validate_on"),
    ],
)
def test_models_that_cannot_be_trained_are_one_sentence(model, message):
    train = settings()["train"]
    with pytest.raises(UserError, match=message):
        completed(settings(train={"a": train["a"] | model}))


def test_review_and_metric_train_nothing_again():
    for stage in ("time_stills", "time_train_plain", "time_train_noise", "time_train_linf"):
        closure = import_closure(stage)
        assert not closure & {"framefault.pmk.review", "framefault.pmk.scoring"}
