"""Ground truth of detection: the objects in every frame of a data set's pm-k sets."""

import numpy as np
import pyarrow as pa

from framefault.data.imagenet_vid import read_boxes
from framefault.errors import UserError
from framefault.files import damaged
from framefault.tabular import read_parquet, write_parquet
from framefault.tasks.detection.boxes import BOX, as_table, flat, nested

SCHEMA = pa.schema(
    {
        "frame": pa.string(),
        "width": pa.int32(),
        "height": pa.int32(),
        "boxes": pa.list_(BOX),
    }
)


def video_boxes(videos, places, path):
    """The table of boxes (see `boxes`) of frames of embedded videos.

    `videos` is {name: {"class": index, "boxes": [[x1, y1, x2, y2] of each frame]}}, read from
    `path`, and `places` are (name, number) of each frame. An object that has left the picture has a
    box without area, which is none.
    """
    rows = []
    for frame, (name, number) in enumerate(places):
        try:
            box = videos[name]["boxes"][number]
        except (KeyError, IndexError) as error:
            raise UserError(f"{path} has no boxes of frame {number} of {name}.") from error
        rows.append((frame, *box, videos[name]["class"]))
    return with_area(as_table(rows))


def with_area(table):
    shown = (table["x2"] > table["x1"]) & (table["y2"] > table["y1"])
    return table[shown].reset_index(drop=True)


def as_rows(objects, classes, path):
    """Rows (x1, y1, x2, y2, label) of the objects that ImageNet-VID annotates in a picture.

    `objects` as of `imagenet_vid.read_boxes`, of the file `path`: their last column and row are
    within the box. `classes` is {WordNet id: index}. Raises UserError for a class it lacks.
    """
    for each in objects:
        if classes.get(each.wnid) is None:
            raise UserError(f"{path} shows {each.wnid}, which is no class of the data set.")
    return [(o.x1, o.y1, o.x2 + 1, o.y2 + 1, classes[o.wnid]) for o in objects]


def annotated_boxes(files, classes):
    """(table of boxes, sizes (frames, 2)) of the annotation files of frames, as of `as_rows`.

    All objects count, the occluded and those whose boxes were interpolated, too: the official
    evaluation of ImageNet-VID leaves out frames with such boxes, the paper does not say.
    """
    rows, sizes = [], []
    for frame, path in enumerate(files):
        size, objects = read_boxes(path)
        sizes.append(size)
        rows += [(frame, *row) for row in as_rows(objects, classes, path)]
    return as_table(rows), sizes


def write_truth(path, frames, sizes, boxes):
    """Write the table of boxes with the frames' keys and their `sizes` (frames, 2) in pixels."""
    width, height = np.asarray(sizes, np.int32).reshape(-1, 2).T
    columns = {"frame": frames, "width": width, "height": height}
    write_parquet(path, pa.table(columns | {"boxes": nested(boxes, len(frames))}), SCHEMA)


def read_truth(path, frames):
    """(table of boxes, sizes (frames, 2)) of these frames. Raises UserError for other frames."""
    table = read_parquet(path, SCHEMA)
    if table["frame"].to_pylist() != frames:
        raise damaged(path, "it is of other frames")
    sizes = np.stack([table[side].to_numpy() for side in ("width", "height")], axis=1)
    return flat(table["boxes"]), sizes
