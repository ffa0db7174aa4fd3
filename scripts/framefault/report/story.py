"""The story of one clip: what was lost of it, what is left, and what every model says of it."""

from difflib import get_close_matches

import jinja2
import numpy as np
from scipy.special import softmax

from framefault.corruption.distance import pixel_distances
from framefault.corruption.rtp.sending import packetise
from framefault.corruption.rtp.summary import summary
from framefault.errors import UserError
from framefault.files import read_clips
from framefault.plots.examples import spread
from framefault.report import STORY_FILES
from framefault.report.pictures import embedded_frame
from framefault.shards import clip_id
from framefault.tasks.recognition.predictions import as_array, judged, read_predictions
from framefault.video.decode import cache_size, decode_task, no_frames, scaled
from framefault.video.moments import shown
from framefault.video.watchdog import guarded_map

BINS = 200  # of a strip of bytes
SHOWN = 12  # frames


def story(content):
    """The page as HTML, with all that it needs inside; `content` is what story.html names."""
    html, css = (file.read_text(encoding="utf-8") for file in STORY_FILES)
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.from_string(html).render(content, css=css)


def packets(data, lost, mtu):
    """The datagrams of a clip in the order of sending: number, bytes, its picture, lost or not."""
    found, picture = [], 0
    for number, each in enumerate(summary(packetise(data, mtu).datagrams, lost)):
        found.append(each | {"number": number, "picture": picture})
        picture += each["ends_picture"]
    return found


def bytes_hit(clean, damaged):
    """How many bytes and bits of a file differ, and in which of its parts; None for other lengths.

    The most differing part has an opacity of 1.
    """
    if len(clean) != len(damaged):
        return None
    difference = np.frombuffer(clean, np.uint8) ^ np.frombuffer(damaged, np.uint8)
    parts = np.array_split(difference != 0, min(BINS, max(1, len(difference))))
    shares = [float(part.mean()) if len(part) else 0.0 for part in parts]
    return {
        "bytes": int((difference != 0).sum()),
        "bits": int(np.bitwise_count(difference).sum()),
        "width": len(shares),
        "shares": [
            {"at": at, "opacity": 0.25 + 0.75 * share / max(shares)}
            for at, share in enumerate(shares)
            if share
        ],
    }


def said(row, classes):
    """What a model says of a clip, from its row of `predictions.judged`: None without logits."""
    if not len(row["logits"]):
        return None
    logits = as_array(row["logits"])
    chances = softmax(logits, axis=1).mean(axis=0)
    top = int(chances.argmax())
    return {
        "top": classes[top],
        "right": top == row["label"],
        "chance_top": float(chances[top]),
        "chance_label": float(chances[row["label"]]),
        "logit_top": float(logits[:, top].mean()),
        "logit_label": float(logits[:, row["label"]].mean()),
    }


def row_of(videos, dataset, clip):
    """A clip's line in the manifest. Raises UserError without it."""
    rows = videos[videos["id"] == clip].to_dict("records")
    if not rows:
        names = videos["id"].tolist()
        close = get_close_matches(clip, names, 3, 0) or names[:3]
        raise UserError(
            f"{dataset} has no test clip {clip}; it has {len(names)}, such as {', '.join(close)}."
        )
    return rows[0]


def file_of(archives, clip):
    """A clip's bytes, from one of some archives. Raises UserError without it."""
    for archive in archives:
        for name, data in read_clips(archive):
            if clip_id(name) == clip:
                return data
    raise UserError(f"{archives[0]} lacks the clip {clip}; delete it.")


def decoded_anew(data, video, short_side, crop, limits):
    """The frames (T, H, W, 3) that a clip decodes to, none where the decoder was ended."""
    size = cache_size(video["width"], video["height"], short_side)
    task = data, size, crop, video["frames"], video["turns"]
    ((_, result),) = guarded_map(decode_task, [(task, *scaled(limits, video, size))], 1)
    return (result[0] if result else no_frames(size, crop, video["turns"]))[:]


def seen_frames(frames, clean, numbers, gaps):
    """Some frames before and after, and (number, distance or None) of all.

    `frames` (T, H, W, 3) stand for the `clean` frames of these `numbers`, see `moments.shown`.
    """
    positions, moments = shown(numbers, gaps)
    each = pixel_distances(frames, clean, positions, moments).tolist() if len(frames) else []
    distance = dict(zip(moments[moments < len(clean)].tolist(), each, strict=True))
    place = dict(zip(moments.tolist(), positions.tolist(), strict=True))
    chosen = list(dict.fromkeys(spread(len(clean), SHOWN)))
    return [
        {
            "number": number,
            "before": embedded_frame(clean[number]),
            "after": embedded_frame(frames[place[number]]) if number in place else None,
            "distance": distance.get(number),
        }
        for number in chosen
    ], [(number, distance.get(number)) for number in range(len(clean))]


def of_model(files, clip, classes, rule):
    """What a model says of a clip, clean and damaged, and whether the cell counts it.

    `files` are its predictions: "known" of clean clips, or None, and "predictions" of damaged ones.
    """
    found = {"clean": None}
    for name, path in (("clean", files["known"]), ("damaged", files["predictions"])):
        if path:
            table = read_predictions(path)
            (row,) = judged(table[table["clip"] == clip], rule).to_dict("records")
            found |= {name: said(row, classes), "playable": bool(row["playable"])}
    return found


def refuse_unless(same, what, clip, files):
    """Raise UserError where what was made again is not what the workflow has."""
    if not same:
        raise UserError(
            f"The {what} of {clip} in {files[0].parent} is not what its seeds give;"
            " delete that folder and run the same command again."
        )
