"""Frames as a cache of uint8 pictures: decoded and resized once per input size."""

from itertools import groupby
from pathlib import Path

import av
import numpy as np
from PIL import Image

from framefault.errors import UserError
from framefault.files import whole
from framefault.tasks.frames.sets import frame_number


def frames_below(folder):
    """Where the frames of a release lie: YTBB-Robust has a folder of its own for them."""
    inner = Path(folder, "ytbb_videos")
    return inner if inner.is_dir() else Path(folder)


def pictures_of(root, keys):
    """Pictures of all frames, in order, as PIL RGB images.

    A frame "val/video/000012.JPEG" is that file below `root`, or frame 12 of "val/video.mp4".
    Raises UserError naming the first frame that is not there.
    """
    root = Path(root)
    for folder, members in groupby(keys, lambda key: key.rpartition("/")[0]):
        members = list(members)
        video = root / f"{folder}.mp4"
        if video.is_file():
            yield from frames_of_video(video, [frame_number(key) for key in members])
            continue
        for key in members:
            try:
                with Image.open(root / key) as picture:
                    yield picture.convert("RGB")
            except OSError as error:
                raise UserError(
                    f"The frame {root / key} cannot be read ({error}), nor is there {video}."
                ) from error


def frames_of_video(path, numbers):
    """Decoded frames of a video file by number, in the order asked for."""
    wanted, found = set(numbers), {}
    try:
        with av.open(str(path)) as container:
            container.streams.video[0].thread_type = "NONE"
            for number, frame in enumerate(container.decode(video=0)):
                if number in wanted:
                    found[number] = frame.to_image()
                if number >= max(wanted):
                    break
    except av.error.FFmpegError as error:
        raise UserError(f"The video {path} cannot be decoded ({error}).") from error
    missing = sorted(wanted - set(found))
    if missing:
        raise UserError(f"The video {path} has no frame {missing[0]}.")
    return [found[number] for number in numbers]


def resize_and_crop(picture, resize, size):
    """Shorter side to `resize` with PIL's bilinear filter, then the centre: uint8 (size, size, 3).

    The arithmetic is torchvision's Resize and CenterCrop.
    """
    width, height = picture.size
    short, long = min(width, height), max(width, height)
    scaled = (resize, int(resize * long / short))
    if width > height:
        scaled = scaled[::-1]
    resized = picture.resize(scaled, Image.Resampling.BILINEAR)
    left, top = (round((side - size) / 2) for side in scaled)
    return np.asarray(resized.crop((left, top, left + size, top + size)))


def write_cache(path, pictures, count, resize, size):
    """Cache of pictures as .npy, uint8 (count, size, size, 3)."""
    with whole(path) as part:
        cache = np.lib.format.open_memmap(part, "w+", np.uint8, (count, size, size, 3))
        for index, picture in enumerate(pictures):
            cache[index] = resize_and_crop(picture, resize, size)
        cache.flush()
