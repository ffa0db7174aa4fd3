"""Frames of a data set's training videos, with labels and boxes, to learn from."""

import json

import numpy as np

from framefault.files import whole, write_json
from framefault.tasks.frames.pictures import frames_of_video
from framefault.tasks.frames.sets import read_sets
from framefault.workflow.job import stage


@stage
def main(job):
    folder, pictures, facts = job.input.videos, [], {"labels": [], "videos": [], "boxes": []}
    made = json.loads((folder / "train_boxes.json").read_text(encoding="utf-8"))
    for name, video in made.items():
        numbers = range(0, len(video["boxes"]), job.settings.every)
        found = frames_of_video(folder / "train" / f"{name}.mp4", numbers)
        pictures += [np.asarray(picture) for picture in found]
        facts["labels"] += [video["class"]] * len(numbers)
        facts["videos"] += [name] * len(numbers)
        facts["boxes"] += [video["boxes"][number] for number in numbers]
    with whole(job.output.pictures) as part:
        np.save(part, np.stack(pictures))
    classes = read_sets(job.input.manifest).classes
    write_json(job.output.labels, {"classes": classes} | facts)
