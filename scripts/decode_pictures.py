"""Frames of a data set's training videos, with labels, for fine-tuning."""

import json

import numpy as np

from framefault.files import whole, write_json
from framefault.tasks.frames.pictures import frames_of_video
from framefault.tasks.frames.sets import read_sets
from framefault.workflow.job import stage


@stage
def main(job):
    folder, pictures, labels, videos = job.input.videos, [], [], []
    boxes = json.loads((folder / "train_boxes.json").read_text(encoding="utf-8"))
    for name, video in boxes.items():
        numbers = range(0, len(video["boxes"]), job.settings.every)
        found = frames_of_video(folder / "train" / f"{name}.mp4", numbers)
        pictures += [np.asarray(picture) for picture in found]
        labels += [video["class"]] * len(numbers)
        videos += [name] * len(numbers)
    with whole(job.output.pictures) as part:
        np.save(part, np.stack(pictures))
    classes = read_sets(job.input.manifest).classes
    write_json(job.output.labels, {"classes": classes, "labels": labels, "videos": videos})
