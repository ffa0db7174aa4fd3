"""Decoding clean and damaged clips to small RGB frames, the same on every run.

One decoder thread: with slice threads FFmpeg conceals errors differently (so the pixels
would depend on the number of cores), and frame threads are not repeatable. Parallelism
belongs across clips.
"""

from functools import partial

import numpy as np
from av.video.reformatter import Colorspace, Interpolation, VideoReformatter

from framefault.corruption.distance import pixel_distance
from framefault.errors import UserError
from framefault.files import read_clips
from framefault.shards import clip_id
from framefault.video.reading import DAMAGE, open_bytes, video_stream
from framefault.video.watchdog import guarded_map

# Averages over the covered source pixels. Plain ints: the enums cost time in every call.
FILTER = int(Interpolation.AREA)
BT601 = int(Colorspace.ITU601)


def cache_size(width, height, short_side):
    """(width, height) in pixels with the shorter side scaled to `short_side`."""
    if width <= height:
        return short_side, int(short_side * height / width)
    return int(short_side * width / height), short_side


def decode_shard(
    archive, rows, changed, short_side, crop, limits, clean=None, measured=True, workers=1
):
    """(frames, account) of every clip of an archive, as `cache.write_shard` takes them.

    `rows` are the clips' lines in the manifest, `changed` whether damage touched each; of the
    others, the frames of `clean` (DecodedClips of the same clips) are taken over. Clips are decoded
    in `workers` processes within `limits` (timeout in seconds, memory_mb each). Distances to the
    clean clips are NaN where they are not `measured`.
    """
    sizes = [cache_size(row["width"], row["height"], short_side) for row in rows]
    tasks = damaged_clips(archive, rows, sizes, changed)
    decoded = guarded_map(
        partial(decode_task, crop=crop), tasks, workers, limits["timeout"], limits["memory_mb"]
    )
    for index, (row, size, is_changed) in enumerate(zip(rows, sizes, changed, strict=True)):
        if not is_changed:
            yield clean[index], clean.accounts[index] | {"unchanged": True}
            continue
        status, result = next(decoded)
        frames, account = result or without_frames(size, crop)
        distance = float("nan")
        if measured:
            distance = pixel_distance(frames, clean[index] if clean else frames)
        names = {"clip": row["id"], "label": row["label"], "status": status}
        yield frames, account | names | {"unchanged": False, "distance": distance}


def damaged_clips(archive, rows, sizes, changed):
    """(bytes, size, expected frames) of every clip that has to be decoded."""
    clips = read_clips(archive)
    for row, size, is_changed, (name, data) in zip(rows, sizes, changed, clips, strict=True):
        if clip_id(name) != row["id"]:
            raise UserError(f"{archive} holds other clips than the manifest; make it again.")
        if is_changed:
            yield data, size, row["frames"]


def decode_task(task, crop):
    data, size, expected = task
    return decode_clip(data, size, crop, expected_frames=expected)


def without_frames(size, crop):
    """What is left of a clip whose decoder crashed, hung or ran out of memory."""
    width, height = (crop, crop) if crop else size
    account = {"opened": False, "frames": 0, "errors": 0, "full_length": False}
    return np.empty((0, height, width, 3), np.uint8), account


def decode_clip(data, size, crop=None, *, expected_frames):
    """Frames of a possibly damaged clip, and an account of how decoding went.

    `size` is the (width, height) every picture is scaled to; take it from the clean clip,
    so that a picture size forged or changed mid-stream cannot change the array. `crop`
    keeps the central crop x crop pixels of that.

    Returns uint8 RGB frames (T, h, w, 3), T from 0 up, and
    {"opened", "frames": T, "errors", "full_length"}: whether a video stream was found, the
    reads, packets and pictures that failed, and whether T >= `expected_frames`.

    Never raises for damaged bytes, save MemoryError, which the caller has to see: it may be
    a forged length, or just a lack of memory that says nothing about the clip.
    """
    width, height = size
    top, left, rows, columns = 0, 0, height, width
    if crop is not None:
        if crop > min(size):
            raise ValueError(f"Crop {crop} is larger than the picture {width}x{height}.")
        top, left = round((height - crop) / 2.0), round((width - crop) / 2.0)
        rows = columns = crop
    # Damage can forge frames without end; some surplus is genuine (repeated packets).
    most = 4 * expected_frames + 64

    account = {"opened": False, "frames": 0, "errors": 0, "full_length": False}
    frames = np.empty((max(1, expected_frames), rows, columns, 3), np.uint8)
    count = 0
    to_small, to_rgb = VideoReformatter(), VideoReformatter()
    for picture in _pictures(data, account):
        try:
            # Scaling before the colour conversion touches an eighth of the bytes.
            # Always BT.601: damage forges colour tags, and JPEG frames know nothing else.
            small = to_small.reformat(
                picture, width, height, "yuv420p", BT601, BT601, FILTER, threads=1
            )
            rgb = to_rgb.reformat(small, width, height, "rgb24", threads=1)
        except MemoryError:
            raise
        except DAMAGE:
            account["errors"] += 1
            continue
        if count == len(frames):
            frames.resize((2 * count, rows, columns, 3), refcheck=False)
        plane = rgb.planes[0]
        pixels = np.ndarray((height, width, 3), np.uint8, plane, 0, (plane.line_size, 3, 1))
        frames[count] = pixels[top : top + rows, left : left + columns]
        count += 1
        if count == most:
            break
    frames.resize((count, rows, columns, 3), refcheck=False)
    account["frames"] = count
    account["full_length"] = count >= expected_frames
    return frames, account


def _pictures(data, account):
    """Decoded pictures in display order; failures are counted in `account` and skipped."""
    try:
        with open_bytes(data) as container:
            stream = video_stream(container)
            if stream is None:
                return
            account["opened"] = True
            for packet in _packets(container, stream, account):
                try:
                    pictures = stream.codec_context.decode(packet)
                except MemoryError:
                    raise
                except DAMAGE:
                    account["errors"] += 1
                else:
                    yield from pictures
    except MemoryError:
        raise
    except DAMAGE:
        account["errors"] += 1


def _packets(container, stream, account):
    """Packets as far as the file can be read, then None, which flushes the decoder."""
    try:
        for packet in container.demux(stream):
            # An empty packet would flush too early and end the decoding there.
            if packet.size:
                yield packet
    except MemoryError:
        raise
    except DAMAGE:
        account["errors"] += 1
    yield None
