"""Training of a network on clips or pictures: one loop, which goes on where it was interrupted."""

import hashlib
import json
import logging
import math
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torch.optim.lr_scheduler import LambdaLR, ReduceLROnPlateau
from tqdm import tqdm

from framefault.errors import UserError
from framefault.seeds import rng
from framefault.tabular import write_csv
from framefault.training.checkpoint import Checkpoint
from framefault.training.device import autocast, avoid_wrong_kernels, describe, set_up
from framefault.training.finite import check_finite
from framefault.training.prefetch import prefetched
from framefault.training.weights import save_weights, state_digest

log = logging.getLogger("framefault")


@dataclass(frozen=True)
class Training:
    """Where one training writes, and all that decides its final weights beside its data."""

    weights: Path
    history: Path
    checkpoint: Path
    recipe: dict
    identity: list  # the code and all settings, as JSON can hold them
    precision: str = "float32"  # on a CPU, as of `device.set_up`
    workers: int = 1

    def run(self, model, data, classes, facts, device, perturb=None, validate=None, objective=None):
        """Train `model` and write weights and history; the last three as of `fit`.

        `facts` tell the data: no checkpoint made of others is continued. Returns where it was
        trained, for the record.
        """
        key = hashlib.sha256(json.dumps([facts, self.identity, describe(device)]).encode())
        key.update(state_digest(model.state_dict()).encode())
        checkpoint = Checkpoint(self.checkpoint, key.hexdigest())
        history = fit(
            model, data, self.recipe, device, checkpoint, perturb, validate, self.workers,
            objective, self.precision,
        )  # fmt: skip
        write_csv(self.history, history)
        save_weights(model, self.weights, classes)
        checkpoint.remove()
        return {"device": describe(device)}


class Classification(nn.Module):
    """The objective of a classifier, of its logits and the numbers of classes."""

    def forward(self, logits, labels):
        return F.cross_entropy(logits.float(), labels), logits.argmax(1) == labels


def fit(
    model, data, recipe, device, checkpoint, perturb=None, validate=None, workers=1,
    objective=None, precision="float32",
):  # fmt: skip
    """Train `model` in place; returns the history, one dictionary per epoch.

    `data` is TrainingClips, Views or their like: `batches(epoch)` lists an epoch's batches;
    `collect(epoch, batch)` makes pixels and labels of one, in a thread, as `prefetched` takes them;
    `as_input(pixels)` makes floats of them, 0-255, where they are, and `normalise` what the network
    sees. What it draws is keyed by `key`. `perturb(model, x, labels, epoch, batch)` may change the
    floats before they are learned.
    `validate(model)` gives more of an epoch's row, such as the validation_loss that the plateau
    schedule follows. `objective(outputs, labels)` gives the loss of a batch and which labels were
    told right, none where that is not known; it is a module, whose own parameters are trained
    along. `precision` is that of a CPU, as of `device.set_up`. After each epoch the state goes to
    `checkpoint` (a Checkpoint), from which an interrupted training goes on with the same final
    weights. Raises UserError where a loss is not finite.
    """
    set_up(device, precision=precision)
    if device.type == "cpu" and precision == "bfloat16":
        avoid_wrong_kernels(model)
    model.to(device, memory_format=data.memory_format)
    objective = (objective or Classification()).to(device)
    trained = nn.ModuleList([model, objective])
    optimizer = make_optimizer(trained, recipe)
    scheduler = make_scheduler(optimizer, recipe, len(data.batches(0)))
    history = checkpoint.restore(trained, optimizer, scheduler)
    epochs = range(len(history), recipe["epochs"])
    collected = batches_ahead(data, epochs, workers, device)
    try:
        for epoch in tqdm(epochs, unit="epoch", disable=None):
            start, rate = time.perf_counter(), optimizer.param_groups[0]["lr"]
            loss, accuracy, waited = train_epoch(
                model, data, collected, objective, epoch, optimizer, scheduler, device, perturb
            )
            row = {"epoch": epoch + 1, "learning_rate": rate, "loss": loss, "accuracy": accuracy}
            if validate:
                row |= validate(model)
            for name in ("loss", "validation_loss"):
                what = f"The training diverged: in epoch {epoch + 1} its {name} is"
                check_finite(row.get(name, 0.0), what)
            if isinstance(scheduler, ReduceLROnPlateau):
                scheduler.step(row["validation_loss"])
            history.append(row)
            checkpoint.save(trained, optimizer, scheduler, history)
            seconds = time.perf_counter() - start
            log.info(
                "epoch %d of %d: loss %.3f, accuracy %.3f, %.1f s, %.0f%% of it waiting for data",
                epoch + 1, recipe["epochs"], loss, accuracy, seconds, 100 * waited / seconds,
            )  # fmt: skip
    finally:
        collected.close()
        checkpoint.finish()
    return history


def batches_ahead(data, epochs, workers, device):
    """Pixels and labels of all batches of some epochs, in order and on the device.

    They are made ahead across the end of an epoch as well: where an epoch is short, as on a fast
    GPU, the wait for its first batch would count.
    """
    tasks = ((epoch, batch) for epoch in epochs for batch in data.batches(epoch))
    return prefetched(tasks, lambda task: data.collect(*task), workers, device)


def train_epoch(model, data, collected, objective, epoch, optimizer, scheduler, device, perturb):
    """One pass over the data, its batches the next of `collected`.

    Returns (mean loss, accuracy, seconds waited for data).
    """
    model.train()
    # Dropout and attacks draw from torch; seeded here, a resumed training draws the same.
    torch.manual_seed(int(rng("epoch", *data.key, epoch).integers(2**62)))
    total = torch.zeros(2, dtype=torch.float64, device=device)
    seen, judged, waited = 0, 0, 0.0
    for number in range(len(data.batches(epoch))):
        start = time.perf_counter()
        pixels, labels = next(collected)
        waited += time.perf_counter() - start
        x = data.as_input(pixels)
        if perturb:
            x = perturb(model, x, labels, epoch, number)
        with autocast(device):
            outputs = model(data.normalise(x))
        loss, right = objective(outputs, labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if isinstance(scheduler, LambdaLR):
            scheduler.step()
        total += torch.stack([loss.detach().double() * len(labels), right.sum().double()])
        seen, judged = seen + len(labels), judged + len(right)
    loss, correct = total.tolist()
    return loss / seen, correct / judged if judged else math.nan, waited


def make_optimizer(model, recipe):
    """Stochastic gradient descent, or AdamW where the recipe says so.

    With `bias_rate`, biases learn so many times faster and do not decay, as in maskrcnn-benchmark.
    """
    rates = {"lr": recipe["learning_rate"], "weight_decay": recipe["weight_decay"]}
    parameters = model.parameters()
    if faster := recipe.get("bias_rate"):
        others, biases = (
            [each for name, each in model.named_parameters() if name.endswith("bias") == is_bias]
            for is_bias in (False, True)
        )
        own = {"lr": faster * recipe["learning_rate"], "weight_decay": 0}
        parameters = [{"params": others}, {"params": biases} | own]
    if recipe.get("optimizer") == "adamw":
        return torch.optim.AdamW(parameters, **rates)
    return torch.optim.SGD(
        parameters, momentum=recipe["momentum"], dampening=recipe.get("dampening", 0), **rates
    )


def make_scheduler(optimizer, recipe, batches):
    """Plateau as in the paper, stepped per epoch; or warm-up, then cosine or steps, per batch.

    `warmup` is a share of the training, and so are the `steps`, after each of which the rate is
    `factor` of what it was. Before steps it rises from a third, as in maskrcnn-benchmark.
    """
    if recipe["schedule"] == "plateau":
        return ReduceLROnPlateau(
            optimizer, "min", factor=recipe["factor"], patience=recipe["patience"]
        )
    steps = recipe["epochs"] * batches
    rising = recipe["warmup"] * steps

    def in_steps(step):
        if step < rising:
            return (1 + 2 * step / rising) / 3
        return recipe["factor"] ** sum(step >= share * steps for share in recipe["steps"])

    def in_cosine(step):
        if step < rising:
            return (step + 1) / (rising + 1)
        return 0.5 + 0.5 * math.cos(math.pi * (step - rising) / max(1, steps - rising))

    return LambdaLR(optimizer, in_steps if recipe["schedule"] == "steps" else in_cosine)


def hold_out(videos, validate_on, key):
    """Indices to learn from and to validate on, where validation is a share of the videos.

    `videos` says of each example which video it is from; no video is in both parts.
    """
    videos = np.asarray(videos)
    if not isinstance(validate_on, float):
        return list(range(len(videos))), []
    distinct = np.unique(videos)
    order = rng("hold out", key).permutation(distinct)
    is_held_out = np.isin(videos, order[: max(1, round(validate_on * len(distinct)))])
    if is_held_out.all():
        raise UserError("There is one video only, so none can be held out: see validate_on.")
    learned, held_out = (np.flatnonzero(part).tolist() for part in (~is_held_out, is_held_out))
    return learned, held_out
