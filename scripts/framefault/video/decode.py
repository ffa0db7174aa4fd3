"""Decoding clean and damaged clips to small frames, the same on every run.

One decoder thread: with slice threads FFmpeg conceals errors differently (so the pixels
would depend on the number of cores), and frame threads are not repeatable. Parallelism
belongs across clips.
"""

import numpy as np
from av.video.reformatter import ColorRange, Colorspace, Interpolation, VideoReformatter

from framefault.corruption.distance import mean_distances
from framefault.errors import UserError
from framefault.files import read_clips
from framefault.shards import clip_id
from framefault.video.moments import clean_times, frame_numbers, shown
from framefault.video.pictures import Layout, Pictures
from framefault.video.reading import DAMAGE, open_bytes, packets, progressive, video_stream
from framefault.video.watchdog import guarded_map

# Averages over the covered source pixels. Plain ints: the enums cost time in every call.
FILTER = int(Interpolation.AREA)
BT601, LIMITED = int(Colorspace.ITU601), int(ColorRange.MPEG)
# Damage can forge frames without end; some surplus is genuine (repeated packets).
MOST = 4  # times as many as the clean clip has
NOT_OPENED = {"opened": False, "frames": 0, "errors": 0, "flagged": 0, "times": []}


def cache_size(width, height, short_side):
    """(width, height) in pixels with the shorter side scaled to `short_side`.

    Without one, it is the size of the encoded pictures: odd sides lost a row or column. In place of
    a shorter side, [height, width] of all pictures may be given.
    """
    if isinstance(short_side, list):
        return short_side[1], short_side[0]
    if short_side is None:
        return width // 2 * 2, height // 2 * 2
    if width <= height:
        return short_side, int(short_side * height / width)
    return int(short_side * width / height), short_side


def decode_shard(
    archive, rows, short_side, crop, limits, clean=None, damage=None, measured=True, workers=1
):
    """(Pictures, account) of every clip of an archive, as `cache.write_shard` takes them.

    `rows` are the clips' lines in the manifest. Of damaged clips, `clean` are the DecodedClips of
    the same clips and `damage` their lines in the account of the corruption, `changed` and `delay`;
    frames of unchanged clips are taken over. Clips are decoded in `workers` processes within
    `limits`, the `decode` section of the configuration. Distances to the clean clips are NaN where
    they are not `measured`. Raises UserError for a clean clip that cannot be decoded.
    """
    damage = damage or [{"changed": 1}] * len(rows)
    sizes = [cache_size(row["width"], row["height"], short_side) for row in rows]
    tasks = clips_to_decode(archive, rows, sizes, crop, limits, damage)
    decoded = guarded_map(decode_task, tasks, workers)
    for index, (row, size, hit) in enumerate(zip(rows, sizes, damage, strict=True)):
        if not hit["changed"]:
            yield clean[index], clean.accounts[index] | {"unchanged": True}
            continue
        status, result = next(decoded)
        names = {"clip": row["id"], "label": row["label"], "status": status, "unchanged": False}
        frames, account = result or (no_frames(size, crop, row["turns"]), NOT_OPENED)
        if clean is None:
            check_clean(row["id"], status, frames)
            found = of_clean(frames, account["times"])
        else:
            original = clean[index], clean.accounts[index]["times"]
            found = of_damaged(frames, account["times"], hit["delay"], *original, measured)
        yield frames, account | names | found


def clips_to_decode(archive, rows, sizes, crop, limits, damage):
    """Every clip that has to be decoded, as `guarded_map` takes it: (task, CPU seconds, MiB)."""
    clips = read_clips(archive)
    for row, size, hit, (name, data) in zip(rows, sizes, damage, clips, strict=True):
        if clip_id(name) != row["id"]:
            raise UserError(f"{archive} holds other clips than the manifest; make it again.")
        if hit["changed"]:
            yield (data, size, crop, row["frames"], row["turns"]), *scaled(limits, row, size)


def scaled(limits, row, size):
    """(CPU seconds, MiB of memory) that a clip of the manifest may take, damaged or not."""
    megapixels = row["frames"] * row["width"] * row["height"] / 1e6
    seconds = limits["cpu_seconds"] + limits["cpu_seconds_per_megapixel"] * megapixels
    kept = row["frames"] * Layout(*size).nbytes / 2**20
    return seconds, limits["memory_mb"] + int(MOST * kept)


def decode_task(task):
    data, size, crop, expected, turns = task
    return decode_pictures(data, size, crop, expected_frames=expected, turns=turns)


def no_frames(size, crop, turns):
    """What is left of a clip whose decoder crashed, hung or ran out of memory."""
    layout = Layout(*size, crop or 0, turns)
    return Pictures(layout, np.empty((0, layout.nbytes), np.uint8))


def check_clean(clip, status, frames):
    """Raise UserError where a clean clip is no measure of damaged ones."""
    if status != "ok" or not len(frames):
        reason = "no frame" if status == "ok" else status.replace("_", " ")
        raise UserError(
            f"The clean clip {clip} cannot be decoded ({reason}); raise the limits in the section"
            " decode of the configuration, or list the video in its data set's exclude."
        )


def of_clean(frames, times):
    """What the account says of a clean clip."""
    numbers = list(range(len(frames)))
    same = {"full_length": True, "distance": 0.0, "distance_dropped": 0.0}
    return same | {"numbers": numbers, "times": clean_times(times).tolist()}


def of_damaged(frames, times, delay, clean, when, measured):
    """What the account says of a damaged clip; `clean` are the clean frames, `when` their times."""
    numbers = frame_numbers(np.array(times, np.float64) - delay, np.array(when, np.float64))
    seen, came = float("nan"), float("nan")
    if measured:
        seen, came = mean_distances(frames, clean, numbers, *shown(numbers, "repeat"))
    distances = {"distance": seen, "distance_dropped": came}
    full = {"full_length": len(frames) >= len(clean)}
    numbers = numbers.tolist()
    stored = own_frames(frames, clean, numbers)
    return full | distances | {"numbers": numbers, "times": [], "stored": stored}


def own_frames(frames, clean, numbers):
    """Positions of the Pictures that are not, byte by byte, the clean ones that they stand for."""
    return [
        position
        for position, number in enumerate(numbers)
        if number >= len(clean) or not np.array_equal(frames.kept(position), clean.kept(number))
    ]


def decode_clip(data, size, crop=None, *, expected_frames, turns=0):
    """The same as `decode_pictures`, with all frames in an array: uint8 RGB (T, h, w, 3)."""
    pictures, account = decode_pictures(
        data, size, crop, expected_frames=expected_frames, turns=turns
    )
    return pictures[:], account


def decode_pictures(data, size, crop=None, *, expected_frames, turns=0):
    """Frames of a possibly damaged clip, and an account of how decoding went.

    `size` is the (width, height) every picture is scaled to, after `turns` quarter turns to the
    left; take both from the clean clip, so that a picture size forged or changed mid-stream cannot
    change the array. `crop` keeps the central crop x crop pixels of that. `expected_frames` is
    about how many the clean clip has; four times as many and some are the most.

    Returns Pictures (T, h, w, 3), T from 0 up, and
    {"opened", "frames": T, "errors", "flagged", "times"}: whether a video stream was found, the
    reads, packets and pictures that failed, the pictures that the decoder says are corrupt, and
    when the file shows each frame, in seconds, None where it does not say. Never raises for
    damaged bytes.
    """
    layout, most = Layout(*size, crop or 0, turns), MOST * expected_frames + 64
    account = NOT_OPENED | {"times": []}
    kept = np.empty((max(1, expected_frames), layout.nbytes), np.uint8)
    count, planes, coded, to_small = 0, layout.split(kept), layout.coded, VideoReformatter()
    for picture, time in _pictures(data, account):
        account["flagged"] += picture.is_corrupt
        try:
            # Always BT.601 in its limited range: damage forges what a file says of its colours,
            # and JPEG frames know no other.
            small = to_small.reformat(
                progressive(picture), *coded, "yuv420p", BT601, BT601, FILTER,
                dst_color_range=LIMITED, threads=1,
            )  # fmt: skip
        except DAMAGE:
            account["errors"] += 1
            continue
        if count == len(kept):
            kept.resize((2 * count, layout.nbytes), refcheck=False)
            planes = layout.split(kept)
        layout.keep(small, planes, count)
        account["times"].append(time)
        count += 1
        if count == most:
            break
    kept.resize((count, layout.nbytes), refcheck=False)
    account["frames"] = count
    return Pictures(layout, kept), account


def first_time(data):
    """When a file shows its first picture, in seconds on its own clock; 0 where it does not say."""
    for _, time in _pictures(data, NOT_OPENED | {"times": []}):
        return time or 0.0
    return 0.0


def _pictures(data, account):
    """Decoded pictures in display order, and when each is shown, in seconds or None.

    Failures are counted in `account` and skipped.
    """
    try:
        with open_bytes(data) as container:
            stream = video_stream(container)
            if stream is None:
                return
            account["opened"] = True
            # AVI says when to decode a packet. FFmpeg's guesses at the rest run backwards.
            stamp = "dts" if container.format.name == "avi" else "pts"
            tick = float(stream.time_base or 0)
            for packet in _packets(container, stream, account):
                try:
                    pictures = stream.codec_context.decode(packet)
                except DAMAGE:
                    account["errors"] += 1
                    continue
                for picture in pictures:
                    ticks = getattr(picture, stamp)
                    yield picture, None if ticks is None else ticks * tick
    except DAMAGE:
        account["errors"] += 1


def _packets(container, stream, account):
    """Packets as far as the file can be read, then None, which flushes the decoder."""
    try:
        yield from packets(container, stream)
    except DAMAGE:
        account["errors"] += 1
    yield None
