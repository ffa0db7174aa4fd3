"""Make the embedded videos of pm-k, with metadata in the layouts of the releases."""

import json
from concurrent.futures import ProcessPoolExecutor

import numpy as np

from framefault.data import scenes
from framefault.files import whole
from framefault.tasks.frames import review
from framefault.video.encode import encode_frames
from framefault.workflow.job import stage

# Short groups of pictures, so that I, P and B frames all come up as anchors.
ENCODER = {"crf": "24", "preset": "veryfast", "g": "12", "bf": "2"}


def make_video(task):
    """One video file; what review says of it, and its object's boxes."""
    name, source, outline, split, frames, path = task
    scene = scenes.video_scene(name, source, outline, split, frames)
    pictures = np.stack([scene.render(frame) for frame in range(scene.frames)])
    path.write_bytes(encode_frames(pictures, scenes.frame_rate(name), ENCODER))
    return review.review(scene, name), scene.boxes().round(1).tolist()


def make_split(pool, dataset, settings, split, part):
    """All videos of a split, and their boxes; what review says of them."""
    in_val = settings["layout"] == "vid"
    folder = part / ("train" if split == "train" else "val" if in_val else ".")
    suffix = "" if split == "train" or in_val else "_0"
    folder.mkdir(parents=True, exist_ok=True)
    videos = list(scenes.plan_videos(dataset, settings, split))
    tasks = [
        (name, source, outline, split, settings["length"], folder / f"{name}{suffix}.mp4")
        for name, source, outline, _ in videos
    ]
    made = list(pool.map(make_video, tasks, chunksize=8))
    boxes = {
        name: {"class": target, "boxes": rows}
        for (name, _, _, target), (_, rows) in zip(videos, made, strict=True)
    }
    (part / f"{split}_boxes.json").write_text(json.dumps(boxes) + "\n", encoding="utf-8")
    return [
        (name, target, *verdict)
        for (name, _, _, target), (verdict, _) in zip(videos, made, strict=True)
    ]


@stage
def main(job):
    settings, dataset = job.settings, job.wildcards.dataset
    with whole(job.output.data) as part, ProcessPoolExecutor(job.threads) as pool:
        make_split(pool, dataset, settings, "train", part)
        reviews = make_split(pool, dataset, settings, "test", part)
        files = review.metadata(settings.layout, reviews)
        review.write_metadata(part / "metadata", files)
        review.write_metadata(part / "misc", review.class_indices(settings.layout))
