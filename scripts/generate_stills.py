"""Make the embedded pictures that the classifiers of pm-k are trained on."""

from concurrent.futures import ProcessPoolExecutor

import numpy as np

from framefault.data import scenes
from framefault.files import whole, write_json
from framefault.workflow.job import stage


@stage
def main(job):
    classes, images = scenes.subclass_names(), job.settings.images
    labels = [index % len(classes) for index in range(images)]
    with ProcessPoolExecutor(job.threads) as pool:
        pictures = list(pool.map(scenes.still, range(images), labels, chunksize=32))
    with whole(job.output.data) as part:
        part.mkdir()
        np.save(part / "pictures.npy", np.stack(pictures))
        write_json(part / "pictures.json", {"classes": classes, "labels": labels})
