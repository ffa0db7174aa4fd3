"""Frames of a data set's training videos, with labels, for fine-tuning."""

import json
from pathlib import Path

import numpy as np

from framefault.cli import Output, stage
from framefault.files import whole, write_json
from framefault.pmk.pictures import frames_of_video
from framefault.pmk.sets import read_sets


@stage(folder=Path, sets=Path, every=int, cache=Output, labels=Output)
def main(args):
    boxes = json.loads((args.folder / "train_boxes.json").read_text(encoding="utf-8"))
    pictures, labels = [], []
    for name, video in boxes.items():
        numbers = range(0, len(video["boxes"]), args.every)
        path = args.folder / "train" / f"{name}.mp4"
        pictures += [np.asarray(picture) for picture in frames_of_video(path, numbers)]
        labels += [video["class"]] * len(numbers)
    with whole(args.cache) as part:
        np.save(part, np.stack(pictures))
    write_json(args.labels, {"classes": read_sets(args.sets).classes, "labels": labels})


if __name__ == "__main__":
    main()
