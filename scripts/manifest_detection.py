"""The objects in every frame of a data set's pm-k sets."""

import json
from pathlib import Path

from framefault.data.scenes import HEIGHT, WIDTH
from framefault.tasks.detection.truth import annotated_boxes, video_boxes, write_truth
from framefault.tasks.frames.sets import frame_number, read_sets
from framefault.workflow.job import stage


@stage
def main(job):
    sets = read_sets(job.input.manifest)
    if job.input.videos:
        path = job.input.videos / "test_boxes.json"
        videos = json.loads(path.read_text(encoding="utf-8"))
        places = [(key.split("/")[-2], frame_number(key)) for key in sets.frames]
        boxes, sizes = video_boxes(videos, places, path), [(WIDTH, HEIGHT)] * len(places)
    else:
        files = [Path(job.settings.annotations, key).with_suffix(".xml") for key in sets.frames]
        boxes, sizes = annotated_boxes(files, sets.names)
    write_truth(job.output.manifest, sets.frames, sizes, boxes)
