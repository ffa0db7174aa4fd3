"""Make an embedded data set: one folder of H.264/MP4 videos per class."""

import json
from concurrent.futures import ProcessPoolExecutor

from framefault.cli import Output, stage
from framefault.clips import motion
from framefault.clips.encode import encode_frames
from framefault.files import whole


def make_video(task):
    clip, action, source, options, path = task
    frames = motion.make_clip(
        clip, action, source,
        options["width"], options["height"], options["frames"], options["noise"],
    )  # fmt: skip
    path.write_bytes(encode_frames(frames, options["fps"], {"crf": "20", "preset": "veryfast"}))


@stage(options=json.loads, videos=Output, workers=int)
def main(args):
    with whole(args.videos) as part, ProcessPoolExecutor(args.workers) as pool:
        for action in motion.ACTIONS:
            (part / action).mkdir(parents=True)
        tasks = [
            (clip, action, source, args.options, part / action / f"{clip}.mp4")
            for clip, action, source in motion.plan(args.options["pictures"], args.options["clips"])
        ]
        list(pool.map(make_video, tasks, chunksize=8))


if __name__ == "__main__":
    main()
