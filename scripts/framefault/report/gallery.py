"""Clips of a data set, clean and by level of corruption: one frame of each."""

import numpy as np

from framefault.data.manifest import read_manifest
from framefault.files import read_clips
from framefault.shards import clip_id
from framefault.tabular import read_csv
from framefault.video.decode import cache_size, decode_task, scaled
from framefault.video.moments import clean_times, frame_numbers, shown
from framefault.video.watchdog import guarded_map

SHORT_SIDE = 120  # of a shown frame in pixels; smaller videos stay as they are


def examples(manifest, conditions, limits, gaps, count=2):
    """(clips, rows): the first of every part of a shard's clips, whatever became of them.

    `conditions` are {"corruption", "level", "archive", "account"} for one shard, the clean one
    first, whose account is None. Each row is a condition with a `seen` per clip: image (H, W, 3)
    or None, the decoder's `status`, and how many `frames` of `whole` with how many `errors`. The
    frame is the one in the middle of the clean clip. `limits` and `gaps` are those of `decode`.
    """
    videos = read_manifest(manifest, "test").set_index("id")
    names = [clip_id(name) for name, _ in read_clips(conditions[0]["archive"])]
    chosen = list(dict.fromkeys(names[part * len(names) // count] for part in range(count)))
    clean, rows = {}, []
    for condition in conditions:
        results = decoded(condition["archive"], videos.loc[chosen], limits)
        delays = {}
        if condition["account"] is not None:
            table = read_csv(condition["account"])
            delays = dict(zip(table["clip"], table["delay"], strict=True))
        seen = []
        for name, (status, frames, account) in zip(chosen, results, strict=True):
            clean.setdefault(name, (len(frames), clean_times(account["times"])))
            whole, times = clean[name]
            image = frame_at(whole // 2, frames, account["times"], delays.get(name, 0), times, gaps)
            counts = {key: account[key] for key in ("frames", "errors")}
            seen.append({"clip": name, "image": image, "status": status, "whole": whole} | counts)
        rows.append({key: condition[key] for key in ("corruption", "level")} | {"seen": seen})
    return chosen, rows


def decoded(archive, videos, limits):
    """(status, frames, account) of the named clips of an archive, in the order of `videos`."""
    data = {clip_id(name): clip for name, clip in read_clips(archive)}
    tasks = []
    for name, video in videos.iterrows():
        width, height = int(video["width"]), int(video["height"])
        size = cache_size(width, height, min(width, height, SHORT_SIDE))
        clip = data[name], size, None, int(video["frames"]), int(video["turns"])
        tasks.append((clip, *scaled(limits, video, size)))
    nothing = np.empty((0, 1, 1, 3), np.uint8), {"frames": 0, "errors": 0, "times": []}
    return [(status, *(result or nothing)) for status, result in guarded_map(decode_task, tasks, 1)]


def frame_at(moment, frames, times, delay, clean, gaps):
    """The frame that is seen when the clean clip shows that of number `moment`, or None."""
    numbers = frame_numbers(np.array(times, np.float64) - delay, clean)
    positions, when = shown(numbers, gaps)
    found = np.flatnonzero(when == moment)
    return frames[positions[found[0]]] if len(found) else None
