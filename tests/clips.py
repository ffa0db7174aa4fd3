"""Small decoded data sets for tests of training and prediction."""

import numpy as np
from av import VideoFrame

from framefault.video.cache import DecodedClips, write_shard
from framefault.video.pictures import Layout, Pictures


def as_pictures(frames):
    """What is kept of uint8 RGB frames (T, H, W, 3): colours of half the resolution, rounded."""
    layout = Layout(frames.shape[2], frames.shape[1])
    kept = np.empty((len(frames), layout.nbytes), np.uint8)
    planes = layout.split(kept)
    for position, frame in enumerate(frames):
        picture = VideoFrame.from_ndarray(np.ascontiguousarray(frame), format="rgb24")
        layout.keep(picture.reformat(format="yuv420p"), planes, position)
    return Pictures(layout, kept)


def decoded_clips(folder, count=8, frames=20, side=20, classes=2, seed=0, name="shard", **changes):
    """Cached clips whose class shows in their brightness, written and opened as the stages do."""
    draw = np.random.default_rng(seed)
    pairs = []
    for index in range(count):
        level = 60 + 120 * (index % classes)
        pixels = np.clip(draw.normal(level, 20, (frames, side, side + 4, 3)), 0, 255)
        account = {
            "clip": f"class{index % classes}/clip{index}",
            "label": f"class{index % classes}",
            "status": "ok",
            "opened": True,
            "frames": frames,
            "errors": 0,
            "full_length": True,
            "unchanged": False,
            "distance": 0.0,
            "distance_dropped": 0.0,
            "numbers": list(range(frames)),
            "times": [],
        }
        pairs.append((as_pictures(pixels.astype(np.uint8)), account | changes))
    paths = folder / f"{name}.frames", folder / f"{name}.parquet"
    write_shard(*paths, pairs)
    return DecodedClips(paths)


RECIPE = {
    "epochs": 3,
    "batch_size": 4,
    "learning_rate": 0.01,
    "momentum": 0.9,
    "dampening": 0,
    "weight_decay": 1e-5,
    "schedule": "cosine",
    "warmup": 0.3,
    "patience": 1,
    "factor": 0.1,
    "validate_on": None,
    "crop_scales": [1, 0.8],
    "flip": 0.5,
}
