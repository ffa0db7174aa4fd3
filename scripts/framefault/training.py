"""Fine-tuning R3D on cached clips (paper A, F.2)."""

import hashlib
import io
import math
import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch
import torch.nn.functional as F
from torch.optim.lr_scheduler import LambdaLR, ReduceLROnPlateau
from tqdm import tqdm

from framefault.batches import stack_by_side, subtract_mean, to_batch
from framefault.cli import log
from framefault.device import autocast, set_up
from framefault.files import whole
from framefault.seeds import rng
from framefault.segments import centre_crop, corner_crop, even_segments, random_segment

SHA256 = 32  # bytes of a digest


class TrainingClips:
    """Random training segments of a data set: which clip version, when and where to crop.

    `pick(index, draw)` gives the frames to train on; it is where a defence can corrupt them.
    Every draw is keyed by (data set, clip, epoch, seed): all defences see the same crops.
    """

    def __init__(self, clips, indices, pick, dataset, seed, recipe, length):
        self.names = [clips.accounts[i]["clip"] for i in indices]
        self.indices, self.pick = indices, pick
        classes = clips.classes
        self.labels = np.array([classes.index(clips.accounts[i]["label"]) for i in indices])
        self.dataset, self.seed, self.length = dataset, seed, length
        self.scales, self.flip = recipe["crop_scales"], recipe["flip"]
        self.batch_size = recipe["batch_size"]

    @property
    def batches(self):
        return math.ceil(len(self.indices) / self.batch_size)

    def order(self, epoch):
        """Positions of each batch of an epoch."""
        order = rng("order", self.dataset, epoch, self.seed).permutation(len(self.indices))
        return [order[i : i + self.batch_size] for i in range(0, len(order), self.batch_size)]

    def collect(self, epoch, positions):
        """One batch as uint8 crops (T, side, side, 3), of mixed sides, flipped, and labels."""
        crops = []
        for position in positions:
            key = (self.dataset, self.names[position], epoch, self.seed)
            frames = self.pick(self.indices[position], rng("defence", *key))
            draw = rng("crop", *key)
            crop = corner_crop(random_segment(frames, self.length, draw), self.scales, draw)
            crops.append(crop[:, :, ::-1] if draw.random() < self.flip else crop)
        return stack_by_side(crops), torch.from_numpy(self.labels[positions])


def prefetched(tasks, function, workers):
    """function(task) of every task, in order, computed ahead by a few threads."""
    with ThreadPoolExecutor(workers) as pool:
        ahead = deque()
        for task in tasks:
            ahead.append(pool.submit(function, task))
            if len(ahead) > 2 * workers:
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()


def fit(model, clips, recipe, size, device, checkpoint, perturb=None, validate=None, workers=1):
    """Train `model` in place; returns the history, one dictionary per epoch.

    `perturb(model, clips, labels, epoch, batch)` may change a batch before it is learned.
    `validate(model)` gives (loss, accuracy). After each epoch the state goes to `checkpoint`
    (a Checkpoint), from which an interrupted training goes on with the same final weights.
    """
    set_up(device)
    model.to(device, memory_format=torch.channels_last_3d)
    optimizer = torch.optim.SGD(
        model.parameters(),
        lr=recipe["learning_rate"],
        momentum=recipe["momentum"],
        dampening=recipe["dampening"],
        weight_decay=recipe["weight_decay"],
    )
    scheduler = make_scheduler(optimizer, recipe, clips.batches)
    history = checkpoint.restore(model, optimizer, scheduler)
    for epoch in tqdm(range(len(history), recipe["epochs"]), unit="epoch", disable=None):
        start, rate = time.perf_counter(), optimizer.param_groups[0]["lr"]
        loss, accuracy, waited = train_epoch(
            model, clips, epoch, optimizer, scheduler, size, device, perturb, workers
        )
        row = {"epoch": epoch + 1, "learning_rate": rate, "loss": loss, "accuracy": accuracy}
        if validate:
            row["validation_loss"], row["validation_accuracy"] = validate(model)
        if isinstance(scheduler, ReduceLROnPlateau):
            scheduler.step(row["validation_loss"])
        history.append(row)
        checkpoint.save(model, optimizer, scheduler, history)
        seconds = time.perf_counter() - start
        log.info(
            "epoch %d of %d: loss %.3f, accuracy %.3f, %.1f s, %.0f%% of it waiting for data",
            epoch + 1, recipe["epochs"], loss, accuracy, seconds, 100 * waited / seconds,
        )  # fmt: skip
    return history


def train_epoch(model, clips, epoch, optimizer, scheduler, size, device, perturb, workers):
    """One pass over the clips: (mean loss, accuracy, seconds waited for data)."""
    model.train()
    total = torch.zeros(2, dtype=torch.float64, device=device)
    batches = prefetched(clips.order(epoch), lambda p: clips.collect(epoch, p), workers)
    waited = 0.0
    for number in range(clips.batches):
        start = time.perf_counter()
        stacks, labels = next(batches)
        waited += time.perf_counter() - start
        batch, labels = to_batch(stacks, size, device), labels.to(device)
        if perturb:
            batch = perturb(model, batch, labels, epoch, number)
        with autocast(device):
            logits = model(subtract_mean(batch))
        loss = F.cross_entropy(logits.float(), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if isinstance(scheduler, LambdaLR):
            scheduler.step()
        correct = (logits.argmax(1) == labels).sum()
        total += torch.stack([loss.detach().double() * len(labels), correct.double()])
    loss, accuracy = (total / len(clips.indices)).tolist()
    return loss, accuracy, waited


def make_scheduler(optimizer, recipe, batches):
    """Plateau as in the paper, stepped per epoch; or warm-up and cosine, stepped per batch."""
    if recipe["schedule"] == "plateau":
        return ReduceLROnPlateau(
            optimizer, "min", factor=recipe["factor"], patience=recipe["patience"]
        )
    steps = recipe["epochs"] * batches
    rising = recipe["warmup"] * steps

    def scale(step):
        if step < rising:
            return (step + 1) / (rising + 1)
        return 0.5 + 0.5 * math.cos(math.pi * (step - rising) / max(1, steps - rising))

    return LambdaLR(optimizer, scale)


def validation(clips, indices, labels, length, size, device, batch_size=64):
    """A function model -> (loss, accuracy) over up to three even segments of each clip."""

    @torch.inference_mode()
    def validate(model):
        model.eval()
        segments, targets = [], []
        losses, hits = [], 0
        for position, index in enumerate(indices):
            frames = clips[index]
            frames = centre_crop(frames, min(frames.shape[1:3]))
            for segment in even_segments(frames, length, 3):
                segments.append(segment)
                targets.append(labels[position])
            if len(segments) >= batch_size or position == len(indices) - 1:
                batch = to_batch(stack_by_side(segments), size, device)
                target = torch.tensor(targets, device=device)
                with autocast(device):
                    logits = model(subtract_mean(batch)).float()
                losses += F.cross_entropy(logits, target, reduction="none").tolist()
                hits += int((logits.argmax(1) == target).sum())
                segments, targets = [], []
        return float(np.mean(losses)), hits / len(losses)

    return validate


class Checkpoint:
    """State of an unfinished training, valid for one `key` (what is trained, on what, how).

    torch notices no flipped bit, so the file starts with a digest of the rest.
    """

    def __init__(self, path, key):
        self.path, self.key = path, key

    def restore(self, model, optimizer, scheduler):
        """Load the state if it is there and for this key; returns the history so far."""
        try:
            data = self.path.read_bytes()
        except OSError:
            return []
        if hashlib.sha256(data[SHA256:]).digest() != data[:SHA256]:
            return []
        state = torch.load(io.BytesIO(data[SHA256:]), weights_only=True)
        if state["key"] != self.key:
            return []
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        scheduler.load_state_dict(state["scheduler"])
        log.info("resumed after epoch %d", len(state["history"]))
        return state["history"]

    def save(self, model, optimizer, scheduler, history):
        state = {
            "key": self.key,
            "model": model.state_dict(),
            "optimizer": optimizer.state_dict(),
            "scheduler": scheduler.state_dict(),
            "history": history,
        }
        buffer = io.BytesIO()
        torch.save(state, buffer)
        data = buffer.getvalue()
        with whole(self.path) as part:
            part.write_bytes(hashlib.sha256(data).digest() + data)

    def remove(self):
        self.path.unlink(missing_ok=True)
