"""The stages of detection one after the other, on two small videos, and figure 4."""

import json

import numpy as np
import pytest

import decode_pictures
import excerpt_detections
import figure_detections
import import_detections
import manifest_detection
import predict_detection
import score_detection
import train_detection_plain
from framefault.errors import UserError
from framefault.plots.detections import box_table, draw_detections
from framefault.plots.style import drawn
from framefault.plots.tracks import FALSE, HIT, MISS
from framefault.tabular import read_csv
from framefault.tasks.detection.boxes import as_table
from framefault.tasks.detection.examples import fallen_pairs
from framefault.tasks.detection.predictions import DETECTION, read_predictions
from framefault.tasks.detection.truth import read_truth
from framefault.tasks.frames.sets import pm_sets, write_sets
from framefault.training.weights import load_weights
from framefault.workflow.job import Job, Named
from scored import by_measure
from videos import encode_frames

NETWORK = {"name": "small", "width": 4}
RECIPE = {
    "batch_size": 2, "epochs": 1, "optimizer": "adamw", "learning_rate": 1e-3, "weight_decay": 0,
    "schedule": "cosine", "warmup": 0, "flip": 0.5,
}  # fmt: skip
KEYS = {name: [f"val/{name}/{frame:06d}.JPEG" for frame in range(6)] for name in "ab"}
BOX = [20, 10, 60, 50]


def run(script, wildcards=None, settings=None, **files):
    """Run a stage; `files` are its inputs, and its outputs under `output`."""
    output = Named(files.pop("output"))
    names = {"dataset": "d", "model": "m", "training": "0", "seed": "0"}
    names |= {"corruption": "clean", "level": "0"} | (wildcards or {})
    job = Job(Named(files), output, Named(names), Named(settings or {}), Named({}), 1, "code")
    return script.main.__wrapped__(job)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Videos with boxes, pm-k sets (anchors are frames 2; of b one is rejected), ground truth."""
    root = tmp_path_factory.mktemp("made")
    pixels = np.zeros((6, 72, 96, 3), np.uint8) + np.arange(6, dtype=np.uint8)[:, None, None, None]
    boxes = {name: {"class": label, "boxes": [BOX] * 6} for label, name in enumerate("ab")}
    for folder, split in (("val", "test"), ("train", "train")):
        (root / folder).mkdir()
        for name in "ab":
            (root / folder / f"{name}.mp4").write_bytes(encode_frames(pixels, 25))
        (root / f"{split}_boxes.json").write_text(json.dumps(boxes))
    anchors = [
        (
            keys[2],
            [label],
            [
                (key, frame - 2, [label], ["blur"] if (name, frame) == ("b", 5) else [])
                for frame, key in enumerate(keys)
                if frame != 2
            ],
        )
        for label, (name, keys) in enumerate(KEYS.items())
    ]
    write_sets(root / "sets.json", pm_sets(["cat", "dog"], {0: [0], 1: [1]}, anchors))
    run(manifest_detection, settings={"annotations": None}, videos=root,
        manifest=root / "sets.json", output={"manifest": root / "boxes.parquet"})  # fmt: skip
    return root


def handed_in(root, answers):
    """Predictions of a user's detector: right but for {frame key: box or None}."""
    rows = [
        {"image_id": key, "category_id": ("cat", "dog")[label], "score": 0.9,
         "bbox": [box[0], box[1], box[2] - box[0], box[3] - box[1]]}
        for label, keys in enumerate(KEYS.values())
        for key in keys
        if (box := answers.get(key, BOX))
    ]  # fmt: skip
    (root / "mine.json").write_text(json.dumps(rows))
    run(import_detections, settings={"predictions": root / "mine.json"},
        manifest=root / "sets.json", boxes=root / "boxes.parquet",
        output={"predictions": root / "mine.parquet"})  # fmt: skip
    return root / "mine.parquet"


def scores_of(root, predictions):
    run(score_detection, settings={"rules": {"labels": "frame", "confidence": 0.95}},
        manifest=root / "sets.json", boxes=root / "boxes.parquet", predictions=predictions,
        output={"cell": root / "cell.json"})  # fmt: skip
    cell = json.loads((root / "cell.json").read_text())
    return by_measure(cell["scores"]), cell["answers"]


def frames_of(root):
    return json.loads((root / "sets.json").read_text())["frames"]


def test_a_detector_is_scored_on_anchors_and_on_their_worst_frames(made):
    gone = {KEYS["b"][4]: None, KEYS["b"][5]: None}  # review rejected the second
    scores, answers = scores_of(made, handed_in(made, gone))
    value = {
        name: scores[name]["value"] for name in ("map_0", "map_10", "map_drop", "pm_0", "pm_10")
    }
    assert value == {"map_0": 1, "map_10": 0.5, "map_drop": 0.5, "pm_0": 1, "pm_10": 0.5}
    assert scores["map_10", "localisation"]["value"] == pytest.approx(51 / 101)
    assert answers[frames_of(made).index(KEYS["b"][4])] == -1
    assert (scores["pm_10"]["count"], scores["pm_10"]["of"]) == (1, 2)


def test_a_detector_learns_from_decoded_videos_and_predicts_frames(made, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    cache = [tmp_path / "pictures.npy", tmp_path / "pictures.json"]
    run(decode_pictures, settings={"every": 2}, videos=made, manifest=made / "sets.json",
        output={"pictures": cache[0], "labels": cache[1]})  # fmt: skip
    facts = json.loads(cache[1].read_text())
    assert facts["boxes"] == [BOX] * 6 and facts["videos"] == ["a"] * 3 + ["b"] * 3
    weights = tmp_path / "weights.safetensors"
    made_of = {"network": NETWORK, "recipe": RECIPE, "start": None, "precision": "bfloat16"}
    files = {"weights": weights, "history": tmp_path / "history.csv"}
    run(train_detection_plain, settings=made_of, pictures=cache, output=files)
    assert load_weights(weights)[1] == ["cat", "dog"]
    history = read_csv(tmp_path / "history.csv")
    assert len(history) == 1 and history["accuracy"].isna().all()
    run(predict_detection, settings={"network": NETWORK, "folder": str(made)}, weights=weights,
        manifest=made / "sets.json", output={"predictions": tmp_path / "p.parquet"})  # fmt: skip
    found = read_predictions(tmp_path / "p.parquet", frames_of(made))
    assert found["label"].between(0, 1).all() and found["frame"].between(0, 11).all()
    assert 0 <= scores_of(made, tmp_path / "p.parquet")[0]["map_0"]["value"] <= 1
    sets = json.loads((made / "sets.json").read_text()) | {"classes": ["dog", "cat"]}
    (tmp_path / "other.json").write_text(json.dumps(sets))
    with pytest.raises(UserError, match="m has learned other classes than d has"):
        run(predict_detection, settings={"network": NETWORK, "folder": str(made)}, weights=weights,
            manifest=tmp_path / "other.json", output={})  # fmt: skip


# Figure 4 -------------------------------------------------------------------------------------


def figure(root, predictions, folder, least=0.5):
    output = {kind: folder / f"figure.{kind}" for kind in ("pdf", "png", "csv")}
    inputs = {"manifest": root / "sets.json", "boxes": root / "boxes.parquet"}
    inputs |= {"predictions": predictions}
    excerpt, chosen = folder / "excerpt.zip", {"pairs": 3, "least": least, "folder": str(root)}
    run(excerpt_detections, settings={"excerpt": chosen}, output={"excerpt": excerpt}, **inputs)
    settings = {"model": "m", "note": "A note.", "least": least}
    run(figure_detections, settings={"figure": settings}, output=output, excerpt=excerpt, **inputs)
    return output


def test_the_figure_shows_anchors_and_their_worst_frames(made, tmp_path):
    predictions = handed_in(made, {KEYS["a"][4]: None, KEYS["b"][1]: [0, 0, 30, 30]})
    files = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        output = figure(made, predictions, tmp_path / name)
        files.append([path.read_bytes() for path in output.values()])
    assert files[0] == files[1]
    table = read_csv(output["csv"])
    shown = table[["frame", "offset", "ap", "kind", "label"]].to_numpy().tolist()
    assert shown == [
        [KEYS["b"][2], 0, 1, "ground truth", "dog"], [KEYS["b"][2], 0, 1, HIT, "dog"],
        [KEYS["b"][1], -1, 0, MISS, "dog"], [KEYS["b"][1], -1, 0, FALSE, "dog"],
        [KEYS["a"][2], 0, 1, "ground truth", "cat"], [KEYS["a"][2], 0, 1, HIT, "cat"],
        [KEYS["a"][4], 2, 0, MISS, "cat"],
    ]  # fmt: skip


def test_a_box_of_another_class_is_false():
    truth = as_table([(0, *BOX, 0), (1, *BOX, 0)])
    found = as_table([(0, *BOX, 0, 0.9), (1, *BOX, 1, 0.8)], DETECTION)
    rows = np.array([(0, 0, 0, 1), (0, 1, 1, 1)])
    table = box_table(np.array([[0, 1]]), rows, np.array([1, 0]), truth, found)
    assert table["kind"].tolist() == ["ground truth", HIT, MISS, FALSE]
    assert table["label"].tolist() == [0, 0, 0, 1]
    assert table["score"].fillna(0).tolist() == pytest.approx([0, 0.9, 0, 0.8])


def test_the_greatest_falls_of_the_nearest_frames_come_first():
    rows = np.array(
        [(anchor, 2 * anchor + place, offset, 1)
         for anchor, far in enumerate([3, 1, 2, 1]) for place, offset in ((0, 0), (1, far))]
    )  # fmt: skip
    ap = np.array([1, 0, 1, 0, 1, 0.5, 0, 0])

    def anchors(shown=ap, reach=10, count=5):
        pairs = rows[fallen_pairs(ap, np.array(shown), rows, reach, count)]
        assert (pairs[:, 0, 2] == 0).all() and (pairs[:, 1, 2] > 0).all()
        return pairs[:, 0, 0].tolist()

    assert anchors() == [1, 0, 2]
    assert anchors(count=1) == [1]
    assert anchors(reach=2) == [1, 2]
    # What falls by boxes that are not shown is not shown.
    assert anchors([0, 0, 0, 0, 1, 0, 1, 1]) == [2]
    assert anchors([np.nan, 0, 0, 0, 0, 0, 0, 0]) == []


def test_a_figure_without_a_worse_frame_says_so(tmp_path):
    empty = box_table(np.zeros((0, 2), int), np.zeros((0, 4), int), None,
                      as_table([]), as_table([], DETECTION))  # fmt: skip
    output = {"pdf": tmp_path / "a.pdf", "png": tmp_path / "a.png"}
    with drawn(4, 1, "", output) as page:
        draw_detections(page, empty, {}, [])
        assert "No frame near an anchor" in page.texts[0].get_text()


def test_each_panel_shows_its_picture_and_every_box(tmp_path):
    truth, found = as_table([(0, *BOX, 0)]), as_table([(0, *BOX, 0, 0.9)], DETECTION)
    rows, ap = np.array([(0, 0, 0, 1), (0, 1, -2, 1)]), np.array([1, 0])
    table = box_table(np.array([[0, 1]]), rows, ap, truth, found)
    output = {"pdf": tmp_path / "a.pdf", "png": tmp_path / "a.png"}
    with drawn(6, 3, "", output) as page:
        pictures = {0: np.zeros((72, 96, 3), np.uint8), 1: np.ones((48, 64, 3), np.uint8)}
        draw_detections(page, table, pictures, ["cat"])
        panels = page.subfigs[0].axes
        assert [len(axes.patches) for axes in panels] == [2, 0]
        assert [text.get_text() for text in panels[0].texts] == ["cat 0.90"]
        titles = [axes.get_title() for axes in panels]
        assert titles[0].startswith("Anchor: cat, average precision 100 %")
        assert titles[1].startswith("2 frames earlier: nothing, average precision 0 %")


def test_ground_truth_of_all_frames_is_made_from_the_videos_boxes(made):
    truth, sizes = read_truth(made / "boxes.parquet", frames_of(made))
    assert truth["frame"].tolist() == list(range(12)) and (sizes == (96, 72)).all()
    assert truth["label"].tolist() == [0] * 6 + [1] * 6
