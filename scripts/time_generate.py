"""Make an embedded data set of paper B: videos, and metadata in the official layout."""

import json
from concurrent.futures import ProcessPoolExecutor

import numpy as np

from framefault.cli import Output, stage
from framefault.clips.encode import encode_frames
from framefault.files import whole
from framefault.pmk import review, scenes

# Short groups of pictures, so that I, P and B frames all come up as anchors.
ENCODER = {"crf": "24", "preset": "veryfast", "g": "12", "bf": "2"}


def make_video(task):
    name, source, outline, part, frames, path = task
    scene = scenes.video_scene(name, source, outline, part, frames)
    pictures = np.stack([scene.render(frame) for frame in range(scene.frames)])
    path.write_bytes(encode_frames(pictures, scenes.frame_rate(name), ENCODER))
    return review.review(scene, name), scene.boxes().round(1).tolist()


@stage(dataset=str, options=json.loads, folder=Output, workers=int)
def main(args):
    where = {"train": "train", "test": "val" if args.options["layout"] == "vid" else "."}
    with whole(args.folder) as part, ProcessPoolExecutor(args.workers) as pool:
        for split, folder in where.items():
            suffix = "" if split == "train" or args.options["layout"] == "vid" else "_0"
            (part / folder).mkdir(parents=True, exist_ok=True)
            videos = list(scenes.plan_videos(args.dataset, args.options, split))
            tasks = [
                (name, source, outline, split, args.options["length"],
                 part / folder / f"{name}{suffix}.mp4")
                for name, source, outline, _ in videos
            ]  # fmt: skip
            made = list(pool.map(make_video, tasks, chunksize=8))
            boxes = {
                name: {"class": target, "boxes": rows}
                for (name, _, _, target), (_, rows) in zip(videos, made, strict=True)
            }
            (part / f"{split}_boxes.json").write_text(json.dumps(boxes) + "\n", encoding="utf-8")
        reviews = [
            (name, target, *verdict)
            for (name, _, _, target), (verdict, _) in zip(videos, made, strict=True)
        ]
        files = review.metadata(args.dataset, args.options, reviews)
        review.write_metadata(part / "metadata", files)
        names = {str(index): name for index, name in enumerate(scenes.NAMES)}
        if args.options["layout"] == "vid":
            class_index = {"imagenet_vid_class_index.json": names}
            review.write_metadata(part / "misc", class_index)


if __name__ == "__main__":
    main()
