"""A campaign of damaged files: `make fuzz N=1000000`, or `make fuzz SEED=17` for one case again.

A case is a number, from 0 up. It says which clip is damaged, how, and what is done with it: every
second one is decoded as the workflow does, the others are listed and encoded as raw videos are;
PART=decode or PART=encode takes only these.
Every encoder and container of PyAV's wheel that makes files which can be read takes part, and every
corruption. A case fails where it ends in a traceback, or decodes to other pixels a second time.
Writes results/fuzz.md. A killed campaign goes on; `rm -r results/fuzz` begins a new one.
"""

import argparse
import io
import json
import os
import sys
import traceback
from collections import Counter
from functools import cache, partial
from itertools import tee
from pathlib import Path

import av
import numpy as np
import yaml
from tabulate import tabulate

from campaign import read_state
from framefault.corruption.damage import Damage
from framefault.corruption.registry import corruptions
from framefault.corruption.rtp.codecs import CODECS
from framefault.files import sha256
from framefault.seeds import rng
from framefault.video.decode import cache_size, decode_pictures, of_clean, of_damaged, scaled
from framefault.video.encode import transcode
from framefault.video.probe import probe
from framefault.video.reading import DAMAGE
from framefault.video.watchdog import guarded_map
from workflow_tools import ROOT

PARTS = "decode", "encode"
FRAMES, SHORT_SIDE = 12, 32
SIZES = ((96, 64), (176, 144), (720, 576))  # some encoders take only the larger ones
LIMITS = yaml.safe_load((ROOT / "config/config.yaml").read_text(encoding="utf-8"))["decode"]
ENCODE = {"crf": 23, "preset": "ultrafast", "gop": 250}
ENCODE_LIMITS = 120, 4096  # CPU seconds and MiB, as scripts/encode.py has them
DEVICES = ("_amf", "_nvenc", "_qsv", "_v4l2m2m")  # ends of encoders that need one
OPTIONS = {
    "libx264": {"x264-params": "mbtree=0"},
    "libx265": {"x265-params": "log-level=none:frame-threads=1:pools=1"},
    "libsvtav1": {"preset": "12", "svtav1-params": "lp=1"},
    "libvpx": {"cpu-used": "8"},
    "libvpx-vp9": {"cpu-used": "8"},
}
# Damage that no corruption does, as {name: what is left of the bytes}.
BY_HAND = {"cut": lambda data, draw: data[: draw.integers(len(data))], "empty": lambda *_: b""}
TWICE = 10  # one of so many cases is run a second time


def encoders():
    """The names of all encoders of videos that need no device."""
    found = set()
    for name in av.codecs_available:
        try:
            codec = av.Codec(name, "w")
        except ValueError:  # it can only decode
            continue
        if codec.type == "video" and not codec.name.endswith(DEVICES):
            found.add(codec.name)
    return sorted(found)


def containers():
    """The names of all formats that write videos into one file."""
    found = []
    for name in sorted(av.formats_available):
        try:
            if av.ContainerFormat(name, "w").no_file:  # playlists, devices, the network
                continue
        except ValueError:  # it can only be read
            continue
        with av.open(io.BytesIO(), "w", format=name) as out:
            if out.default_video_codec != "none":
                found.append(name)
    return found


@cache
def pictures(width, height):
    """Noise under a pattern that moves: every frame has motion and detail to code."""
    draw = rng("fuzz", "pictures")
    scene = draw.integers(0, 128, (height // 8 + 8, width // 8 + 8, 3), np.uint8)
    scene = scene.repeat(8, 0).repeat(8, 1)
    views = [scene[t : t + height, 2 * t : 2 * t + width] for t in range(FRAMES)]
    return [view + draw.integers(0, 24, view.shape, np.uint8) for view in views]


def encoded(pair):
    """A clip's bytes by an encoder in a container, or None where they do not fit."""
    for size in SIZES:
        try:
            data = written_by(*pair, *size)
        except Exception as error:  # whatever an encoder has against it
            if "not support" in str(error):  # so says PyAV of a container without the codec
                return None
            continue
        try:
            probe(data)
        except ValueError:  # in no size can the container be read
            return None
        return data
    return None


def written_by(encoder, container, width, height):
    file = io.BytesIO()
    formats = [each.name for each in av.Codec(encoder, "w").video_formats or ()]
    with av.open(file, "w", format=container, container_options={"fflags": "+bitexact"}) as out:
        stream = out.add_stream(encoder, rate=25, width=width, height=height)
        stream.pix_fmt = "yuv420p" if "yuv420p" in formats else (formats or ["yuv420p"])[0]
        stream.options = {"threads": "1", "strict": "-2"} | OPTIONS.get(encoder, {})
        for pixels in pictures(width, height):
            picture = av.VideoFrame.from_ndarray(pixels, format="rgb24")
            out.mux(stream.encode(picture.reformat(format=stream.pix_fmt)))
        out.mux(stream.encode())
    return file.getvalue()


def make_clips(folder, pairs, workers):
    """Write every clip that can be made and read, as encoder.container, once for all cases."""
    part = folder.with_name("clips.part")
    part.mkdir(parents=True, exist_ok=True)
    tasks = ((pair, 10, 2048) for pair in pairs)  # CPU seconds, MiB
    for pair, (_, data) in zip(pairs, guarded_map(encoded, tasks, workers), strict=True):
        if data is not None:
            (part / ".".join(pair)).write_bytes(data)
    part.rename(folder)


def case(seed, clips):
    """What a case is: its clip, what is done with it, and how it is damaged."""
    draw, ways = rng("fuzz", seed), [*corruptions(), *BY_HAND]
    way = ways[seed // 2 % len(ways)]
    about = corruptions()[way].about if way in corruptions() else {"parameters": {}, "codecs": ""}
    if about["codecs"] == "rtp":
        clips = [clip for clip in clips if codec_of(clip) in CODECS]
    return {
        "seed": seed,
        "part": PARTS[seed % 2],
        "clip": clips[draw.integers(len(clips))],
        "corruption": way,
        "level": 10 ** draw.uniform(-5, np.log10(0.5)),
        "parameters": {name: drawn(rule, draw) for name, rule in about["parameters"].items()},
    }


@cache
def codec_of(clip):
    return av.Codec(clip.split(".")[0], "w").canonical_name


def drawn(rule, draw):
    """A parameter's value: any of a few, or either its default or its least one."""
    booleans = [False, True] if rule.get("type") == "boolean" else None
    values = rule.get("enum") or booleans or [rule["default"], rule.get("minimum", rule["default"])]
    return values[draw.integers(len(values))]


def damaged(facts, data):
    """The Damage of a case's clip. Raises ValueError where the corruption refuses it."""
    draw = rng("fuzz", "damage", facts["seed"])
    if facts["corruption"] in BY_HAND:
        return Damage(BY_HAND[facts["corruption"]](data, draw), 0, 0, True)
    corrupt = corruptions()[facts["corruption"]].load(**facts["parameters"])
    return corrupt(data, facts["level"], draw)


def run_case(facts, folder):
    """{"status", "pixels", "error"} of a case, as far as it has them; raises only MemoryError."""
    try:
        clean = (folder / facts["clip"]).read_bytes()
        try:
            damage = damaged(facts, clean)
        except ValueError as error:
            return {"status": "refused", "said": str(error)}
        return decoded(clean, damage) if facts["part"] == "decode" else listed(damage.data)
    except MemoryError:
        raise
    except Exception:
        return {"status": "traceback", "error": traceback.format_exc()}


@cache
def undamaged(clean):
    """What a clip is decoded with, its own frames, and when each is shown: once in a worker."""
    row = probe(clean)
    size = cache_size(row["width"], row["height"], SHORT_SIDE)
    todo = {"expected_frames": row["frames"], "turns": row["turns"]}
    frames, account = decode_pictures(clean, size, **todo)
    return size, todo, frames, of_clean(frames, account["times"])["times"]


def decoded(clean, damage):
    """What becomes of a corrupted file, as in the stage of decoding."""
    size, todo, original, when = undamaged(clean)
    frames, account = decode_pictures(damage.data, size, **todo)
    account |= of_damaged(frames, account["times"], damage.delay, original, when, True)
    assert frames.shape == (account["frames"], size[1], size[0], 3)
    assert len(account["numbers"]) == len(frames)
    status = "ok" if len(frames) else "no frame" if account["opened"] else "not opened"
    return {"status": status, "pixels": sha256(frames.stored.tobytes() + repr(account).encode())}


def listed(data):
    """What becomes of a damaged source, as in the stages of listing and encoding."""
    try:
        probe(data)
    except ValueError:
        return {"status": "not listed"}
    try:
        clip = transcode(data, ENCODE)
    except DAMAGE:
        return {"status": "not encoded"}
    probe(clip)
    return {"status": "ok", "pixels": sha256(clip)}


def limited(facts):
    """A case as `guarded_map` takes it, with what the workflow lets a file take."""
    if facts["part"] == "encode":
        return facts, *ENCODE_LIMITS
    width, height = SIZES[-1]
    return facts, *scaled(LIMITS, {"frames": FRAMES, "width": width, "height": height}, SIZES[-1])


def times(facts):
    return 2 if facts["seed"] // 2 % TWICE == 0 else 1


def run_cases(cases, folder, workers):
    """Yield each case with what became of it; those that are run twice must end the same."""
    cases, ahead = tee(cases)
    tasks = (limited(facts) for facts in ahead for _ in range(times(facts)))
    results = guarded_map(partial(run_case, folder=folder), tasks, workers)
    for facts in cases:
        (status, found), *others = (next(results) for _ in range(times(facts)))
        found = found or {"status": status}
        for _, other in others:
            if other and other != found and "pixels" in found:
                found = {"status": "other pixels", "error": f"{found}, then {other}"}
        yield facts | found


def written(rows, clips):
    """The report's text: counts by status, and each failure with its seed."""
    statuses = sorted({row["status"] for row in rows})
    counts = Counter((row["part"], row["corruption"], row["status"]) for row in rows)
    table = [
        {"then": part, "damage": way} | {status: counts[part, way, status] for status in statuses}
        for part, way in sorted({key[:2] for key in counts})
    ]
    failures = [
        f"`make fuzz SEED={row['seed']}`: {row['clip']}, {row['corruption']}\n\n"
        f"```\n{row['error'].rstrip()}\n```"
        for row in rows
        if "error" in row
    ]
    used, stored = (len({clip.split(".")[place] for clip in clips}) for place in (0, 1))
    about = (
        f"{len(rows)} cases, {len(failures)} failed. {len(clips)} clips of {used} encoders"
        f" and {stored} containers, PyAV {av.__version__}."
    )
    return "\n\n".join([about, tabulate(table, "keys", "github"), *failures]) + "\n"


def main(arguments=None):
    """Run what the arguments say; gives whether a case failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=10000, help="seeds from 0 on")
    parser.add_argument("--seed", type=int, help="only this case, done before or not")
    parser.add_argument("--part", choices=PARTS, help="only these cases; both by default")
    parser.add_argument("--results", type=Path, default=ROOT / "results")
    parser.add_argument("--encoders", nargs="*", help="only these")
    parser.add_argument("--containers", nargs="*", help="only these")
    given = parser.parse_args(arguments)
    parts = [given.part] if given.part else PARTS
    folder, workers = given.results / "fuzz/clips", len(os.sched_getaffinity(0))
    if not folder.exists():
        into = given.containers or containers()
        pairs = [(encoder, each) for encoder in given.encoders or encoders() for each in into]
        make_clips(folder, pairs, workers)
    clips = sorted(path.name for path in folder.iterdir())
    if given.seed is not None:
        (row,) = run_cases([case(given.seed, clips)], folder, workers)
        print("\n".join(f"{key}: {value}" for key, value in row.items()))
        return "error" in row
    state = given.results / "fuzz/cases.jsonl"
    rows = read_state(state)
    done = {row["seed"] for row in rows}
    todo = (case(seed, clips) for seed in range(given.count) if seed not in done)
    todo = (facts for facts in todo if facts["part"] in parts)
    with state.open("a", encoding="utf-8") as file:
        for row in run_cases(todo, folder, workers):
            print(json.dumps(row), file=file, flush=True)
            rows.append(row)
    text = written(sorted(rows, key=lambda row: row["seed"]), clips)
    (given.results / "fuzz.md").write_text(text, encoding="utf-8")
    print(text)
    return any("error" in row for row in rows)


if __name__ == "__main__":
    sys.exit(main())
