"""ImageNet-VID and YouTube-BB as they are shipped: layout and formats, small content."""

import json

import numpy as np
from PIL import Image

from framefault.data.imagenet_vid import INDEX

DOG, CAR = "n02084071", "n02958343"
HEADER = ("youtube_id,timestamp_ms,class_id,class_name,object_id,object_presence,"
          "xmin,xmax,ymin,ymax")  # fmt: skip


def thing(wnid=DOG, track=0, box=(3, 4, 20, 30), occluded=0, generated=1):
    """An <object> of an annotation; `box` is x1 y1 x2 y2."""
    x1, y1, x2, y2 = box
    return (
        f"\t<object>\n\t\t<trackid>{track}</trackid>\n\t\t<name>{wnid}</name>\n\t\t<bndbox>\n"
        f"\t\t\t<xmax>{x2}</xmax>\n\t\t\t<xmin>{x1}</xmin>\n\t\t\t<ymax>{y2}</ymax>\n"
        f"\t\t\t<ymin>{y1}</ymin>\n\t\t</bndbox>\n\t\t<occluded>{occluded}</occluded>\n"
        f"\t\t<generated>{generated}</generated>\n\t</object>\n"
    )


def annotation(things=(), snippet="ILSVRC2015_val_00000000", number=0, size=(40, 32)):
    """The text of an annotation of ImageNet-VID."""
    return (
        f"<annotation>\n\t<folder>{snippet}</folder>\n\t<filename>{number:06d}</filename>\n"
        "\t<source>\n\t\t<database>ILSVRC_2015</database>\n\t</source>\n"
        f"\t<size>\n\t\t<width>{size[0]}</width>\n\t\t<height>{size[1]}</height>\n\t</size>\n"
        f"{''.join(things)}</annotation>\n"
    )


def write_picture(path, size=(40, 32)):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.zeros((*size[::-1], 3), np.uint8)).save(path)


def write_vid(root, snippets):
    """`snippets` are {name: [objects of frame 0, of frame 1, …]}, texts of `thing`."""
    lines = []
    for name, frames in snippets.items():
        for number, things in enumerate(frames):
            place = f"VID/val/{name}/{number:06d}"
            path = root / "Annotations" / f"{place}.xml"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(annotation(things, name, number))
            write_picture(root / "Data" / f"{place}.JPEG")
            lines.append(f"{name}/{number:06d} {len(lines) + 1}\n")
    path = root / "ImageSets/VID/val.txt"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(lines))
    assert DOG in INDEX


def write_clip(folder, name, anchor, frames, **info):
    """A clip of YTBB-Robust: frames and info.json."""
    for number in frames:
        write_picture(folder / name / f"frame-{number}.jpg")
    about = {"fps": 30.0, "anchor": anchor, "timestamp": int(name.rpartition("_")[2])} | info
    (folder / name / "info.json").write_text(json.dumps(about))


def moment(video, time, name="dog", thing=0, presence="present", box="0.1,0.5,0.2,0.9", id_=19):
    """A line of YouTube-BB's table of detection."""
    return f"{video},{time},{id_},{name},{thing},{presence},{box}\n"
