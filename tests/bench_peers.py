"""Decoding and resizing by what a user would pick instead: `pip install -r envs/bench.txt`.

Each takes a clip's bytes and a (width, height) and gives uint8 RGB frames (T, height, width, 3), on
one thread, as our decoding does. The packages are optional, so they are imported where used.
"""

import io
import tempfile
from importlib.util import find_spec

import numpy as np

from framefault.errors import in_one_line


def decord(data, size):
    from decord import VideoReader

    reader = VideoReader(io.BytesIO(data), width=size[0], height=size[1], num_threads=1)
    return reader.get_batch(range(len(reader))).asnumpy()


def opencv(data, size):
    import cv2

    cv2.setNumThreads(1)
    frames = []
    with tempfile.NamedTemporaryFile() as file:
        file.write(data)
        file.flush()
        capture = cv2.VideoCapture(file.name, cv2.CAP_FFMPEG, [cv2.CAP_PROP_N_THREADS, 1])
        while (found := capture.read())[0]:
            small = cv2.resize(found[1], size, interpolation=cv2.INTER_AREA)
            frames.append(cv2.cvtColor(small, cv2.COLOR_BGR2RGB))
        capture.release()
    return np.stack(frames)


def torchcodec(data, size):
    from torchcodec.decoders import VideoDecoder
    from torchcodec.transforms import Resize

    decoder = VideoDecoder(
        data, dimension_order="NHWC", num_ffmpeg_threads=1, transforms=[Resize(size[::-1])]
    )
    return decoder[:].numpy()


# The package, and its function.
PEERS = {"decord": decord, "cv2": opencv, "torchcodec": torchcodec}


def usable(name, data, size, count):
    """Whether a peer gives all frames of a clip; says in one line where it does not, and why."""
    if find_spec(name) is None:
        print(f"{name} is left out: it is not installed (envs/bench.txt)")
        return False
    try:
        frames = PEERS[name](data, size)
    except Exception as error:  # of foreign code, anything
        print(f"{name} is left out: {in_one_line(error)[:100]}")
        return False
    if frames.shape != (count, size[1], size[0], 3):
        print(f"{name} is left out: it gives frames of shape {frames.shape}")
        return False
    return True
