"""Training: repeatable to the bit, resumable, with adversarial clips and with corrupted ones."""

import math
import threading

import numpy as np
import pytest
import torch
from scipy.stats import kstest, uniform

from clips import RECIPE, decoded_clips
from framefault.errors import UserError
from framefault.seeds import rng
from framefault.tabular import read_csv
from framefault.tasks.recognition.adversarial import adversary, fgsm_random_start
from framefault.tasks.recognition.bat import conditions, corrupting
from framefault.tasks.recognition.batches import stack_by_side, to_batch
from framefault.tasks.recognition.networks.r3d import R3D
from framefault.tasks.recognition.views import TrainingClips, groups, validation
from framefault.training.checkpoint import Checkpoint
from framefault.training.loop import Training, fit, make_optimizer, make_scheduler
from framefault.training.weights import load_weights, state_digest

CPU = torch.device("cpu")
SIZE, LENGTH = 16, 8


def small_model(classes=2):
    torch.manual_seed(0)
    return R3D(10, classes, width=0.0625)


def training_clips(clips, pick=None, recipe=RECIPE, seed=0):
    pick = pick or (lambda index, draw: clips[index])
    indices = list(range(len(clips)))
    return TrainingClips(clips, indices, pick, "d", seed, recipe, LENGTH, SIZE)


def trained(
    tmp_path, recipe=RECIPE, stop_after=None, perturb=None, workers=1, precision="float32"
):  # fmt: skip
    """Digest of the final weights, training interrupted after an epoch if asked."""
    clips = decoded_clips(tmp_path)
    checkpoint = Checkpoint(tmp_path / "checkpoint.pt", "key")
    if stop_after:
        save = checkpoint.save

        def save_and_stop(model, optimizer, scheduler, history):
            save(model, optimizer, scheduler, history)
            if len(history) == stop_after:
                raise KeyboardInterrupt

        checkpoint.save = save_and_stop
    model = small_model()
    validate = None
    if recipe["validate_on"]:
        labels = [index % 2 for index in range(len(clips))]
        validate = validation(clips, range(len(clips)), labels, LENGTH, SIZE, CPU)
    data = training_clips(clips, recipe=recipe)
    history = fit(
        model, data, recipe, CPU, checkpoint, perturb, validate, workers, precision=precision
    )
    return state_digest(model.state_dict()), history


@pytest.mark.parametrize(
    "recipe", [RECIPE, RECIPE | {"schedule": "plateau", "validate_on": "test", "patience": 0}]
)
def test_interrupted_training_ends_with_the_same_weights(tmp_path, recipe):
    whole, history = trained(tmp_path, recipe)
    (tmp_path / "checkpoint.pt").unlink()
    with pytest.raises(KeyboardInterrupt):
        trained(tmp_path, recipe, stop_after=2)
    resumed, resumed_history = trained(tmp_path, recipe)
    assert resumed == whole
    assert resumed_history == history
    assert [row["epoch"] for row in history] == [1, 2, 3]


def test_training_repeats_to_the_bit_whatever_the_loader_threads(tmp_path):
    digests = set()
    for workers in (1, 1, 3):
        digests.add(trained(tmp_path, workers=workers)[0])
        (tmp_path / "checkpoint.pt").unlink()
    assert len(digests) == 1


def test_the_next_epochs_batches_are_made_while_this_one_is_validated(tmp_path):
    data, made = training_clips(decoded_clips(tmp_path)), threading.Event()
    collect = data.collect

    def collected(epoch, batch):
        if epoch == 1:
            made.set()
        return collect(epoch, batch)

    def validate(model):
        return {"made": made.wait(30)}

    data.collect = collected
    checkpoint = Checkpoint(tmp_path / "c.pt", "k")
    history = fit(small_model(), data, RECIPE, CPU, checkpoint, validate=validate)
    assert [row["made"] for row in history] == [True] * 3


def test_training_in_bfloat16_repeats_to_the_bit_and_goes_on(tmp_path):
    """Adversarial and validated: all that computes in a training does so in bfloat16."""
    recipe, seen = RECIPE | {"schedule": "plateau", "validate_on": "test"}, set()
    attack = adversary(4, 1.25, "d", 0)

    def perturb(model, x, *more):
        hook = model.conv1.register_forward_hook(lambda *found: seen.add(found[2].dtype))
        try:
            return attack(model, x, *more)
        finally:
            hook.remove()

    def run(precision="bfloat16", stop_after=None):
        return trained(tmp_path, recipe, stop_after, perturb, precision=precision)

    runs = []
    for _ in range(2):
        runs.append(run())
        (tmp_path / "checkpoint.pt").unlink()
    assert seen == {torch.bfloat16}
    with pytest.raises(KeyboardInterrupt):
        run(stop_after=2)
    assert run() == runs[0] == runs[1]
    (tmp_path / "checkpoint.pt").unlink()
    assert run("float32")[0] != runs[0][0]
    assert seen == {torch.bfloat16, torch.float32}


def test_checkpoint_of_another_training_or_a_torn_one_is_ignored(tmp_path):
    model = small_model()
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 1)
    path = tmp_path / "c.pt"
    saved = Checkpoint(path, "one")
    saved.save(model, optimizer, scheduler, [{"epoch": 1}])
    saved.finish()
    assert Checkpoint(path, "one").restore(model, optimizer, scheduler) == [{"epoch": 1}]
    assert Checkpoint(path, "two").restore(model, optimizer, scheduler) == []
    path.write_bytes(path.read_bytes()[:1000])
    assert Checkpoint(path, "one").restore(model, optimizer, scheduler) == []


def test_a_checkpoint_holds_the_state_when_it_was_saved_whatever_follows(tmp_path):
    model = small_model()
    optimizer = torch.optim.SGD(model.parameters(), 0.1, momentum=0.9)
    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 1)
    checkpoint, before = Checkpoint(tmp_path / "c.pt", "key"), state_digest(model.state_dict())
    history = [{"epoch": 1}]
    checkpoint.save(model, optimizer, scheduler, history)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter += 1
    history.append({"epoch": 2})
    checkpoint.finish()
    assert Checkpoint(tmp_path / "c.pt", "key").restore(model, optimizer, scheduler) == history[:1]
    assert state_digest(model.state_dict()) == before


def test_a_checkpoint_that_cannot_be_written_ends_the_training(tmp_path):
    (tmp_path / "file").write_text("")
    recipe = RECIPE | {"epochs": 1}
    data = training_clips(decoded_clips(tmp_path), recipe=recipe)
    with pytest.raises((UserError, OSError)):
        fit(small_model(), data, recipe, CPU, Checkpoint(tmp_path / "file/c.pt", "key"))


IDENTITY = ["c0de", {"recipe": RECIPE, "network": {"width": 0.0625}}]


def run(folder, clips, identity=IDENTITY, facts=("d", 0), recipe=RECIPE, model=None, stop_in=None):
    """A whole training, interrupted in an epoch if asked: (weights, epochs that it trained)."""
    names = {"weights": "w.safetensors", "history": "h.csv", "checkpoint": "c.pt"}
    paths = {name: folder / file for name, file in names.items()}
    seen = []

    def perturb(model, x, labels, epoch, batch):
        if epoch == stop_in:
            raise KeyboardInterrupt
        seen.append(epoch)
        return x

    training = Training(**paths, recipe=recipe, identity=identity)
    data = training_clips(clips, recipe=recipe)
    made = training.run(model or small_model(), data, clips.classes, facts, CPU, perturb)
    assert made["device"].startswith("CPU")
    assert not paths["checkpoint"].exists()
    assert len(read_csv(paths["history"])) == recipe["epochs"]
    state, classes = load_weights(paths["weights"])
    assert classes == clips.classes
    return state_digest(state), sorted(set(seen))


@pytest.fixture
def interrupted(tmp_path):
    """(folder, clips) of a training that was interrupted in its third epoch."""
    clips = decoded_clips(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path, clips, stop_in=2)
    assert not (tmp_path / "w.safetensors").exists()
    return tmp_path, clips


def test_same_training_goes_on(interrupted, tmp_path):
    weights, epochs = run(*interrupted)
    assert epochs == [2]
    assert run(*interrupted) == (weights, [0, 1, 2])


OTHERS = {
    "code": {"identity": ["0ther", IDENTITY[1]]},
    "settings": {"identity": ["c0de", IDENTITY[1] | {"epsilon": 2}]},
    "clips": {"facts": ["d", 1]},
    "start": {"model": lambda: R3D(10, 2, width=0.0625)},
}


@pytest.mark.parametrize("other", OTHERS)
def test_training_of_anything_else_starts_anew(interrupted, other):
    changes = {name: each() if callable(each) else each for name, each in OTHERS[other].items()}
    assert run(*interrupted, **changes)[1] == [0, 1, 2]


def test_a_loss_that_is_not_finite_is_refused(tmp_path):
    clips, recipe = decoded_clips(tmp_path), RECIPE | {"learning_rate": 1e6, "epochs": 20}
    with pytest.raises(UserError, match="its loss is not finite; lower the learning_rate"):
        run(tmp_path, clips, recipe=recipe)
    assert not (tmp_path / "w.safetensors").exists()


def diverged(model):
    return {"validation_loss": float("nan")}


def test_a_validation_loss_that_is_not_finite_is_refused(tmp_path):
    data, recipe = training_clips(decoded_clips(tmp_path)), RECIPE | {"validate_on": "test"}
    checkpoint = Checkpoint(tmp_path / "c.pt", "key")
    with pytest.raises(UserError, match="in epoch 1 its validation_loss is not finite"):
        fit(small_model(), data, recipe, CPU, checkpoint, validate=diverged)
    assert not checkpoint.path.exists()


def test_training_learns(tmp_path):
    recipe = RECIPE | {"epochs": 8}
    _, history = trained(tmp_path, recipe)
    assert history[-1]["accuracy"] == 1
    assert history[-1]["loss"] < history[0]["loss"]


def test_plateau_reduces_the_rate_only_without_progress(tmp_path):
    recipe = RECIPE | {
        "epochs": 6, "schedule": "plateau", "validate_on": "test", "patience": 0,
        "learning_rate": 1e-12,
    }  # fmt: skip
    _, history = trained(tmp_path, recipe)
    losses = [row["validation_loss"] for row in history]
    rates = [row["learning_rate"] for row in history]
    best, rate = float("inf"), 1e-12
    for loss, used in zip(losses, rates, strict=True):
        assert used == pytest.approx(rate)
        if loss < best * (1 - 1e-4):
            best = loss
        elif rate > 1e-8:
            rate *= 0.1


class Counting(torch.nn.Module):
    """Of every batch a loss as large as the batch, and class 0 is told right."""

    def forward(self, logits, labels):
        return 0 * logits.sum() + len(labels), labels == 0


def test_the_loss_of_an_epoch_is_the_mean_over_its_clips(tmp_path):
    """Eight clips in batches of 3, 3 and 2."""
    recipe = RECIPE | {"batch_size": 3, "epochs": 1}
    data = training_clips(decoded_clips(tmp_path), recipe=recipe)
    checkpoint = Checkpoint(tmp_path / "c.pt", "key")
    (row,) = fit(small_model(), data, recipe, CPU, checkpoint, objective=Counting())
    assert (row["loss"], row["accuracy"]) == (pytest.approx((9 + 9 + 4) / 8), 0.5)


def test_biases_may_learn_faster_and_do_not_decay():
    recipe = {"learning_rate": 0.01, "weight_decay": 0.1, "momentum": 0.9, "bias_rate": 2}
    layer = torch.nn.Linear(3, 2)
    weights, biases = make_optimizer(layer, recipe).param_groups
    assert weights["params"][0] is layer.weight and biases["params"][0] is layer.bias
    assert [weights[name] for name in ("lr", "weight_decay", "momentum", "dampening")] == [
        0.01, 0.1, 0.9, 0
    ]  # fmt: skip
    assert [biases[name] for name in ("lr", "weight_decay")] == [0.02, 0]


def learning_rates(recipe, batches):
    """The rate of each step, as a share of the recipe's."""
    optimizer = make_optimizer(torch.nn.Linear(1, 1), RECIPE | recipe | {"learning_rate": 1})
    scheduler = make_scheduler(optimizer, RECIPE | recipe, batches)
    for _ in range(recipe["epochs"] * batches):
        yield optimizer.param_groups[0]["lr"]
        optimizer.step()
        scheduler.step()


def test_the_cosine_schedule_rises_evenly_and_falls_to_0():
    recipe = {"schedule": "cosine", "epochs": 2, "warmup": 0.2}
    expected = [0.2, 0.4, 0.6, 0.8, *(math.cos(math.pi * step / 32) ** 2 for step in range(16))]
    assert list(learning_rates(recipe, 10)) == pytest.approx(expected)


def test_the_rate_may_rise_for_the_whole_training():
    recipe = {"schedule": "cosine", "epochs": 1, "warmup": 1}
    assert list(learning_rates(recipe, 4)) == pytest.approx([0.2, 0.4, 0.6, 0.8])


def test_the_schedule_of_steps_rises_from_a_third():
    recipe = {"schedule": "steps", "epochs": 2, "warmup": 0.1, "steps": [0.5, 0.75], "factor": 0.1}
    expected = [1 / 3, 2 / 3, *[1] * 8, *[0.1] * 5, *[0.01] * 5]
    assert list(learning_rates(recipe, 10)) == pytest.approx(expected)


def test_batches_hold_resized_crops_in_order(tmp_path):
    draw = np.random.default_rng(0)
    crops = [draw.integers(0, 256, (4, side, side, 3), np.uint8) for side in (16, 20, 16)]
    batch = to_batch(stack_by_side(crops), 16)
    assert batch.shape == (3, 3, 4, 16, 16)
    for index in (0, 2):
        assert np.array_equal(batch[index].permute(1, 2, 3, 0).numpy(), crops[index])
    assert batch[1].mean() == pytest.approx(crops[1].mean(), abs=2)


def test_flipped_crops_are_mirrored_before_they_are_resized():
    draw = np.random.default_rng(0)
    crops = [draw.integers(0, 256, (4, side, side, 3), np.uint8) for side in (20, 16, 20)]
    found = to_batch(stack_by_side(crops, [True, True, False]), 16)
    mirrored = [crops[0][:, :, ::-1], crops[1][:, :, ::-1], crops[2]]
    assert torch.equal(found, to_batch(stack_by_side(mirrored), 16))
    assert not torch.equal(found, to_batch(stack_by_side(crops), 16))


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        ([3, 3, 3, 3], [[0, 1, 2], [3]]),
        ([3, 3, 1, 3], [[0, 1, 2], [3]]),
        ([9, 1], [[0], [1]]),
        ([0, 0, 7], [[0, 1, 2]]),
        ([3, 4], [[0, 1]]),
    ],
)
def test_clips_are_validated_in_batches_of_whole_clips(numbers, expected):
    assert groups(numbers, 7) == expected


def test_validation_does_not_depend_on_the_threads(tmp_path):
    clips, model = decoded_clips(tmp_path, frames=30), small_model()
    found = [
        validation(clips, range(8), [0, 1] * 4, LENGTH, SIZE, CPU, 5, workers)(model)
        for workers in (1, 3)
    ]
    assert found[0] == found[1]
    assert np.isfinite(found[0]["validation_loss"])


def test_crops_depend_on_clip_epoch_and_seed_but_not_on_the_defence(tmp_path):
    clips = decoded_clips(tmp_path)

    def first(seed=0, epoch=0, pick=None):
        stacks, labels = training_clips(clips, pick, seed=seed).collect(epoch, np.arange(8))
        return b"".join(stack.numpy().tobytes() for _, *stack in stacks for stack in stack)

    consuming = corrupting(clips, [clips], 0.5)
    assert first() == first() == first(pick=consuming)
    assert len({first(), first(seed=1), first(epoch=1)}) == 3


def test_adversarial_clips_stay_in_the_box_and_in_valid_pixels():
    model = small_model().train()
    clips = torch.randint(0, 256, (4, 3, 8, 16, 16)).float()
    labels = torch.tensor([0, 1, 0, 1])
    for epsilon in (2, 8):
        generator = torch.Generator().manual_seed(0)
        attacked = fgsm_random_start(model, clips, labels, epsilon, 1.25, generator)
        assert (attacked - clips).abs().max() <= epsilon + 1e-3
        assert attacked.min() >= 0
        assert attacked.max() <= 255
        # A step of 1.25 epsilon from anywhere in the box ends at its edge or past its middle.
        interior = (clips > epsilon) & (clips < 255 - epsilon)
        moved = (attacked - clips).abs()[interior]
        assert (moved >= 0.25 * epsilon - 1e-3).float().mean() > 0.999


class Linear(torch.nn.Module):
    """Two logits whose gradient is known: each value that rises makes class 1 likelier."""

    def forward(self, x):
        logit = x.flatten(1).mean(1) / 100
        return torch.stack([-logit, logit], 1)


def attacked_linear(grey, epsilon=8):
    """Moves of grey clips, in epsilons, towards a higher loss: positive ones are right."""
    clips, labels = torch.full((4, 3, 16, 32, 32), grey), torch.tensor([0, 1, 0, 1])
    moved = adversary(epsilon, 1.25, "d", 0)(Linear(), clips, labels, 0, 0) - clips
    return (moved / epsilon).numpy() * np.array([1, -1, 1, -1]).reshape(-1, 1, 1, 1, 1)


def test_adversarial_clips_are_harder_by_one_step_from_a_start_anywhere_in_the_box():
    """A start from -1 to 1 and a step of 1.25, cut at 1: 5/8 at the edge, the rest uniform."""
    moves = attacked_linear(128.0).ravel()
    inside = moves[moves < 1 - 1e-6]
    assert len(moves) - len(inside) == pytest.approx(0.625 * len(moves), rel=0.01)
    assert kstest(inside, uniform(0.25, 0.75).cdf).pvalue > 1e-4


@pytest.mark.parametrize(("grey", "up", "down"), [(0.0, 1, 0), (255.0, 0, 1)])
def test_an_adversarial_start_is_a_valid_clip(grey, up, down):
    """From black, no start goes below; so each step up ends at the edge, and none goes down."""
    moves = attacked_linear(grey, epsilon=2)
    assert np.allclose(moves[::2], up) and np.allclose(moves[1::2], down)


def test_adversarial_start_is_keyed_by_epoch_and_batch():
    model, labels = small_model(), torch.tensor([0, 1])
    clips = torch.full((2, 3, 8, 16, 16), 128.0)
    attack = adversary(4, 1.25, "d", 0)
    first = attack(model, clips, labels, 0, 0)
    assert torch.equal(first, attack(model, clips, labels, 0, 0))
    assert not torch.equal(first, attack(model, clips, labels, 0, 1))
    assert not torch.equal(first, attack(model, clips, labels, 1, 0))


LEVELS = {
    "packet_loss": ["0.2", "0.1", "0.01", "1e-3", "1e-4"],
    "random": ["1e-4", "5e-5", "1e-5", "5e-6", "1e-6", "5e-7", "1e-7", "5e-8", "1e-8"],
    "contiguous": ["0.9", "0.75", "0.5", "0.25", "0.1", "0.01"],
}
LOW = {"packet_loss": 0.01, "random": 1e-6, "contiguous": 0.1}


def test_variants_of_bat_train_on_the_conditions_of_appendix_f():
    everything, low, high = (
        conditions(name, LEVELS, LOW) for name in ("bat", "bat_low", "bat_high")
    )
    assert len(everything) == 20
    assert sorted(low + high) == sorted(everything)
    assert high == [
        ("contiguous", "0.25"), ("contiguous", "0.5"), ("contiguous", "0.75"),
        ("contiguous", "0.9"),
        ("packet_loss", "0.1"), ("packet_loss", "0.2"),
        ("random", "5e-6"), ("random", "1e-5"), ("random", "5e-5"), ("random", "1e-4"),
    ]  # fmt: skip
    assert conditions("bat_oracle/random/5e-8", LEVELS, LOW) == [("random", "5e-8")]


def test_variants_do_not_depend_on_the_order_of_their_levels():
    reordered = {name: LEVELS[name][::-1] for name in reversed(LEVELS)}
    for name in ("bat", "bat_low", "bat_high"):
        assert conditions(name, reordered, LOW) == conditions(name, LEVELS, LOW)


def test_bat_corrupts_half_of_the_clips_uniformly_over_conditions():
    clean = [np.full((3, 2, 2, 3), 255, np.uint8)]
    versions = [[np.full((3, 2, 2, 3), value, np.uint8)] for value in range(20)]
    pick = corrupting(clean, versions, 0.5)
    draws = 20_000
    seen = np.zeros(256, int)
    for epoch in range(draws):
        seen[pick(0, rng("defence", "d", "clip", epoch, 0))[0, 0, 0, 0]] += 1
    # Five standard deviations: a false alarm in fewer than one of 10,000 runs.
    assert abs(seen[255] - draws / 2) < 5 * np.sqrt(draws / 4)
    expected = draws / 40
    assert np.all(np.abs(seen[:20] - expected) < 5 * np.sqrt(expected))


def test_bat_trains_on_the_clean_clip_where_the_corrupted_one_has_no_frame():
    clean = [np.ones((3, 2, 2, 3), np.uint8)]
    pick = corrupting(clean, [[np.zeros((0, 2, 2, 3), np.uint8)]], 1.0)
    assert pick(0, rng("any")).sum() > 0
