"""Candidates for review: one random anchor per video and the frames around it (paper B, 2.1)."""

import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from framefault.data import imagenet_vid, youtube_bb
from framefault.data.classes import IMAGENET_VID, YOUTUBE_BB
from framefault.data.scenes import class_names
from framefault.errors import UserError
from framefault.files import read_json, whole
from framefault.seeds import rng
from framefault.tasks.frames.metadata import vid_key, ytbb_key
from framefault.tasks.frames.pictures import frames_below
from framefault.tasks.frames.sets import REACH, checked_labels

log = logging.getLogger("framefault")


class Video(NamedTuple):
    """What can be drawn from a video.

    `places` are frames that may be an anchor, as (clip, number), where a clip is the {number: key}
    of frames that belong together; `labels` gives the class indices of a frame by its key.
    """

    name: str
    places: list
    labels: Callable


def draw_candidates(dataset, videos, classes, seed=0):
    """Candidates of a data set, in the order of the videos' names: what `read_candidates` gives.

    Of every Video an anchor is drawn among the places whose frame has a label; its neighbours are
    the frames of its clip at most ten away. The draw is keyed by data set, video and seed, so the
    order of the videos does not matter. Videos without a labelled frame, or whose anchor has no
    neighbour, are left out, and the log says how many. `labels` of a neighbour are there only where
    they differ from the anchor's; a neighbour that has none itself has the anchor's.
    """
    anchors, unlabelled, alone = [], [], []
    for video in sorted(videos, key=lambda each: each.name):
        if (drawn := draw_anchor(dataset, video, seed)) is None:
            unlabelled.append(video.name)
            continue
        (clip, number), labels = drawn
        around = neighbours(video, clip, number, labels)
        if not around:
            alone.append(video.name)
            continue
        anchor = {"frame": clip[number], "video": video.name, "labels": labels}
        anchors.append(anchor | {"neighbours": around})
    for names, reason in (
        (unlabelled, "have no labelled frame"),
        (alone, "have no frame beside their anchor"),
    ):
        if names:
            log.warning(
                "%d videos of %s %s, such as %s, and are left out",
                len(names), dataset, reason, names[0],
            )  # fmt: skip
    if not anchors:
        raise UserError(f"No video of {dataset} has a labelled frame with another one beside it.")
    return {"classes": list(classes), "anchors": anchors}


def neighbours(video, clip, number, labels):
    """The neighbours of a frame in its clip, by offset; `labels` are the frame's."""
    found = []
    for offset in range(-REACH, REACH + 1):
        if offset and (key := clip.get(number + offset)):
            own = video.labels(key)
            more = {"labels": own} if own and own != labels else {}
            found.append({"frame": key, "offset": offset} | more)
    return found


def draw_anchor(dataset, video, seed):
    """(place, labels) of a random labelled frame of a video; None if there is none.

    The first labelled one of a random order is a random labelled one, and reads few annotations.
    """
    draw = rng("candidates", dataset, video.name, seed)
    for index in draw.permutation(len(video.places)):
        clip, number = video.places[index]
        if labels := video.labels(clip[number]):
            return video.places[index], labels
    return None


def all_places(frames):
    """The places of a video that is one clip, {number: key}: all its frames."""
    return [(frames, number) for number in sorted(frames)]


def scene_videos(boxes, layout):
    """Videos of embedded scenes, from their {name: {"class", "boxes"}} of a split.

    A frame is labelled if the object's box, x1 y1 x2 y2, has an area.
    """
    key_of = {"vid": vid_key, "ytbb": ytbb_key}[layout]
    for name, video in boxes.items():
        frames = {number: key_of(name, number) for number in range(len(video["boxes"]))}
        shown = {
            frames[number]: [video["class"]]
            for number, (x1, y1, x2, y2) in enumerate(video["boxes"])
            if x1 < x2 and y1 < y2
        }
        yield Video(name, all_places(frames), lambda key, shown=shown: shown.get(key, []))


def imagenet_vid_videos(root, part="val"):
    """Videos of ImageNet-VID below `root`; every frame has labels of its own."""

    def labels(key):
        return imagenet_vid.labels(imagenet_vid.frame_boxes(root, key))

    for snippet, frames in imagenet_vid.read_list(root, part).items():
        yield Video(snippet, all_places(frames), labels)


def youtube_bb_videos(tables, folder):
    """Videos of YouTube-BB from tables of segments, and clips "<youtube id>_<ms>" of frames.

    A clip's frames have the label of its moment, which its anchor shows. Moments without a clip are
    left out; the log says how many videos have none.
    """
    moments = youtube_bb.labelled_moments(tables)
    root, absent = frames_below(folder), []
    for name, times in moments.items():
        places, labels = [], {}
        for time, shown in times.items():
            clip = root / f"{name}_{time}"
            if clip.is_dir():
                frames = youtube_bb.clip_frames(clip)
                places.append((frames, youtube_bb.anchor_number(clip)))
                labels |= dict.fromkeys(frames.values(), shown)
        if places:
            yield Video(name, places, labels.__getitem__)
        else:
            absent.append(name)
    if absent:
        log.warning(
            "%d of %d videos of YouTube-BB have no clip in %s, such as %s, and are left out",
            len(absent), len(moments), root, absent[0],
        )  # fmt: skip


def write_candidates(path, candidates):
    with whole(path) as part:
        part.write_text(json.dumps(candidates, ensure_ascii=False) + "\n", encoding="utf-8")


def read_candidates(path):
    """{"classes": [names], "anchors": [{"frame", "video", "labels", "neighbours"}]} of a file.

    Neighbours are {"frame", "offset"}, with "labels" where they are not the anchor's, by offset.
    Raises UserError for a file that is not of this form.
    """
    found = read_json(path, "candidates, an object of classes and anchors", dict)
    try:
        classes = [(name, name) for name in found["classes"]]
        for anchor in found["anchors"]:
            key, video = anchor["frame"], anchor["video"]
            checked_labels(anchor["labels"], classes, f"{path}: {key} of {video}")
            offsets = [each["offset"] for each in anchor["neighbours"]]
            for each in anchor["neighbours"]:
                shown = each.get("labels", anchor["labels"])
                checked_labels(shown, classes, f"{path}: {each['frame']}")
            if offsets != sorted({*offsets} & {*range(-REACH, REACH + 1)} - {0}):
                raise ValueError(f"the offsets of {key} are not -{REACH} to {REACH}, in order")
        if len({anchor["frame"] for anchor in found["anchors"]}) < len(found["anchors"]):
            raise ValueError("an anchor is there twice")
    except (KeyError, TypeError, ValueError) as error:
        raise UserError(f"{path} is not in the format of candidates: {error!r}.") from error
    return found


def videos_of(source, folder):
    """(names of the classes, Videos) of a data set, by what `source` says of it.

    `source`: {"kind": "scenes", "layout"}, {"kind": "imagenet_vid", "part"} or {"kind":
    "youtube_bb", "tables"}; `folder` holds its videos or frames.
    """
    if source["kind"] == "scenes":
        boxes = read_json(Path(folder, "test_boxes.json"), "boxes by video", dict)
        return class_names(source["layout"]), scene_videos(boxes, source["layout"])
    if source["kind"] == "imagenet_vid":
        names = [name for _, name in IMAGENET_VID]
        return names, imagenet_vid_videos(folder, source["part"])
    names = [name for _, name in YOUTUBE_BB]
    return names, youtube_bb_videos(source["tables"], folder)
