"""Make an embedded data set: one folder of H.264/MP4 videos per class."""

import json
import os
import shutil
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from framefault import motion
from framefault.cli import arguments, run
from framefault.encode import encode_frames


def make_video(task):
    clip, action, source, options, path = task
    frames = motion.make_clip(
        clip, action, source,
        options["width"], options["height"], options["frames"], options["noise"],
    )  # fmt: skip
    path.write_bytes(encode_frames(frames, options["fps"], {"crf": "20", "preset": "veryfast"}))


def main():
    args = arguments(__doc__, options=json.loads, videos=Path, workers=int)
    part = args.videos.with_name(f".{os.getpid()}.{args.videos.name}")
    for action in motion.ACTIONS:
        (part / action).mkdir(parents=True)
    tasks = [
        (clip, action, source, args.options, part / action / f"{clip}.mp4")
        for clip, action, source in motion.plan(args.options["pictures"], args.options["clips"])
    ]
    try:
        with ProcessPoolExecutor(args.workers) as pool:
            list(pool.map(make_video, tasks, chunksize=8))
        shutil.rmtree(args.videos, ignore_errors=True)
        part.rename(args.videos)
    finally:
        shutil.rmtree(part, ignore_errors=True)


if __name__ == "__main__":
    run(main)
