"""Detectors: their networks, what they learn, and that an interrupted training ends the same."""

import numpy as np
import pytest
import torch
from PIL import Image
from torchvision.models import resnet50
from torchvision.ops import box_iou

from framefault.errors import UserError
from framefault.seeds import rng
from framefault.tasks.detection.costs import counted
from framefault.tasks.detection.networks import build, start_from
from framefault.tasks.detection.predict import detect
from framefault.tasks.detection.views import DetectionLoss, TrainingPictures, flipped
from framefault.training.checkpoint import Checkpoint
from framefault.training.loop import fit, make_optimizer, make_scheduler

SMALL = {"name": "small", "width": 8}
CPU = torch.device("cpu")
RECIPE = {
    "batch_size": 8, "epochs": 3, "optimizer": "adamw", "learning_rate": 2e-3, "weight_decay": 0,
    "schedule": "cosine", "warmup": 0, "flip": 0.5,
}  # fmt: skip


class Squares:
    """Pictures of a bright square on dark noise, red for class 0 and green for class 1."""

    def __init__(self, count=24, empty=()):
        self.count, self.empty = count, empty

    def __len__(self):
        return self.count

    def open(self, index):
        draw = rng("square", int(index))
        pixels = draw.integers(0, 60, (72, 96, 3), np.uint8)
        side, x, y = 36 + index % 9, int(draw.integers(0, 50)), int(draw.integers(0, 26))
        pixels[y : y + side, x : x + side, index % 2] = 230
        shown = 0 if index in self.empty else 1
        box = np.array([[x, y, x + side, y + side]], np.float32)[:shown]
        return pixels, box, np.array([index % 2])[:shown]


def trained(path, epochs, pictures=None, **recipe):
    torch.manual_seed(0)
    model, recipe = build(SMALL, 2), RECIPE | {"epochs": epochs} | recipe
    data = TrainingPictures(pictures or Squares(), recipe, ("detection", "test"))
    # The schedule is of the whole training, however far it comes.
    recipe |= {"schedule": "steps", "steps": [], "factor": 0.1}
    loss = DetectionLoss(model)
    return model, fit(model, data, recipe, CPU, Checkpoint(path, "key"), objective=loss)


def test_parameters_are_those_of_the_library():
    counts = {}
    for name in ("resnet50", "resnet101"):
        model = build({"name": name}, 30)
        counts[name] = sum(each.numel() for each in model.parameters())
        learned = {key.split(".")[2] for key, each in model.named_parameters() if each.requires_grad
                   and key.startswith("backbone.body")}  # fmt: skip
        assert learned == {"layer2", "layer3", "layer4"}
    # Batch normalisation is frozen; its 53,120 numbers would make 41,500,906 of ResNet-50.
    assert counts == {"resnet50": 41_447_786, "resnet101": 60_387_690}
    assert (
        sum(each.numel() for each in build({"name": "small", "width": 20}, 8).parameters())
        == 446_400
    )


def test_work_is_counted_for_the_size_that_the_network_sees():
    work, parameters = counted({"name": "resnet50"}, (1280, 720))
    assert parameters == 41_447_786
    assert work == pytest.approx(0.406, abs=0.001)
    assert counted({"name": "resnet50"}, (640, 360))[0] == work
    assert counted({"name": "resnet101"}, (1280, 720))[0] > 1.3 * work
    assert counted(SMALL, (96, 72), 8)[0] < 1e-4


def test_a_classifier_or_a_detector_of_other_classes_can_be_gone_on_from():
    torch.manual_seed(0)
    classifier, model = resnet50(), build({"name": "resnet50"}, 30)
    start_from(model, classifier.state_dict(), "r50.pth")
    body = model.backbone.body
    assert torch.equal(body.layer4[2].conv3.weight, classifier.layer4[2].conv3.weight)
    assert torch.equal(body.bn1.running_mean, classifier.bn1.running_mean)
    other = build({"name": "resnet50"}, 90)
    start_from(other, model.state_dict(), "detector.pth")
    assert torch.equal(other.rpn.head.cls_logits.weight, model.rpn.head.cls_logits.weight)
    assert other.roi_heads.box_predictor.cls_score.out_features == 91
    with pytest.raises(UserError, match="r50.pth does not fit the model"):
        start_from(build({"name": "resnet101"}, 30), classifier.state_dict(), "r50.pth")
    state = {name: each for name, each in classifier.state_dict().items() if "layer3" not in name}
    with pytest.raises(UserError, match="r50.pth does not fit the model.*layer3"):
        start_from(model, state, "r50.pth")


@pytest.mark.parametrize("scale", [1, 2])
def test_targets_are_in_pixels_of_the_picture_whatever_the_network_sees(scale):
    """A picture twice as large is seen at the same size, so it has the same losses."""
    torch.manual_seed(0)
    model, losses = build(SMALL, 2).train(), []
    pixels, box, _ = Squares().open(0)
    for size in (1, scale):
        large = np.asarray(Image.fromarray(pixels).resize((96 * size, 72 * size), 0))
        x = [torch.from_numpy(large.copy()).permute(2, 0, 1).float() / 255]
        targets = [{"boxes": torch.from_numpy(box * size), "labels": torch.tensor([1])}]
        torch.manual_seed(1)
        losses.append(model.losses(model(x), targets))
    assert set(losses[0]) == {
        "loss_objectness", "loss_rpn_box_reg", "loss_classifier", "loss_box_reg",
    }  # fmt: skip
    for name, loss in losses[0].items():
        assert loss.item() == pytest.approx(losses[1][name].item(), abs=1e-3)


def test_networks_of_table_11_learn_and_predict():
    torch.manual_seed(0)
    model = build({"name": "resnet50"}, 2).train()
    model.transform.min_size, model.transform.max_size = (96,), 160
    pixels, box, label = Squares().open(1)
    x = torch.from_numpy(pixels).permute(2, 0, 1).float() / 255
    target = {"boxes": torch.from_numpy(box), "labels": torch.from_numpy(label + 1)}
    loss, right = DetectionLoss(model)(model([x, x]), [target, target])
    loss.backward()
    assert torch.isfinite(loss) and len(right) == 0
    slopes = {name for name, each in model.named_parameters() if each.grad is not None}
    frozen = ("backbone.body.conv1", "backbone.body.layer1")
    assert {name for name, _ in model.named_parameters() if not name.startswith(frozen)} == slopes
    found = detect(model, [Image.fromarray(pixels)], CPU)
    assert (found[["x1", "y1"]] >= 0).all(axis=None) and found["label"].between(0, 1).all()


def test_flipped_boxes_hold_the_same_pixels():
    pixels, box, _ = Squares().open(3)
    mirrored, moved = flipped(pixels, box)
    (x1, y1, x2, y2), (u1, v1, u2, v2) = box[0].astype(int), moved[0].astype(int)
    assert (mirrored[v1:v2, u1:u2] == pixels[y1:y2, x1:x2][:, ::-1]).all()
    assert flipped(pixels, np.zeros((0, 4)))[1].shape == (0, 4)


def test_every_draw_is_of_the_picture_and_the_epoch():
    data = TrainingPictures(Squares(), RECIPE, ("detection", "test"))
    batches = data.batches(1)
    assert sorted(np.concatenate(batches).tolist()) == list(range(24))
    assert np.concatenate(data.batches(2)).tolist() != np.concatenate(batches).tolist()
    views, targets = data.collect(1, [5, 9])
    alone, its = data.collect(1, [9])
    assert (views[1] == alone[0]).all() and torch.equal(targets[1]["boxes"], its[0]["boxes"])
    assert targets[0]["labels"].tolist() == [2]
    ways = {data.collect(epoch, [5])[0][0].numpy().tobytes() for epoch in range(12)}
    assert len(ways) == 2
    few = TrainingPictures(Squares(), RECIPE | {"batches": 2}, ("detection", "test"))
    assert [len(batch) for batch in few.batches(0)] == [8, 8]


def test_squares_are_learned_and_found_also_where_a_picture_shows_none(tmp_path):
    pictures = Squares(48, empty=(0, 5))
    model, history = trained(tmp_path / "c.pt", 16, pictures)
    assert history[-1]["loss"] < history[0]["loss"] / 2
    assert all(np.isnan(row["accuracy"]) for row in history)  # it is not known
    shown = [Image.fromarray(pictures.open(index)[0]) for index in range(100, 110)]
    found = detect(model, shown, CPU)
    best = found.drop_duplicates("frame").set_index("frame")
    for frame, index in enumerate(range(100, 110)):
        _, box, label = pictures.open(index)
        seen = torch.tensor(best.loc[[frame], ["x1", "y1", "x2", "y2"]].to_numpy())
        assert box_iou(torch.from_numpy(box), seen).item() > 0.5
        assert best.loc[frame, "label"] == label[0]
    many = detect(model, [*shown, shown[0].resize((192, 144)), *shown], CPU, batch_size=4)
    assert many.loc[many["frame"] < 10].equals(detect(model, shown, CPU, batch_size=4))
    large, small = (many[many["frame"] == frame].iloc[0] for frame in (10, 0))
    assert large["x2"] == pytest.approx(2 * small["x2"], abs=6)
    assert len(detect(model, [], CPU)) == 0


@pytest.mark.parametrize("part", ["rpn.head.cls_logits", "roi_heads.box_predictor.cls_score"])
def test_answers_that_are_not_finite_are_refused(part):
    model = build(SMALL, 2)
    model.get_submodule(part).bias.data.fill_(torch.nan)
    with pytest.raises(UserError, match=r"computes is not finite; .* a lower learning_rate"):
        detect(model, [Image.fromarray(Squares().open(0)[0])], CPU)


def test_an_interrupted_training_ends_with_the_same_weights(tmp_path):
    whole, history = trained(tmp_path / "a.pt", 3)
    trained(tmp_path / "b.pt", 2)
    resumed, same = trained(tmp_path / "b.pt", 3)
    assert [row["loss"] for row in same] == [row["loss"] for row in history]
    for name, tensor in whole.state_dict().items():
        assert torch.equal(tensor, resumed.state_dict()[name]), name


TABLE_11 = {
    "batch_size": 8, "epochs": 40, "batches": 1000, "optimizer": "sgd", "learning_rate": 0.01,
    "momentum": 0.9, "weight_decay": 1e-4, "bias_rate": 2, "schedule": "steps",
    "steps": [0.5, 0.75], "factor": 0.1, "warmup": 0.0125, "flip": 0.5,
}  # fmt: skip


def test_recipe_of_table_11_is_maskrcnn_benchmarks():
    model = torch.nn.Sequential(torch.nn.Linear(2, 2))
    optimizer = make_optimizer(model, TABLE_11)
    weights, biases = optimizer.param_groups
    assert [(each["lr"], each["weight_decay"]) for each in (weights, biases)] == [
        (0.01, 1e-4), (0.02, 0),
    ]  # fmt: skip
    assert [len(each["params"]) for each in (weights, biases)] == [1, 1]
    scheduler = make_scheduler(optimizer, TABLE_11, TABLE_11["batches"])
    (factor, _) = scheduler.lr_lambdas
    rates = [0.01 * factor(step) for step in (0, 250, 500, 19_999, 20_000, 29_999, 30_000, 39_999)]
    assert rates == pytest.approx(
        [0.01 / 3, 0.01 * 2 / 3, 0.01, 0.01, 0.001, 0.001, 0.0001, 0.0001]
    )
