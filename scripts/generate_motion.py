"""Make the embedded videos of action recognition: one folder of H.264/MP4 files per class."""

from concurrent.futures import ProcessPoolExecutor

from framefault.data import motion
from framefault.files import whole
from framefault.video.encode import encode_frames
from framefault.workflow.job import stage


def make_video(task):
    clip, action, source, size, settings, path = task
    frames = motion.make_clip(clip, action, source, *size, settings["frames"], settings["noise"])
    path.write_bytes(encode_frames(frames, settings["fps"], {"crf": "20", "preset": "veryfast"}))


@stage
def main(job):
    settings, size = job.settings, (job.settings.width, job.settings.height)
    with whole(job.output.data) as part, ProcessPoolExecutor(job.threads) as pool:
        for action in motion.ACTIONS:
            (part / action).mkdir(parents=True)
        tasks = [
            (clip, action, source, size, settings, part / action / f"{clip}.mp4")
            for clip, action, source in motion.plan(settings.pictures, settings.clips)
        ]
        list(pool.map(make_video, tasks, chunksize=8))
