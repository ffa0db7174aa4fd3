"""Make the pictures that the embedded models of paper B are pre-trained on."""

from concurrent.futures import ProcessPoolExecutor

import numpy as np

from framefault.cli import Output, stage
from framefault.files import whole, write_json
from framefault.pmk import scenes


@stage(images=int, cache=Output, labels=Output, workers=int)
def main(args):
    classes = scenes.subclass_names()
    labels = [index % len(classes) for index in range(args.images)]
    with ProcessPoolExecutor(args.workers) as pool:
        pictures = list(pool.map(scenes.still, range(args.images), labels, chunksize=32))
    with whole(args.cache) as part:
        np.save(part, np.stack(pictures))
    write_json(args.labels, {"classes": classes, "labels": labels})


if __name__ == "__main__":
    main()
