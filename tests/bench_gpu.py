"""Measure framefault on a GPU: `make bench-gpu`. Writes results/bench_gpu.md and .json.

Both sides of each ratio are measured in this one run, on generated clips and networks with random
weights. `--tiny` takes seconds, on a CPU as well: it tests this script and measures nothing.
"""

import argparse
import json
import logging
import multiprocessing
import os
import pickle
import platform
import statistics
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
import torchvision
import yaml
from PIL import Image
from tabulate import tabulate

from framefault.data.motion import ACTIONS, make_clip
from framefault.tabular import read_csv
from framefault.tasks.detection import costs as detection_costs
from framefault.tasks.detection import networks as detectors
from framefault.tasks.detection.predict import detect
from framefault.tasks.detection.views import DetectionLoss, TrainingPictures
from framefault.tasks.frames import costs as frames_costs
from framefault.tasks.frames import networks as classifiers
from framefault.tasks.frames.inputs import MEAN, STD, USUAL
from framefault.tasks.frames.predict import logits_of
from framefault.tasks.recognition import costs as recognition_costs
from framefault.tasks.recognition.adversarial import adversary
from framefault.tasks.recognition.batches import subtract_mean
from framefault.tasks.recognition.methods import networks
from framefault.tasks.recognition.networks.r3d import R3D
from framefault.tasks.recognition.predict import predict
from framefault.tasks.recognition.train import train
from framefault.tasks.recognition.views import TrainingClips
from framefault.tasks.tracking import costs as tracking_costs
from framefault.tasks.tracking import networks as trackers
from framefault.tasks.tracking.fairmot import FairMOT
from framefault.tasks.tracking.losses import TrackingLoss
from framefault.tasks.tracking.views import as_input, normalise
from framefault.training import device as devices
from framefault.training.loop import (
    Classification,
    batches_ahead,
    make_optimizer,
    make_scheduler,
    train_epoch,
)
from framefault.training.weights import save_weights
from framefault.video.cache import DecodedClips, write_shard
from framefault.video.decode import cache_size, decode_pictures
from framefault.video.encode import encode_frames
from framefault.workflow.job import Job, Named
from workflow_tools import ROOT

PARTS = ("recognition", "tracking", "detection", "frames", "defence")
PICTURES = ("astronaut", "chelsea", "coffee", "flower.jpg")
REPEATS = 3  # epochs of which the median counts
EPOCHS = 3  # that a defence is trained for


@dataclass(frozen=True)
class Sizes:
    """What is measured: that of the papers, unless said otherwise."""

    clips: tuple = (3570, 1530)  # HMDB51's, for training and testing
    distinct: int = 160  # of these, the others are copies
    video: tuple = (320, 240, 90)  # width, height, frames
    short_side: int = 128
    classes: int = 51
    network: tuple = (("name", "r3d"), ("depth", 18), ("width", 1.0), ("frames", 16), ("size", 112))
    batch: int = 128
    steps: int = 27
    tracker: tuple = (("backbone", "dla34"),)
    input: tuple = (1088, 608)
    sequence: int = 200  # frames
    detector: tuple = (("name", "resnet50"),)
    picture: tuple = (1280, 720)
    pictures: int = 96
    classifier: tuple = (("name", "resnet50"),)
    crop: int = 224
    crops: int = 4096
    batch_of_crops: int = 256
    workers: int = 8


TINY = Sizes(
    clips=(8, 4), distinct=2, video=(64, 48, 20), short_side=20, classes=2,
    network=(("name", "r3d"), ("depth", 10), ("width", 0.0625), ("frames", 8), ("size", 16)),
    batch=4, steps=2,
    tracker=(("backbone", "small"), ("width", 8), ("identity", 8)), input=(64, 32), sequence=3,
    detector=(("name", "small"), ("width", 4)), picture=(96, 72), pictures=2,
    classifier=(("name", "small_alexnet"), ("width", 4)), crop=32, crops=8, batch_of_crops=4,
    workers=2,
)  # fmt: skip


def seconds(function, device):
    """Seconds of one call, until the device has done all of it."""
    synchronise(device)
    start = time.perf_counter()
    function()
    synchronise(device)
    return time.perf_counter() - start


def synchronise(device):
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def row(figure, value, unit, against=None, ratio=None, wanted=None):
    """One line of the table; `ratio` is to what `against` names, and `wanted` what it should be."""
    found = {
        "figure": figure, "value": value, "unit": unit, "ratio": ratio, "against": against,
        "wanted": wanted,
    }  # fmt: skip
    print(*(each for each in found.values() if each is not None), sep="  ", flush=True)
    return found


def arithmetic(figure, operations):
    """The line of tera-operations a second: what `gpu_seconds` in config/costs.csv is one over."""
    return row(f"{figure}: arithmetic", operations, "TFLOP/s")


# Clips ------------------------------------------------------------------------------------
def make_clip_file(folder, sizes, number):
    """One generated clip, encoded and decoded: as training and as testing see it."""
    width, height, frames = sizes.video
    name, picture = f"bench{number}", PICTURES[number % len(PICTURES)]
    pixels = make_clip(name, ACTIONS[number % 10], picture, width, height, frames, 6)
    data, size = encode_frames(pixels, 30, {"crf": "23"}), dict(sizes.network)["size"]
    for split, side, crop in (("train", sizes.short_side, None), ("test", size, size)):
        cached = cache_size(width, height, side)
        clip, _ = decode_pictures(data, cached, crop, expected_frames=frames)
        with open(folder / f"{split}{number}.pickle", "wb") as file:
            pickle.dump(clip, file)


def write_part(folder, sizes, split, numbers):
    """A shard of decoded clips; the distinct ones come again under other names."""
    path = folder / f"{split}{numbers[0]:05d}.frames"

    def pairs():
        for number in numbers:
            label = f"class{number % sizes.classes:02d}"
            file = folder / f"{split}{number % sizes.distinct}.pickle"
            frames = pickle.loads(file.read_bytes())
            yield frames, {
                "clip": f"{label}/{number}", "label": label, "status": "ok", "opened": True,
                "frames": len(frames), "errors": 0, "full_length": True, "unchanged": False,
                "distance": 0.0, "distance_dropped": 0.0, "numbers": list(range(len(frames))),
                "times": [],
            }  # fmt: skip

    write_shard(path, path.with_suffix(".parquet"), pairs())
    return path


def make_caches(folder, sizes, processes):
    """Paths of the decoded shards of the training and of the test clips."""
    context = multiprocessing.get_context("fork")
    with ProcessPoolExecutor(processes, context) as pool:
        list(pool.map(partial(make_clip_file, folder, sizes), range(sizes.distinct)))
        jobs = [
            [
                pool.submit(write_part, folder, sizes, split, part.tolist())
                for part in np.array_split(np.arange(count), min(processes, count))
            ]
            for split, count in zip(("train", "test"), sizes.clips, strict=True)
        ]
        return [[job.result() for job in each] for each in jobs]


# Steps of a training ------------------------------------------------------------------------
class Synthetic:
    """Data that costs nothing: one batch, which lies on the device as the network sees it."""

    key, normalise = ("synthetic",), staticmethod(lambda x: x)

    def __init__(self, like, x, labels, steps):
        self.memory_format, self.x, self.labels, self.steps = like, x, labels, steps

    def batches(self, epoch):
        return range(self.steps)

    def collect(self, epoch, batch):
        return torch.zeros(1), self.labels

    def as_input(self, pixels):
        return self.x


class FullBatches:
    """Other data without its last, smaller batch, and no more than so many batches an epoch."""

    def __init__(self, data, steps):
        self.data, self.steps = data, steps

    def __getattr__(self, name):
        return getattr(self.data, name)

    def batches(self, epoch):
        full = [each for each in self.data.batches(epoch) if len(each) == self.data.batch_size]
        return full[: self.steps]


def steps_per_second(model, data, recipe, device, workers, perturb=None, objective=None):
    """(steps a second, share of the time in which the loop waited for data), by the project's loop.

    The median of some epochs after a first one.
    """
    devices.set_up(device)
    model.to(device, memory_format=data.memory_format)
    objective = objective or Classification()
    trained = torch.nn.ModuleList([model, objective]).to(device)
    optimizer = make_optimizer(trained, recipe)
    batches = len(data.batches(0))
    scheduler = make_scheduler(optimizer, recipe | {"epochs": 1 + REPEATS}, batches)
    collected, found = batches_ahead(data, range(1 + REPEATS), workers, device), []
    for epoch in range(1 + REPEATS):
        start = time.perf_counter()
        *_, waited = train_epoch(
            model, data, collected, objective, epoch, optimizer, scheduler, device, perturb
        )
        spent = time.perf_counter() - start
        found.append((batches / spent, waited / spent))
    return tuple(statistics.median(each) for each in zip(*found[1:], strict=True))


def plain_steps_per_second(model, x, labels, recipe, device, steps, tf32):
    """Steps a second of the loop of a tutorial: float32, channels first."""
    torch.backends.cudnn.benchmark = False
    torch.backends.cudnn.allow_tf32, torch.backends.cuda.matmul.allow_tf32 = tf32, False
    model.to(device, memory_format=torch.contiguous_format).train()
    x, labels = x.contiguous(), labels.to(device)
    optimizer = torch.optim.SGD(model.parameters(), recipe["learning_rate"], recipe["momentum"])

    def step():
        optimizer.zero_grad()
        F.cross_entropy(model(x), labels).backward()
        optimizer.step()

    for _ in range(2):
        step()
    return steps / seconds(lambda: [step() for _ in range(steps)], device)


# Parts ----------------------------------------------------------------------------------------
def papers():
    """The configuration of the papers' scale; numbers as 1e-3 are text in it."""
    return yaml.safe_load((ROOT / "config/paper.yaml").read_text(encoding="utf-8"))


def in_numbers(recipe):
    rates = ("learning_rate", "weight_decay")
    return recipe | {name: float(recipe[name]) for name in rates}


def recognition(sizes, device, caches, compiled):
    network, recipe = dict(sizes.network), recipe_of(sizes)
    length, size = network["frames"], network["size"]
    operations, _ = recognition_costs.counted(network)
    draw = torch.Generator().manual_seed(0)
    x = torch.randint(0, 256, (sizes.batch, 3, length, size, size), generator=draw)
    x = subtract_mean(x.float()).to(device)
    labels = torch.randint(0, sizes.classes, (sizes.batch,), generator=draw)
    last = x.contiguous(memory_format=torch.channels_last_3d)
    synthetic = Synthetic(torch.channels_last_3d, last, labels, sizes.steps)

    def new():
        torch.manual_seed(0)
        return R3D(network["depth"], sizes.classes, network["width"])

    ours, _ = steps_per_second(new(), synthetic, recipe, device, sizes.workers)
    yield row("R3D training, synthetic data", ours, "steps/s")
    yield arithmetic("R3D training, synthetic data", 3 * sizes.batch * operations * ours)
    for name, tf32, wanted in (("float32", False, "≥ 3"), ("TF32, torch's default", True, None)):
        plain = plain_steps_per_second(
            new(), x, labels, recipe, device, max(2, sizes.steps // 3), tf32
        )
        against = f"a plain loop in {name}"
        yield row(against, plain, "steps/s")
        yield row("R3D training, synthetic data", ours, "steps/s", against, ours / plain, wanted)
    if compiled:
        model = torch.compile(new())
        fast, _ = steps_per_second(model, synthetic, recipe, device, sizes.workers)
        yield row("R3D training, compiled", fast, "steps/s", "not compiled", fast / ours)
    train_clips, test_clips = map(DecodedClips, caches)
    data = TrainingClips(
        train_clips, list(range(len(train_clips))), lambda index, _: train_clips[index], "bench", 0,
        recipe, length, size,
    )  # fmt: skip
    data = FullBatches(data, sizes.steps)
    real, waited = steps_per_second(new(), data, recipe, device, sizes.workers)
    name = "R3D training, decoded clips"
    yield row(name, real, "steps/s", "synthetic data", real / ours, "≥ 0.95")
    yield row(f"{name}: the loop waits", 100 * waited, "% of the time")
    attacked, _ = steps_per_second(
        new(), data, recipe, device, sizes.workers, adversary(4, 1.25, "bench", 0)
    )
    name = "R3D adversarial training, decoded clips"
    yield row(name, attacked, "steps/s")
    yield arithmetic(name, 6 * sizes.batch * operations * attacked)

    clips = Part(test_clips, range(0, len(test_clips), max(1, len(test_clips) // 400)))
    run = partial(predict, new(), clips, length, size, device, workers=sizes.workers)
    rate = len(clips) / min(seconds(run, device) for _ in range(2))
    segments = sum(-(-clips.length(index) // length) for index in range(len(clips)))
    yield row("R3D prediction, float32", rate, "clips/s")
    yield arithmetic("R3D prediction, float32", segments / len(clips) * operations * rate)
    few = Part(test_clips, [0])
    there, here = (
        predict(new(), few, length, size, each)[0] for each in (device, torch.device("cpu"))
    )
    difference = devices.relative(*(torch.tensor(np.array(each)) for each in (there, here)))
    yield row("R3D prediction: logits against the CPU's", difference, "relative difference")


class Part:
    """Some clips of DecodedClips."""

    def __init__(self, clips, indices):
        self.clips, self.indices = clips, list(indices)
        self.accounts = [clips.accounts[index] for index in self.indices]

    def __len__(self):
        return len(self.indices)

    def __getitem__(self, index):
        return self.clips[self.indices[index]]

    def length(self, index):
        return self.clips.length(self.indices[index])


def recipe_of(sizes):
    recipe = in_numbers(papers()["recognition"]["recipes"]["paper"])
    return recipe | {"batch_size": sizes.batch, "schedule": "cosine"}


def tracking(sizes, device, folder):
    (width, height), network = sizes.input, dict(sizes.tracker)
    operations, _ = tracking_costs.counted(network, sizes.input)
    torch.manual_seed(0)
    model, weights = trackers.build(network), folder / "tracker.safetensors"
    save_weights(model, weights, None)
    draw = np.random.default_rng(0)
    frames = draw.integers(0, 256, (sizes.sequence, height, width, 3), np.uint8)
    settings, rates = {"network": network, "input": sizes.input, "most": 128}, {}
    for mixed in (False, True):
        detector = FairMOT(weights, settings, device, mixed)

        def run(detector=detector):
            return list(detector.detect(frames))

        rates[mixed] = sizes.sequence / min(seconds(run, device) for _ in range(2))
    yield row("FairMOT detection, float32", rates[False], "frames/s")
    yield arithmetic("FairMOT detection, float32", operations * rates[False])
    name, ratio = "FairMOT detection, mixed precision", rates[True] / rates[False]
    yield row(name, rates[True], "frames/s", "float32", ratio)
    count = min(8, sizes.sequence)
    pixels = torch.from_numpy(frames[:count]).to(device)
    x = normalise(as_input(pixels)).contiguous(memory_format=torch.channels_last)
    here, there = model.cpu().eval(), FairMOT(weights, settings, device).network
    with torch.inference_mode():
        one = x[:1, :, :64, :64]
        expected, found = here(one.cpu()), there(one)
    difference = max(devices.relative(found[name].cpu(), expected[name]) for name in expected)
    yield row("FairMOT detection: maps against the CPU's", difference, "relative difference")
    labels = torch.full((count, 20, 5), -1.0)
    for number in range(20):
        labels[:, number] = torch.tensor([number, 1, 1, 9, 17]) + number
    recipe = {"learning_rate": 1e-4, "weight_decay": 0, "optimizer": "adamw", "warmup": 0}
    recipe |= {"schedule": "cosine"}
    data = Synthetic(torch.channels_last, x, labels, sizes.steps)
    objective = TrackingLoss(model.id[2].out_channels, 60)
    rate, _ = steps_per_second(model, data, recipe, device, sizes.workers, objective=objective)
    yield row("FairMOT training, synthetic data", count * rate, "pictures/s")
    yield arithmetic("FairMOT training, synthetic data", 3 * operations * count * rate)


class Boxes:
    """Pictures of noise with a few boxes each, in memory."""

    classes = [f"class{number:02d}" for number in range(30)]  # noqa: RUF012

    def __init__(self, sizes):
        (width, height), draw = sizes.picture, np.random.default_rng(0)
        self.pixels = draw.integers(0, 256, (sizes.pictures, height, width, 3), np.uint8)
        corners = draw.uniform(0, 0.5, (sizes.pictures, 3, 2))
        boxes = np.concatenate([corners, corners + 0.4], axis=2) * np.tile([width, height], 2)
        self.boxes = boxes.astype(np.float32)
        self.labels = draw.integers(0, 30, (sizes.pictures, 3))

    def __len__(self):
        return len(self.pixels)

    def open(self, index):
        return self.pixels[index], self.boxes[index], self.labels[index]


def detection(sizes, device):
    network, pictures = dict(sizes.detector), Boxes(sizes)
    operations, _ = detection_costs.counted(network, sizes.picture)
    torch.manual_seed(0)
    model = detectors.build(network, 30)
    shown = [Image.fromarray(pixels) for pixels in pictures.pixels]
    run = partial(detect, model, shown, device)
    rate = len(shown) / min(seconds(run, device) for _ in range(2))
    yield row("Faster R-CNN prediction, float32", rate, "pictures/s")
    yield arithmetic("Faster R-CNN prediction, float32", operations * rate)
    recipe = in_numbers(papers()["detection"]["recipes"]["table11"])
    size = min(recipe["batch_size"], len(pictures))
    recipe |= {"batch_size": size, "batches": sizes.steps}
    data = FullBatches(TrainingPictures(pictures, recipe, ("bench",)), sizes.steps)
    model = detectors.build(network, 30)
    rate, waited = steps_per_second(
        model, data, recipe, device, sizes.workers, objective=DetectionLoss(model)
    )
    yield row("Faster R-CNN training", size * rate, "pictures/s")
    yield row("Faster R-CNN training: the loop waits", 100 * waited, "% of the time")
    yield arithmetic("Faster R-CNN training", 3 * operations * size * rate)


def frames(sizes, device):
    network, side = dict(sizes.classifier), sizes.crop
    operations, _ = frames_costs.counted(side, **network)
    torch.manual_seed(0)
    model = classifiers.build(outputs=1000, **network)
    pixels = np.random.default_rng(0).integers(0, 256, (sizes.crops, side, side, 3), np.uint8)
    run = partial(logits_of, model, pixels, MEAN, STD, device)
    rate = len(pixels) / min(seconds(run, device) for _ in range(2))
    yield row("ResNet-50 prediction, float32", rate, "pictures/s")
    yield arithmetic("ResNet-50 prediction, float32", operations * rate)
    few = pixels[:4]
    there, here = (
        torch.from_numpy(logits_of(model, few, MEAN, STD, each))
        for each in (device, torch.device("cpu"))
    )
    difference = devices.relative(there, here)
    yield row("ResNet-50 prediction: logits against the CPU's", difference, "relative difference")
    count = sizes.batch_of_crops
    x = USUAL.normalise(USUAL.as_input(torch.from_numpy(pixels[:count]).to(device)))
    x = x.contiguous(memory_format=torch.channels_last)
    data = Synthetic(torch.channels_last, x, torch.arange(count) % 1000, sizes.steps)
    model = classifiers.build(outputs=1000, **network)
    rate, _ = steps_per_second(model, data, recipe_of(sizes), device, sizes.workers)
    yield row("ResNet-50 training, synthetic data", count * rate, "pictures/s")
    yield arithmetic("ResNet-50 training, synthetic data", 3 * operations * count * rate)


class Epochs(logging.Handler):
    """Seconds of each epoch, and of them in percent waiting for data, from the log."""

    def __init__(self):
        super().__init__()
        self.seconds, self.waited = [], []

    def emit(self, record):
        if record.msg.startswith("epoch"):
            *_, spent, waited = record.args
            self.seconds.append(spent)
            self.waited.append(waited)


def defence(sizes, device, caches, folder):
    """Hours of trainings of Table 1 on clips of HMDB51's number and size, by a few epochs."""
    paper = papers()
    recipe = in_numbers(paper["recognition"]["recipes"]["paper"]) | {"batch_size": sizes.batch}
    hmdb51 = paper["datasets"]["hmdb51"] | {"type": "folder"}
    hmdb51["expected"] |= {"clips": dict(zip(("train", "test"), sizes.clips, strict=True))}
    network = dict(sizes.network)
    parameters = {key: each for key, each in network.items() if key != "name"}
    config = {
        "recognition": {"network": network, "recipes": {"paper": recipe}},
        "datasets": {"hmdb51": hmdb51},
    }
    rates = read_csv(ROOT / "config/costs.csv").set_index("stage")["gpu_seconds"]
    train_paths, test_paths = caches
    for name, perturb in (("none", None), ("at", adversary(4, 1.25, "bench", 0))):
        stage, log = f"train_recognition_{name}", Epochs()
        names = {"dataset": "hmdb51", "model": name, "training": "0"}
        files = {"weights": folder / f"{name}.safetensors", "history": folder / f"{name}.csv"}
        job = Job(
            Named(start=[], validation=test_paths), Named(files), Named(names),
            Named(network=parameters, recipe=recipe | {"epochs": EPOCHS}, precision="float32"),
            Named(), sizes.workers, "bench", (networks()[network["name"]].module,),
        )  # fmt: skip
        logger = logging.getLogger("framefault")
        logger.setLevel(logging.INFO)
        logger.addHandler(log)
        start = partial(train, job, DecodedClips(train_paths), perturb=perturb)
        whole = seconds(start, device)
        logger.removeHandler(log)
        hours = (whole + (recipe["epochs"] - EPOCHS) * log.seconds[-1]) / 3600
        planned = recognition_costs.train(stage, names, config)[0] * rates[stage] / 3600
        title = f"training '{name}'"
        yield row(f"{title}: the first epoch", log.seconds[0], "s")
        yield row(f"{title}: a later epoch, with validation", log.seconds[-1], "s")
        yield row(f"{title}: waiting for data", log.waited[-1], "% of the time")
        title = f"{title}: {recipe['epochs']} epochs, extrapolated"
        yield row(title, hours, "hours", "make plan", hours / planned)
    model, clips = R3D(network["depth"], sizes.classes, network["width"]), DecodedClips(test_paths)
    length, size = network["frames"], network["size"]
    spent = seconds(
        partial(predict, model, clips, length, size, device, workers=sizes.workers), device
    )
    names |= {"corruption": "clean", "level": "0", "seed": "0"}
    work, _ = recognition_costs.predict("predict_recognition", names, config)
    planned = work * rates["predict_recognition"]
    yield row("prediction of all test clips", spent, "s", "make plan", spent / planned)


def start_up(device):
    for dtype in (torch.bfloat16, torch.float32):
        devices.allow_tf32(dtype != torch.float32)
        name = str(dtype).removeprefix("torch.")
        spent = seconds(partial(devices.check_convolutions, device, dtype), device)
        yield row(f"check of convolutions, {name}", spent, "s", wanted="< 1")
        worst = max(devices.worst_difference(*case, device, dtype) for case in devices.CONVOLUTIONS)
        yield row(f"convolutions, {name}: against the CPU's", worst, "relative difference")


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", default=PARTS, help=f"of {', '.join(PARTS)}")
    parser.add_argument("--tiny", action="store_true", help="sizes for a test, on a CPU as well")
    parser.add_argument("--compile", action="store_true", help="torch.compile, too: a minute more")
    parser.add_argument("--scratch", help="folder for 30 GB of decoded clips; /tmp without it")
    parser.add_argument("--results", type=Path, default=ROOT / "results")
    options = parser.parse_args(arguments)
    device, sizes = devices.pick_device(), TINY if options.tiny else Sizes()
    if device.type == "cpu" and not options.tiny:
        sys.exit("framefault: There is no GPU that torch can use, so there is nothing to measure.")
    facts = {
        "device": devices.describe(device), "torch": torch.__version__,
        "torchvision": torchvision.__version__, "cuda": torch.version.cuda,
        "cudnn": torch.backends.cudnn.version(), "python": platform.python_version(),
        "processor cores": os.cpu_count(),
    }  # fmt: skip
    print(facts, flush=True)
    rows = []
    with tempfile.TemporaryDirectory(prefix="framefault-bench-", dir=options.scratch) as folder:
        folder, caches = Path(folder), None
        if {"recognition", "defence"} & set(options.parts):
            # Before anything is done on the GPU: these are processes forked from this one.
            start = time.perf_counter()
            caches = make_caches(folder, sizes, os.cpu_count())
            rows.append(row("making the clips", time.perf_counter() - start, "s"))
        measure = {
            "start-up": lambda: start_up(device),
            "recognition": lambda: recognition(sizes, device, caches, options.compile),
            "tracking": lambda: tracking(sizes, device, folder),
            "detection": lambda: detection(sizes, device),
            "frames": lambda: frames(sizes, device),
            "defence": lambda: defence(sizes, device, caches, folder),
        }
        start_up_too = ("start-up",) if device.type == "cuda" else ()
        for part in (*start_up_too, *options.parts):
            rows += measure[part]()
            write(options.results, rows, facts)
    print((options.results / "bench_gpu.md").read_text(encoding="utf-8"))


def write(folder, rows, facts):
    folder.mkdir(parents=True, exist_ok=True)
    head = "\n".join(f"- {name}: {value}" for name, value in facts.items())
    table = tabulate(rows, "keys", "github", floatfmt=".3g")
    (folder / "bench_gpu.md").write_text(f"{head}\n\n{table}\n", encoding="utf-8")
    text = json.dumps(facts | {"figures": rows}, indent=2)
    (folder / "bench_gpu.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
