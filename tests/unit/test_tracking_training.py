"""Training of FairMOT's network: what it is asked for, what it is shown, and that it repeats."""

import math

import numpy as np
import pandas as pd
import pytest
import torch
import torch.nn.functional as F

from clips import as_pictures
from framefault.data.mot import write_tracks
from framefault.errors import UserError
from framefault.seeds import rng
from framefault.tabular import read_csv
from framefault.tasks.tracking.fairmot import FairMOT
from framefault.tasks.tracking.heatmaps import STRIDE, decode
from framefault.tasks.tracking.losses import TrackingLoss, focal, heat_maps, reach
from framefault.tasks.tracking.networks import build
from framefault.tasks.tracking.train import train
from framefault.tasks.tracking.views import TrainingFrames
from framefault.training.checkpoint import Checkpoint
from framefault.training.loop import fit
from framefault.training.weights import load_weights, save_weights, state_digest
from framefault.video.cache import DecodedClips, write_shard
from framefault.workflow.job import Job, Named

CPU = torch.device("cpu")
NETWORK = {"backbone": "small", "width": 8, "identity": 8}
RECIPE = {
    "optimizer": "adamw", "epochs": 3, "batch_size": 4, "learning_rate": 2e-3,
    "weight_decay": 1e-4, "schedule": "cosine", "warmup": 0.1, "size_weight": 0.5,
    "uncertainty": [-1.85, 0], "scales": [0.9, 1.1], "shift": 0.1, "flip": 0.5, "colour": 0.3,
}  # fmt: skip
STILL = RECIPE | {"scales": [1, 1], "shift": 0, "flip": 0, "colour": 0}


def walking(folder, sequences=2, frames=8, size=(64, 48), gaps=()):
    """Clips of two bright squares that walk over noise, and their tracks."""
    draw, pairs, rows = np.random.default_rng(0), [], []
    colours = [(250, 60, 60), (60, 60, 250)]
    for number in range(sequences):
        pixels = draw.integers(80, 120, (frames, size[1], size[0], 3), np.uint8)
        for frame in range(frames):
            for who, colour in enumerate(colours):
                x, y = 6 + 2 * frame + 20 * who, 8 + 14 * who
                pixels[frame, y : y + 16, x : x + 8] = colour
                rows.append((f"s{number}", frame + 1, who + 5, x, y, 8, 16))
        numbers = [frame for frame in range(frames) if frame not in gaps]
        account = {
            "clip": f"s{number}", "label": f"s{number}", "status": "ok", "opened": True,
            "frames": len(numbers), "errors": 0, "full_length": True, "unchanged": False,
            "distance": 0.0, "distance_dropped": 0.0, "numbers": numbers, "times": [],
        }  # fmt: skip
        pairs.append((as_pictures(pixels[numbers]), account))
    paths = folder / "clips.frames", folder / "clips.parquet"
    write_shard(*paths, pairs)
    tracks = pd.DataFrame(rows, columns=["sequence", "frame", "id", "x", "y", "w", "h"])
    return DecodedClips(paths, gaps="drop"), tracks.astype(dict.fromkeys("xywh", float))


def frames_of(folder, recipe=RECIPE, size=None, seed=0, **scene):
    return TrainingFrames(*walking(folder, **scene), recipe, size, "d", seed)


# The loss ---------------------------------------------------------------------------------
def objects(*rows, most=4):
    padded = torch.full((1, most, 5), -1.0)
    padded[0, : len(rows)] = torch.tensor(rows, dtype=torch.float).view(-1, 5)
    return padded


def perfect_maps(wanted, shape=(1, 1, 12, 16), sizes=4):
    """Maps that say exactly what is wanted, or as nearly as logits can."""
    maps = {
        "hm": torch.full(shape, -20.0), "id": torch.zeros(1, 6, *shape[2:]),
        "wh": torch.zeros(1, sizes, *shape[2:]), "reg": torch.zeros(1, 2, *shape[2:]),
    }  # fmt: skip
    for who, x1, y1, x2, y2 in wanted[0].tolist():
        if who < 0:
            continue
        x, y = (x1 + x2) / 2 / STRIDE, (y1 + y2) / 2 / STRIDE
        column, row = int(x), int(y)
        maps["hm"][0, 0, row, column] = 20
        maps["reg"][0, :, row, column] = torch.tensor([x - column, y - row])
        ways = [x - x1 / STRIDE, y - y1 / STRIDE, x2 / STRIDE - x, y2 / STRIDE - y]
        ways = ways if sizes == 4 else [(x2 - x1) / STRIDE, (y2 - y1) / STRIDE]
        maps["wh"][0, :, row, column] = torch.tensor(ways)
        maps["id"][0, int(who), row, column] = 1
    return maps


TWO = objects((0, 10, 6, 21, 30), (3, 40, 10, 50, 44))


@pytest.mark.parametrize("sizes", [2, 4])
def test_what_is_learned_is_what_is_decoded(sizes):
    ((boxes, _, _),) = decode(perfect_maps(TWO, sizes=sizes), most=2)
    assert torch.allclose(boxes.sort(0).values, TWO[0, :2, 1:], atol=1e-4)


@pytest.mark.parametrize("sizes", [2, 4])
def test_the_loss_is_least_for_the_truth(sizes):
    """All parts vanish but the identities', whose classifier is untrained, and the constants."""
    torch.manual_seed(0)
    loss, maps = TrackingLoss(6, 5), perfect_maps(TWO, sizes=sizes)
    found, right = loss(maps, TWO)
    identity = F.cross_entropy(
        loss.classifier(loss.scale * torch.eye(6)[[0, 3]]), torch.tensor([0, 3])
    )
    assert float(found.detach()) == pytest.approx(
        (math.exp(1.05) * float(identity.detach()) - 1.85 - 1.05) / 2, abs=0.01
    )
    assert right.shape == (2,)
    for head, cell in (("hm", 5), ("wh", (4, 3)), ("reg", (4, 3))):
        worse = {name: each.clone() for name, each in maps.items()}
        if head == "hm":
            worse["hm"][0, 0, cell] += 22
        else:
            worse[head][0, :, cell[0], cell[1]] += 1
        assert loss(worse, TWO)[0] > found + 0.1


def test_parts_have_the_weights_of_fairmot():
    loss, maps = TrackingLoss(6, 5), perfect_maps(TWO)
    base = float(loss(maps, TWO)[0].detach())
    for head, weight in (("wh", 0.1), ("reg", 1)):
        worse = maps | {head: maps[head] + 2}
        rise = float(loss(worse, TWO)[0].detach()) - base
        assert rise == pytest.approx(math.exp(1.85) * weight * 2 / 2, rel=1e-4)
    assert loss.scale == pytest.approx(math.sqrt(2) * math.log(6))
    with torch.no_grad():
        loss.detection += 1
    assert float(loss(maps, TWO)[0].detach()) == pytest.approx(base + 0.5, abs=0.01)


def centernets_radius(width, height):
    """`gaussian_radius` in general: the least root of three cases."""
    radii, overlap, around, area = [], 0.7, width + height, width * height
    for a, b, c in (
        (1, around, area * (1 - overlap) / (1 + overlap)),
        (4, 2 * around, (1 - overlap) * area),
        (4 * overlap, -2 * overlap * around, (overlap - 1) * area),
    ):
        radii.append((b + math.sqrt(b**2 - 4 * a * c)) / 2)
    return int(min(radii))


def test_radii_of_targets_are_centernets():
    sides = torch.arange(1.0, 80)
    width, height = (each.flatten() for each in torch.meshgrid(sides, sides, indexing="ij"))
    expected = list(map(centernets_radius, width.tolist(), height.tolist()))
    assert reach(width, height).tolist() == expected


def test_targets_are_centernets_gaussians():
    boxes = torch.tensor([[10.0, 4.0, 16.0, 15.0], [12.0, 8.0, 17.0, 17.0]])
    cells = ((boxes[:, :2] + boxes[:, 2:]) / 2).floor()
    heat = heat_maps(torch.tensor([1, 1]), cells, boxes, (2, 1, 24, 32))
    assert heat.shape == (2, 1, 24, 32)
    assert heat[0].max() == 0
    assert (heat[1, 0] == 1).nonzero().tolist() == [[9, 13], [12, 14]]
    radius = centernets_radius(6, 11)
    for away in range(1, radius + 1):
        bell = math.exp(-(away**2) / (2 * ((2 * radius + 1) / 6) ** 2))
        assert float(heat[1, 0, 9, 13 - away]) == pytest.approx(bell, rel=1e-5)
    assert float(heat[1, 0, 9, 12 - radius]) == 0


def test_focal_loss_of_a_small_case():
    """One centre told with 0.8, one cell of 0.5 near it told with 0.6, one far told with 0.3."""
    heat = torch.tensor([1, 0.5, 0]).view(1, 1, 1, 3)
    logits = torch.tensor([0.8, 0.6, 0.3]).logit().view(1, 1, 1, 3)
    expected = -(0.2**2) * math.log(0.8) - 0.5**4 * 0.6**2 * math.log(0.4) - 0.3**2 * math.log(0.7)
    assert float(focal(logits, heat)) == pytest.approx(expected, rel=1e-5)


def test_an_identity_is_right_where_its_own_class_is_likeliest():
    """The classifier takes each feature for the identity of its number: 0 and 3 are told."""
    loss = TrackingLoss(6, 5)
    with torch.no_grad():
        loss.classifier.weight.copy_(torch.eye(5, 6))
        loss.classifier.bias.zero_()
    assert loss(perfect_maps(TWO), TWO)[1].tolist() == [True, True]
    other = TWO.clone()
    other[0, 0, 0] = 4
    assert loss(perfect_maps(TWO), other)[1].tolist() == [False, True]


def test_a_picture_without_objects_has_a_loss():
    loss, maps = TrackingLoss(6, 5), perfect_maps(TWO)
    found, right = loss(maps, objects())
    assert torch.isfinite(found)
    assert len(right) == 0


def test_one_identity_is_no_error():
    loss = TrackingLoss(6, 1)
    found, right = loss(perfect_maps(TWO), objects((0, 10, 6, 21, 30)))
    assert torch.isfinite(found)
    assert right.tolist() == [True]


@pytest.mark.parametrize(
    ("corners", "row", "column", "ways"),
    [
        ([-20, 8, 12, 40], 6, 0, [5, 4, 3, 4.0]),
        ([52, 8, 92, 40], 6, 15, [2, 4, 8, 4.0]),
        ([8, 36, 40, 76], 11, 6, [4, 2, 4, 8.0]),
    ],
)
def test_objects_whose_centre_is_outside_are_learned_at_the_edge(corners, row, column, ways):
    partly = objects((0, *corners))
    loss, maps = TrackingLoss(6, 5), perfect_maps(objects())
    maps["hm"][0, 0, row, column] = 20
    maps["wh"][0, :, row, column] = torch.tensor(ways)
    maps["reg"][0, :, row, column] = 0
    (box,) = decode(maps, 1)[0][0]
    assert box.tolist() == corners
    better, _ = loss(maps, partly)
    maps["wh"][0, 0, row, column] = 1
    assert loss(maps, partly)[0] > better


# Views ------------------------------------------------------------------------------------
def test_views_without_changes_are_the_frames_and_their_objects(tmp_path):
    frames = frames_of(tmp_path, STILL)
    pixels, objects = frames.collect(0, [3, 11])
    assert (frames.identities, pixels.shape) == (4, (2, 64, 64, 3))
    for row, (sequence, frame) in enumerate([(0, 3), (1, 3)]):
        assert np.array_equal(pixels[row, 8:56], frames.clips[sequence][frame])
        assert objects[row].tolist() == [
            [2 * sequence, 12, 16, 20, 32], [2 * sequence + 1, 32, 30, 40, 46]
        ]  # fmt: skip


def test_objects_follow_the_frames_numbers(tmp_path):
    """The second frame that was decoded is the third of the sequence."""
    frames = frames_of(tmp_path, STILL, gaps=(1,))
    assert frames.collect(0, [1])[1][0, 0].tolist() == [0, 10, 16, 18, 32]


def test_boxes_move_with_the_pixels(tmp_path):
    """Scaled, moved and flipped: the squares stay in their boxes."""
    frames = frames_of(tmp_path, RECIPE | {"scales": [0.7, 1.5], "shift": 0.2, "colour": 0})
    flipped = set()
    for epoch in range(6):
        pixels, objects = frames.collect(epoch, range(16))
        for picture, rows in zip(pixels.numpy().astype(int), objects.numpy(), strict=True):
            places = {}
            for who, x1, y1, x2, y2 in rows:
                if who < 0:
                    continue
                red = who % 2 == 0
                strong = picture[..., 0 if red else 2] - picture[..., 2 if red else 0] > 90
                rows_, columns = strong.nonzero()
                seen = columns.min(), rows_.min(), columns.max() + 1, rows_.max() + 1
                assert np.allclose(seen, np.clip([x1, y1, x2, y2], 0, 64), atol=1.3)
                places[red] = x1
            if len(places) == 2:
                flipped.add(places[True] > places[False])
    assert flipped == {True, False}


def test_views_are_keyed_by_frame_epoch_and_seed(tmp_path):
    first, again, other = (frames_of(tmp_path, seed=seed) for seed in (0, 0, 1))

    def view(frames, epoch=0):
        return frames.collect(epoch, [5])[0].numpy().tobytes()

    assert view(first) == view(again) == first.collect(0, [2, 5])[0][1].numpy().tobytes()
    assert len({view(first), view(first, 1), view(other)}) == 3


def test_frames_are_scaled_to_the_input(tmp_path):
    pixels, objects = frames_of(tmp_path, STILL, size=(128, 96)).collect(0, [0])
    assert pixels.shape == (1, 96, 128, 3)
    assert objects[0, 0].tolist() == [0, 12, 16, 28, 48]


def test_every_epoch_has_each_frame_once(tmp_path):
    frames = frames_of(tmp_path, frames=9)
    orders = [np.concatenate(frames.batches(epoch)).tolist() for epoch in (0, 1)]
    assert orders[0] != orders[1]
    assert sorted(orders[0]) == sorted(orders[1]) == list(range(18))


def test_tracks_of_other_sequences_and_frames_without_objects_are_no_matter(tmp_path):
    clips, tracks = walking(tmp_path)
    more = tracks.assign(sequence="test")
    tracks = pd.concat([tracks[tracks["frame"] != 4], more], ignore_index=True)
    frames = TrainingFrames(clips, tracks, STILL, None, "d", 0)
    assert frames.identities == 4
    assert (frames.collect(0, [3])[1] == -1).all()


def test_training_without_any_object_is_refused(tmp_path):
    clips, tracks = walking(tmp_path)
    with pytest.raises(UserError, match="training sequences of d show no object"):
        TrainingFrames(clips, tracks[:0], RECIPE, None, "d", 0)


def test_sequences_of_several_sizes_need_an_input(tmp_path):
    small, tracks = walking(tmp_path)
    (tmp_path / "large").mkdir()
    large, _ = walking(tmp_path / "large", size=(128, 96))
    small.accounts[1] = large.accounts[1]
    with pytest.raises(UserError, match="several sizes .* `input`"):
        TrainingFrames(small, tracks, RECIPE, None, "d", 0)
    frames = TrainingFrames(small, tracks, RECIPE, (128, 96), "d", 0)
    assert {box.input for box in frames.boxes} == {(128, 96)}


# Training ---------------------------------------------------------------------------------
def trained(folder, epochs=3, workers=1):
    """(weights' digest, history, network) after some epochs, gone on from a checkpoint if any."""
    frames = frames_of(folder)
    torch.manual_seed(0)
    model, loss = build(NETWORK), TrackingLoss(8, frames.identities, RECIPE["size_weight"])
    checkpoint = Checkpoint(folder / "c.pt", "key")
    save = checkpoint.save

    def save_until(trained, optimizer, scheduler, history):
        save(trained, optimizer, scheduler, history)
        if len(history) == epochs:
            raise KeyboardInterrupt

    if epochs < RECIPE["epochs"]:
        checkpoint.save = save_until
    history = fit(model, frames, RECIPE, CPU, checkpoint, workers=workers, objective=loss)
    return state_digest(model.state_dict()), state_digest(loss.state_dict()), history


def test_interrupted_training_ends_with_the_same_weights(tmp_path):
    whole = trained(tmp_path)
    (tmp_path / "c.pt").unlink()
    with pytest.raises(KeyboardInterrupt):
        trained(tmp_path, epochs=1)
    assert trained(tmp_path) == whole


def test_training_repeats_whatever_the_loader_threads(tmp_path):
    found = []
    for workers in (1, 3):
        found.append(trained(tmp_path, workers=workers))
        (tmp_path / "c.pt").unlink()
    assert found[0] == found[1]


def test_uncertainties_and_the_classifier_are_trained_but_not_saved(tmp_path):
    frames = frames_of(tmp_path)
    torch.manual_seed(0)
    model, loss = build(NETWORK), TrackingLoss(8, frames.identities)
    before = {name: each.clone() for name, each in loss.state_dict().items()}
    fit(
        model,
        frames,
        RECIPE | {"epochs": 1},
        CPU,
        Checkpoint(tmp_path / "c.pt", "k"),
        objective=loss,
    )
    assert all(not torch.equal(before[name], each) for name, each in loss.state_dict().items())
    save_weights(model, tmp_path / "w.safetensors", None)
    assert load_weights(tmp_path / "w.safetensors")[0].keys() == build(NETWORK).state_dict().keys()


def test_training_learns_to_find_and_to_tell_apart(tmp_path):
    frames = frames_of(tmp_path, sequences=1)
    torch.manual_seed(0)
    model, recipe = build(NETWORK), RECIPE | {"epochs": 30, "learning_rate": 5e-3}
    loss = TrackingLoss(8, frames.identities, recipe["size_weight"])
    history = fit(model, frames, recipe, CPU, Checkpoint(tmp_path / "c.pt", "k"), objective=loss)
    assert history[-1]["loss"] < history[0]["loss"] - 2
    save_weights(model, tmp_path / "w.safetensors", None)
    detector = FairMOT(
        tmp_path / "w.safetensors", {"network": NETWORK, "input": None, "most": 2}, CPU
    )
    found = list(detector.detect(frames.clips[0]))
    assert np.median([each.scores.min() for each in found]) > 0.4
    for frame, each in enumerate(found):
        order = np.argsort(each.boxes[:, 0])
        expected = [
            [6 + 2 * frame, 8, 14 + 2 * frame, 24],
            [26 + 2 * frame, 22, 34 + 2 * frame, 38],
        ]
        assert np.allclose(each.boxes[order], expected, atol=4)
    features = np.stack([each.features[np.argsort(each.boxes[:, 0])] for each in found])
    assert (features[0] @ features[-1].T).argmax(1).tolist() == [0, 1]


def train_stage(folder, clips, start=()):
    """Weights of the stage in a folder, from scratch or on from a file."""
    inputs = {"clean": [clips / "clips.frames"], "tracks": clips / "tracks.csv", "start": start}
    names = {"weights": "w.safetensors", "history": "h.csv"}
    outputs = {name: folder / file for name, file in names.items()}
    wildcards = {"dataset": "d", "model": "fairmot_small", "training": "0"}
    settings = {"recipe": RECIPE | {"epochs": 1}, "network": NETWORK, "input": None}
    settings["precision"] = "bfloat16"
    job = Job(*map(Named, (inputs, outputs, wildcards, settings, {})), threads=1, code="c0de")
    assert train(job)["device"].startswith("CPU")
    assert len(read_csv(outputs["history"])) == 1
    return load_weights(outputs["weights"])[0]


def test_the_stage_trains_from_scratch_and_from_weights(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_tracks(tmp_path / "tracks.csv", walking(tmp_path)[1])
    first, again = (train_stage(tmp_path, tmp_path) for _ in range(2))
    assert state_digest(first) == state_digest(again)
    more = tmp_path / "more"
    more.mkdir()
    second = train_stage(more, tmp_path, tmp_path / "w.safetensors")
    torch.manual_seed(int(rng("init", "d", 0).integers(2**62)))
    fresh = build(NETWORK).state_dict()
    name = "stem.0.weight"
    from_first, from_fresh = ((second[name] - each[name]).abs().mean() for each in (first, fresh))
    assert 0 < from_first < from_fresh
