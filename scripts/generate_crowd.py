"""Make the embedded data set of tracking: a folder of pictures per sequence, as MOT15 has them."""

from concurrent.futures import ProcessPoolExecutor

from framefault.data import crowd
from framefault.files import whole
from framefault.workflow.job import stage


def make_sequence(task):
    split, name, settings, folder = task
    frames = settings["frames"][split]
    scene = crowd.Crowd(
        split, name, settings["width"], settings["height"], frames, settings["objects"]
    )
    crowd.write_sequence(folder, scene, settings["fps"])


@stage
def main(job):
    with whole(job.output.data) as part, ProcessPoolExecutor(job.threads) as pool:
        tasks = [
            (split, name, job.settings, part / split / name)
            for split, name in crowd.plan(job.settings.sequences)
        ]
        list(pool.map(make_sequence, tasks, chunksize=4))
