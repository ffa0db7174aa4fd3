"""Make the embedded videos of pm-k, with the classes and boxes of their objects."""

import json
from concurrent.futures import ProcessPoolExecutor

import numpy as np

from framefault.data import scenes
from framefault.files import whole
from framefault.video.encode import encode_frames
from framefault.workflow.job import stage

# Short groups of pictures, so that I, P and B frames all come up as anchors.
ENCODER = {"crf": "24", "preset": "veryfast", "g": "12", "bf": "2"}


def make_video(task):
    """One video file; its object's boxes."""
    name, source, outline, split, frames, path = task
    scene = scenes.video_scene(name, source, outline, split, frames)
    pictures = np.stack([scene.render(frame) for frame in range(scene.frames)])
    path.write_bytes(encode_frames(pictures, scenes.frame_rate(name), ENCODER))
    return scene.boxes().round(1).tolist()


def make_split(pool, dataset, settings, split, part):
    """All videos of a split, and a file of their classes and boxes."""
    in_val = settings["layout"] == "vid"
    folder = part / ("train" if split == "train" else "val" if in_val else ".")
    suffix = "" if split == "train" or in_val else "_0"
    folder.mkdir(parents=True, exist_ok=True)
    videos = list(scenes.plan_videos(dataset, settings, split))
    tasks = [
        (name, source, outline, split, settings["length"], folder / f"{name}{suffix}.mp4")
        for name, source, outline, _ in videos
    ]
    made = pool.map(make_video, tasks, chunksize=8)
    boxes = {
        name: {"class": target, "boxes": rows}
        for (name, _, _, target), rows in zip(videos, made, strict=True)
    }
    (part / f"{split}_boxes.json").write_text(json.dumps(boxes) + "\n", encoding="utf-8")


@stage
def main(job):
    settings, dataset = job.settings, job.wildcards.dataset
    with whole(job.output.data) as part, ProcessPoolExecutor(job.threads) as pool:
        for split in ("train", "test"):
            make_split(pool, dataset, settings, split, part)
