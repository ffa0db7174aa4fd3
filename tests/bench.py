"""Measure how fast framefault is on this machine: `make bench`, or with --quick without the demo.

Each figure is a ratio whose two sides are measured in turn in this one run. Writes
results/bench.md and results/bench.json.
"""

import argparse
import io
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from functools import partial
from pathlib import Path

import av
import numpy as np
import psutil
import pyarrow as pa
import torch
import yaml
from av.video.reformatter import VideoReformatter
from PIL import Image, ImageOps
from tabulate import tabulate

from bench_gpu import PICTURES, Sizes, Synthetic, make_clip_file, write_part
from bench_peers import PEERS, usable
from chromium import launched
from framefault.corruption.packet_loss import corrupt as drop_packets
from framefault.corruption.registry import corruptions
from framefault.data.motion import ACTIONS, make_clip
from framefault.seeds import rng
from framefault.tasks.frames.scoring import pm_k, project
from framefault.tasks.frames.sets import VID_CLASSES, pm_sets, vid_sets
from framefault.tasks.recognition.networks.r3d import R3D
from framefault.tasks.recognition.views import TrainingClips
from framefault.training.device import avoid_wrong_kernels, set_up
from framefault.training.loop import Classification, make_optimizer, train_epoch
from framefault.video.cache import DecodedClips
from framefault.video.decode import (
    BT601,
    FILTER,
    LIMITED,
    cache_size,
    decode_clip,
    decode_pictures,
    of_clean,
    of_damaged,
)
from framefault.video.encode import encode_frames
from framefault.video.pictures import centre_box
from framefault.video.reading import open_bytes, video_stream
from workflow_tools import (
    ROOT,
    SHARED,
    copy_project,
    planned_jobs,
    snakemake,
    start_snakemake,
)

FRAMES, FPS, WIDTH, HEIGHT = 90, 30, 320, 240
REPEATS = 15
CPU = torch.device("cpu")
PAPERS = ("paper_a", "paper_b", "protection")
SEEDS = 10  # 15,000 jobs
STEP = "recognition={adversarial: {step: 1.5}}"
# What is made from stored predictions.
SCORES = ("cells", "tables", "figures", "comparison")


def noisy_clip(codec, container, options):
    """A 320x240 clip of 90 frames: a moving pattern under sensor noise."""
    draw = rng("bench", codec)
    texture = draw.integers(0, 256, (HEIGHT // 8 + 40, WIDTH // 8 + 40, 3), np.uint8)
    texture = texture.repeat(8, 0).repeat(8, 1)
    file = io.BytesIO()
    with av.open(file, "w", format=container) as out:
        stream = out.add_stream(codec, rate=FPS)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.options = {"threads": "1"} | options
        for index in range(FRAMES):
            view = texture[index : index + HEIGHT, 2 * index : 2 * index + WIDTH]
            noisy = np.clip(view + draw.normal(0, 6, view.shape), 0, 255).astype(np.uint8)
            out.mux(stream.encode(av.VideoFrame.from_ndarray(noisy, format="rgb24")))
        out.mux(stream.encode())
    return file.getvalue()


CLIPS = {
    "H.264 (MP4)": ("libx264", "mp4", {"crf": "23", "x264-params": "mbtree=0"}),
    "MPEG-4 (AVI)": ("mpeg4", "avi", {"b": "1200k"}),
}


def seconds(function):
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def cpu_seconds(function):
    """The same of all threads of this process, which other work on the machine changes little."""
    start = time.process_time()
    function()
    return time.process_time() - start


def decode_only(data):
    with open_bytes(data) as container:
        stream = video_stream(container)
        for packet in container.demux(stream):
            for _ in stream.codec_context.decode(packet if packet.size else None):
                pass


def packet_loss_speed(name, data):
    draws = [rng("bench", repeat) for repeat in range(REPEATS)]
    spent = [seconds(partial(drop_packets, data, 0.1, draw)) for draw in draws]
    return {
        "figure": f"packet loss, {name}: clip duration / seconds spent",
        "ratio": FRAMES / FPS / statistics.median(spent),
        "wanted": 200,
    }


def decode_speeds(name, data):
    """Decoding with resizing against decoding alone: ours, only its calls of swscale, and peers.

    Ours keeps YUV, of which RGB is made where it is looked at; `decode_clip` makes it at once, as
    the peers do.
    """
    size = cache_size(WIDTH, HEIGHT, 112)
    ways = {
        "ours": (partial(decode_pictures, data, size, 112, expected_frames=FRAMES), 0.75),
        "ours, in RGB": (partial(decode_clip, data, size, 112, expected_frames=FRAMES), None),
        "ours, if storing frames cost nothing": (partial(decode_and_scale, data, size), None),
    }
    for peer, decode in PEERS.items():
        if usable(peer, data, size, FRAMES):
            ways[peer] = partial(decode, data, size), None
    ratios = defaultdict(list)
    for _ in range(REPEATS):
        for way, (function, _) in ways.items():
            decode_only(data)  # of the way before, nothing is left in the processor's caches
            ratios[way].append(cpu_seconds(partial(decode_only, data)) / cpu_seconds(function))
    return [
        {
            "figure": f"decode + resize to 112, {name}, {way}: clips/s / decode-only clips/s",
            "ratio": statistics.median(ratios[way]),
            "wanted": wanted,
        }
        for way, (_, wanted) in ways.items()
    ]


def decode_and_scale(data, size):
    """What `decode_pictures` has FFmpeg do, and nothing else."""
    to_small = VideoReformatter()
    with open_bytes(data) as container:
        for picture in container.decode(video_stream(container)):
            to_small.reformat(
                picture, *size, "yuv420p", BT601, BT601, FILTER, dst_color_range=LIMITED, threads=1
            )


def loader_speeds(folder):
    """Batches of training clips: ours, of cached frames, against a JPEG file per frame and PIL.

    As the original loads them: 16 frames of a clip, cropped at a corner, reduced to 112 pixels.
    Ours leaves what follows the crop to the device; on a CPU, that counts too.
    """
    sizes, length, side = Sizes(distinct=4), 16, 112
    for number in range(sizes.distinct):
        make_clip_file(folder, sizes, number)
    clips = DecodedClips([write_part(folder, sizes, "train", range(16))])
    natural = make_clip("bench", "pan_left", "coffee", WIDTH, HEIGHT, FRAMES, 6)
    for number, frame in enumerate(natural):
        Image.fromarray(frame).save(folder / f"{number}.jpg", quality=95)
    recipe = {"crop_scales": [1, 0.84, 0.71, 0.59, 0.5], "flip": 0.5, "batch_size": 16}
    data = TrainingClips(
        clips, range(16), lambda index, draw: clips[index], "bench", 0, recipe, length, side
    )

    def collected(epoch):
        (batch,) = data.batches(epoch)
        return data.collect(epoch, batch)[0]

    def made_here(epoch):
        return data.normalise(data.as_input(collected(epoch)))

    def original(epoch):
        draw, batch = rng("bench", "loader", epoch), []
        for _ in range(16):
            start, scale = draw.integers(FRAMES - length), draw.choice(recipe["crop_scales"])
            box = (0, 0, int(scale * HEIGHT), int(scale * HEIGHT))
            flip = draw.random() < recipe["flip"]
            for number in range(start, start + length):
                picture = Image.open(folder / f"{number}.jpg").convert("RGB").crop(box)
                picture = picture.resize((side, side), Image.Resampling.BILINEAR)
                batch.append(np.asarray(ImageOps.mirror(picture) if flip else picture))
        pixels = torch.from_numpy(np.stack(batch)).unflatten(0, (16, length))
        return data.normalise(pixels.permute(0, 4, 1, 2, 3).float())

    set_up(CPU)
    ratios = defaultdict(list)
    for epoch in range(7):
        spent = cpu_seconds(partial(original, epoch))
        for way in (collected, made_here):
            ratios[way].append(spent / cpu_seconds(partial(way, epoch)))
    return [
        {
            "figure": f"training clips/s, {what}: from the cache / from JPEG files with PIL",
            "ratio": statistics.median(ratios[way]),
            "wanted": wanted,
        }
        for way, what, wanted in (
            (collected, "as a GPU takes them", 15),
            (made_here, "as a CPU takes them", None),
        )
    ]


def cache_sizes():
    """What decoded frames take of the disk, and would take if they were compressed as well.

    One clip of 320x240 per action, at the levels that BAT trains on. Compressed, each frame is the
    differences to the value before.
    """
    config = yaml.safe_load((ROOT / "config/config.yaml").read_text(encoding="utf-8"))
    levels, size = config["recognition"]["bat"]["levels"], cache_size(WIDTH, HEIGHT, 128)
    stored = damaged = total = 0
    rgb, raw, packed, slow, fast = 0, 0, 0, 0.0, 0.0
    for number, action in enumerate(ACTIONS):
        picture = PICTURES[number % len(PICTURES)]
        pixels = make_clip("bench", action, picture, WIDTH, HEIGHT, FRAMES, 6)
        data = encode_frames(pixels, FPS, {"crf": "23"})
        clean, account = decode_pictures(data, size, expected_frames=FRAMES)
        when = of_clean(clean, account["times"])["times"]
        for name, method in corruptions().items():
            for level in levels.get(name, ()):
                damage = method.load()(data, float(level), rng("bench", "cache", action, level))
                total += len(clean)
                if damage.changed:
                    frames, account = decode_pictures(damage.data, size, expected_frames=FRAMES)
                    found = of_damaged(frames, account["times"], damage.delay, clean, when, False)
                    damaged, stored = damaged + len(frames), stored + len(found["stored"])
        for number in range(0, len(clean), 9):
            file, kept = io.BytesIO(), clean.kept(number)
            Image.fromarray(clean[number]).save(file, "jpeg", quality=95)
            small = pa.compress(np.diff(kept, prepend=kept[:1]).tobytes(), "zstd", asbytes=True)
            rgb, raw, packed = rgb + clean[number].nbytes, raw + kept.nbytes, packed + len(small)
            slow += cpu_seconds(lambda file=file: np.asarray(Image.open(file).convert("RGB")))
            fast += cpu_seconds(
                lambda small=small, kept=kept: pa.decompress(small, kept.nbytes, "zstd")
            )
    return [
        {"figure": "decoded frames that are stored / frames of damaged clips",
         "ratio": stored / damaged},
        {"figure": "decoded frames that are stored / frames of all clips at all levels",
         "ratio": stored / total},
        {"figure": "frames in RGB / as they are kept", "ratio": rgb / raw},
        {"figure": "frames as they are kept / compressed without loss (zstd)",
         "ratio": raw / packed},
        {"figure": "reading a JPEG file with PIL / decompressing a frame (zstd)",
         "ratio": slow / fast, "wanted": 15},
    ]  # fmt: skip


def precision_speed(name, batch, depth, width, size):
    """Training steps of R3D in bfloat16 against float32, on one core."""
    draw = torch.Generator().manual_seed(0)
    x = 255 * torch.rand(batch, 3, 16, size, size, generator=draw)
    labels = torch.arange(batch) % 2
    recipe = {"learning_rate": 1e-3, "momentum": 0.9, "dampening": 0, "weight_decay": 0}
    steps = {}
    for precision in ("float32", "bfloat16"):
        model = R3D(depth, 2, width)
        if precision == "bfloat16":
            avoid_wrong_kernels(model)
        model.to(memory_format=torch.channels_last_3d)
        like = x.contiguous(memory_format=torch.channels_last_3d)
        data = Synthetic(torch.channels_last_3d, like, labels, 2)
        optimizer = make_optimizer(model, recipe)
        steps[precision] = partial(
            train_epoch, model, data, Classification(), 0, optimizer, None, CPU, None, 1
        )

    def spent(precision):
        set_up(CPU, precision=precision)
        return cpu_seconds(steps[precision])

    spent("float32"), spent("bfloat16")
    ratios = [spent("float32") / spent("bfloat16") for _ in range(3)]
    return {
        "figure": f"training of {name}: bfloat16 steps/s / float32 steps/s",
        "ratio": statistics.median(ratios),
        "wanted": None,
    }


def pm_k_speed():
    """Seconds to score 60 models of 1000 classes on the frames of ImageNet-Vid-Robust, k = 0..10.

    Random logits of the real size; the sets are the official ones where they are at hand, and
    otherwise 1,109 anchors with 20 neighbours each.
    """
    metadata = SHARED / "vid_robust" / "metadata"
    if metadata.is_dir():
        sets = vid_sets(metadata)
    else:
        draw = rng("bench", "sets")
        around = [offset for offset in range(-10, 11) if offset]
        anchors = [
            (f"{v}/100", [v % 30], [(f"{v}/{100 + k}", k, [v % 30], []) for k in around])
            for v in range(1109)
        ]
        targets = np.array_split(draw.permutation(1000)[:288], 30)
        subclasses = {target: each.tolist() for target, each in enumerate(targets)}
        sets = pm_sets([name for _, name in VID_CLASSES], subclasses, anchors)
    logits = rng("bench", "logits").standard_normal((len(sets.frames), 1000), np.float32)
    spent = 0.0
    for _ in range(60):
        logits = np.roll(logits, 1, axis=1)  # another model of the same size
        start = time.perf_counter()
        pm_k(project(logits, sets).argmax(1), sets)
        spent += time.perf_counter() - start
    return {
        "pm-k": f"60 models x {len(sets.frames)} frames x 1000 classes, k = 0..10",
        "seconds": spent,
        "wanted at most": 30,
    }


def pixel_difference(name, data):
    """How far cached pixels are from the original's: JPEG frames, resized by PIL, cropped."""
    frames, _ = decode_clip(data, cache_size(WIDTH, HEIGHT, 112), 112, expected_frames=FRAMES)
    with open_bytes(data) as container:
        pictures = [frame.to_image() for frame in container.decode(video_stream(container))]
    original = []
    for picture in pictures:
        jpeg = io.BytesIO()
        picture.save(jpeg, "JPEG", quality=90)
        resized = Image.open(jpeg).resize(cache_size(WIDTH, HEIGHT, 112), Image.Resampling.BILINEAR)
        top, left, *_ = centre_box(resized.height, resized.width, 112)
        original.append(np.asarray(resized)[top : top + 112, left : left + 112])
    difference = frames.astype(float) - np.stack(original)
    return {
        "pixels against JPEG and PIL": name,
        "mean absolute difference, of 255": np.abs(difference).mean(),
        "PSNR, dB": 10 * np.log10(255**2 / np.square(difference).mean()),
    }


def plans(project):
    """Jobs of Table 1 and seconds to plan them, per configuration."""
    rows = []
    for config in ("config.yaml", "paper.yaml"):
        arguments = ("-n", "results/tables/table1.csv", "--configfile", f"config/{config}")
        start = time.perf_counter()
        jobs = planned_jobs(start_snakemake(project, arguments, timeout=None))
        rows.append(
            {"configuration": config, "jobs": sum(jobs.values()),
             "dry-run seconds": time.perf_counter() - start}
        )  # fmt: skip
    return rows


def planning(project):
    """What planning costs, beside a bare workflow of the same graph, measured in turn."""
    seeds = {drawn: list(range(SEEDS)) for drawn in ("training", "corruption")}
    (project / "many.json").write_text(json.dumps({"seeds": seeds}), encoding="utf-8")
    rows = []
    for name, files in {
        "Table 1 of the paper": ["config/paper.yaml"],
        f"its {SEEDS} trainings and {SEEDS} draws": ["config/paper.yaml", "many.json"],
    }.items():
        given = ["results/tables/table1.csv", "--configfile", *files]
        twin = make_twin(project, *given)
        rows.append({"plan": name} | beside_twin(project, ["-n", *given], twin, ["-n"]))
    return rows


def nothing_to_do(project):
    """What it costs to learn that all is there, beside a bare workflow of the same graph."""
    twin = make_twin(project, "all")
    snakemake(twin, "-c2", "--quiet", "all")
    return [{"plan": "nothing to do"} | beside_twin(project, ["-c1"], twin, ["-c1"])]


def make_twin(project, *arguments):
    """A folder with the bare workflow of a plan."""
    folder = project / f"twin{len(list(project.glob('twin*')))}"
    command = [sys.executable, ROOT / "tests/twin.py", folder, *arguments]
    subprocess.run(command, cwd=project, check=True, stdout=subprocess.DEVNULL)
    return folder


def beside_twin(project, own, twin, bare):
    """CPU seconds and peak memory of both: the quickest of three runs in turn."""
    runs = [(spent(project, own), spent(twin, bare)) for _ in range(3)]
    (ours, our_mb), (theirs, their_mb) = map(min, zip(*runs, strict=True))
    rules = json.loads((twin / "graph.json").read_text())["rules"].values()
    jobs = sum(len(rule["inputs"]) for rule in rules)
    return {
        "jobs": jobs, "CPU s": ours, "bare: CPU s": theirs, "ratio": ours / theirs,
        "MB": our_mb, "bare: MB": their_mb,
    }  # fmt: skip


def spent(folder, arguments):
    """(CPU seconds, peak MB) of Snakemake in a folder.

    Its other scheduler solves a linear program, which for the twin takes longer than all else.
    """
    command = [sys.executable, "-m", "snakemake", "--scheduler", "greedy", *arguments]
    silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen(command, cwd=folder, **silent)
    _, process.returncode, used = os.wait4(process.pid, 0)
    if process.returncode:
        sys.exit(f"snakemake {' '.join(arguments)} failed in {folder}")
    return used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def tree_memory(process):
    """Memory of a process and all below it in MB, shared pages counted once."""
    total = 0
    for member in [process, *process.children(recursive=True)]:
        try:
            total += member.memory_full_info().pss
        except psutil.Error:
            continue
    return total / 2**20


def in_turn(project, target):
    """Seconds and peak memory of a target, with what was made before it, on two cores."""
    command = [sys.executable, "-m", "snakemake", "-c2", target, "--quiet", "rules"]
    start, peak = time.perf_counter(), 0
    running = psutil.Popen(command, cwd=project, stderr=subprocess.DEVNULL)
    while running.poll() is None:
        peak = max(peak, tree_memory(running))
        time.sleep(1)
    if running.returncode:
        sys.exit(f"{target} failed")
    return {
        "from nothing, one after the other": target,
        "seconds": time.perf_counter() - start,
        "peak MB": peak,
    }


def report(project):
    """Seconds to make the report of everything, and to open it until its table sorts."""
    made = seconds(partial(snakemake, project, "-c2", "results/report.html"))
    page = project / "results/report.html"
    found = {"report": "all papers", "seconds to make": made, "MB": page.stat().st_size / 1e6}
    if shutil.which("chromium"):
        with launched() as browser:
            found["seconds to open"] = seconds(partial(open_page, browser.new_page(), page))
    return found


def open_page(tab, page):
    tab.goto(page.as_uri())
    tab.wait_for_selector("html[data-ready]")


def on_finished_results(project):
    """Seconds of what is asked most often once everything is made."""
    arguments = {
        "nothing to do, Table 1": ["results/tables/table1.csv"],
        "nothing to do, all papers and the report": [],
        "dry-run after a changed setting": ["-n", "--config", STEP],
    }
    rows = [
        {"with all results": what, "seconds": seconds(partial(snakemake, project, "-c2", *given))}
        for what, given in arguments.items()
    ]
    for folder in SCORES:
        shutil.rmtree(project / "results" / folder)
    for paper in PAPERS:
        what = f"scores, tables and figures of {paper} from predictions"
        spent = seconds(partial(snakemake, project, "-c2", paper))
        rows.append({"with all results": what, "seconds": spent})
    return rows


def stages(project):
    """Jobs, time and memory by stage, as the jobs' logs have them."""
    used = defaultdict(list)
    for log in sorted((project / "results/logs").rglob("*.log")):
        stage = log.relative_to(project / "results/logs").with_suffix("").parts[0]
        usage = re.search(r"usage: ([\d.]+) s, ([\d.]+) CPU s, (\d+) MB", log.read_text())
        if usage:
            used[stage].append([float(value) for value in usage.groups()])
    rows = [
        {"stage": stage, "jobs": len(rows), "seconds": sum(row[0] for row in rows),
         "CPU seconds": sum(row[1] for row in rows), "peak MB of a job": max(r[2] for r in rows)}
        for stage, rows in used.items()
    ]  # fmt: skip
    return sorted(rows, key=lambda row: -row["seconds"])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="leave out the whole demo")
    quick = parser.parse_args().quick
    clips = {name: noisy_clip(*settings) for name, settings in CLIPS.items()}
    ratios = [packet_loss_speed(name, data) for name, data in clips.items()]
    ratios += [row for name, data in clips.items() for row in decode_speeds(name, data)]
    with tempfile.TemporaryDirectory(prefix="framefault-bench-") as folder:
        ratios += loader_speeds(Path(folder))
    ratios += cache_sizes()
    ratios.append(precision_speed("the default network", 16, 10, 0.25, 48))
    ratios.append(precision_speed("R3D-18 at 112 pixels", 2, 18, 1, 112))
    project = copy_project(Path(tempfile.mkdtemp(prefix="framefault-bench-")))
    natural = make_clip("bench", "pan_left", "coffee", WIDTH, HEIGHT, FRAMES, 6)
    pixels = [
        pixel_difference("natural picture under noise", encode_frames(natural, FPS, {"crf": "23"})),
        pixel_difference("blocks of random colours", clips["H.264 (MP4)"]),
    ]
    result = {"ratios": ratios, "pixels": pixels, "pm_k": [pm_k_speed()]}
    result["plans"] = plans(project)
    result["planning"] = planning(project)
    if not quick:
        targets = ["results/tables/table1.csv", *PAPERS]
        result["from nothing"] = [in_turn(project, target) for target in targets]
        result["report"] = [report(project)]
        result["stages"] = stages(project)
        result["nothing to do"] = nothing_to_do(project)
        result["afterwards"] = on_finished_results(project)
    shutil.rmtree(project)
    text = "\n\n".join(tabulate(rows, "keys", "github", floatfmt=".2f") for rows in result.values())
    (ROOT / "results").mkdir(exist_ok=True)
    (ROOT / "results/bench.md").write_text(text + "\n", encoding="utf-8")
    (ROOT / "results/bench.json").write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
