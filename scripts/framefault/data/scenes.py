"""The embedded data sets of paper B: cut-outs of natural pictures that move over other pictures.

A target class is the picture an object is cut from, a subclass its outline as well, as ILSVRC
is finer than ImageNet-VID. Position, size, blur and visibility of the object are known for every
frame, so that what an annotator would see in a pair of frames is known, too.
"""

from functools import cache

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from framefault.data.motion import source_image
from framefault.seeds import rng

OBJECTS = ("astronaut", "chelsea", "coffee", "coins", "flower.jpg", "motorcycle", "page", "rocket")
NAMES = ("astronaut", "cat", "coffee", "coins", "flower", "motorcycle", "page", "rocket")
OUTLINES = ("round", "angular")
# Only in the data set that stands for Youtube-BB, and in no picture that models are pre-trained on.
UNSEEN, UNSEEN_NAME = "moon", "moon"
# Subclasses of the pre-training that are no target, as most of ILSVRC's are none.
OTHERS = ("brick", "immunohistochemistry")
BACKGROUNDS = {
    "train": ("grass", "china.jpg", "retina"),
    "test": ("gravel", "camera", "hubble_deep_field"),
}
# Frame rates, with the share of videos of each, as in Table 8 (and others).
RATES = ((25, 0.3), ("30000/1001", 0.33), (30, 0.27), (24, 0.05), (15, 0.05))
WIDTH, HEIGHT = 96, 72
SCALE = 2.5  # background pixels per pixel


def subclass_names():
    """Outputs of the pre-trained models: every object in every outline, then the others."""
    return [f"{name}, {outline}" for name in (*NAMES, *OTHERS) for outline in OUTLINES]


def class_names(layout):
    """Names of the target classes; the layout "ytbb" has one that no model was trained on."""
    return [*NAMES, UNSEEN_NAME] if layout == "ytbb" else [*NAMES]


def rev_class_idx_map():
    """{target: outputs}, in the format of the official metadata."""
    per = len(OUTLINES)
    return {str(t): list(range(per * t, per * (t + 1))) for t in range(len(NAMES))}


@cache
def cut_out(source, outline, number, part):
    """One object as an RGBA image 64 pixels wide, cut from a part of its picture.

    No object is in both parts, but their pictures are the same: what differs is the region.
    """
    draw = rng("cut-out", source, outline, number, part)
    picture = source_image(source)
    side = draw.uniform(0.45, 0.75) * min(picture.size)
    x, y = (draw.uniform(0, length - side) for length in picture.size)
    patch = picture.resize((64, 64), Image.Resampling.BILINEAR, (x, y, x + side, y + side))
    angles = np.linspace(0, 2 * np.pi, 48 if outline == "round" else 6, endpoint=False)
    reach = 30 * (1 - draw.uniform(0, 0.15 if outline == "round" else 0.4, len(angles)))
    corners = np.stack([32 + reach * np.cos(angles), 32 + reach * np.sin(angles)], 1)
    mask = Image.new("L", (64, 64), 0)
    ImageDraw.Draw(mask).polygon(corners.ravel().tolist(), fill=255)
    patch.putalpha(mask)
    return patch


class Scene:
    """One object on its way over a background: what every frame shows, before it is drawn."""

    def __init__(self, source, outline, part, key, frames, still=False):
        draw = rng("scene", *key)
        self.part, self.frames = part, frames
        number = int(draw.integers(40))
        self.object = cut_out(source, outline, number, part)
        self.background = source_image(str(draw.choice(BACKGROUNDS[part])))
        time = np.arange(frames) - draw.uniform(0.3, 0.7) * frames
        lively = 0 if still else draw.gamma(1.3, 0.85)
        heading = draw.uniform(0, 2 * np.pi)
        wave = np.sin(2 * np.pi * time / draw.uniform(15, 40)) * lively * 3
        middle = draw.normal(0, (0.09 * WIDTH, 0.08 * HEIGHT))
        self.x = WIDTH / 2 + middle[0] + lively * np.cos(heading) * time + wave
        self.y = HEIGHT / 2 + middle[1] + lively * np.sin(heading) * time
        self.size = draw.uniform(0.4, 0.8) * HEIGHT * np.exp(draw.normal(0, 0.012) * lively * time)
        self.angle = draw.uniform(-25, 25) + draw.normal(0, 1.2) * lively * time
        self.drift = draw.normal(0, 0.7, 2) * lively
        self.corner = draw.uniform(0, 1, 2)
        self.light = draw.uniform(0.65, 1.2) + draw.normal(0, 0.004) * time
        focus = draw.uniform(0, 1.3) * (draw.random() < 0.5)
        pulling = np.sin(2 * np.pi * time / draw.uniform(30, 60) + draw.uniform(0, 6))
        self.defocus = np.maximum(0, focus * pulling)
        self.noise = draw.uniform(2, 9)
        self.draw = draw
        speed = np.hypot(np.gradient(self.x), np.gradient(self.y)) if frames > 1 else np.zeros(1)
        self.blur = self.defocus + speed / 4  # pixels, motion and focus together

    def boxes(self):
        """Box of the object, x1 y1 x2 y2 in pixels: float (frames, 4)."""
        half = self.size / 2
        box = np.stack([self.x - half, self.y - half, self.x + half, self.y + half], 1)
        return box.clip(0, [WIDTH, HEIGHT, WIDTH, HEIGHT])

    def seen_from(self, moment):
        """Where in the background the picture's corner lies, x y in pixels of the background."""
        room = np.array(self.background.size) - SCALE * np.array([WIDTH, HEIGHT])
        return np.clip(self.corner * room + self.drift * moment, 0, room)

    def render(self, frame):
        """uint8 RGB (HEIGHT, WIDTH, 3)."""
        pixels = np.mean([self.view(frame + part) for part in (-0.2, 0.2)], axis=0)
        pixels = pixels * self.light[frame] + self.draw.normal(0, self.noise, pixels.shape)
        return np.clip(np.rint(pixels), 0, 255).astype(np.uint8)

    def view(self, moment):
        """One instant of the shutter's opening, float (HEIGHT, WIDTH, 3)."""
        frames = np.arange(self.frames)
        x, y, size, angle, defocus = (
            float(np.interp(moment, frames, values))
            for values in (self.x, self.y, self.size, self.angle, self.defocus)
        )
        left, top = self.seen_from(moment)
        box = (left, top, left + SCALE * WIDTH, top + SCALE * HEIGHT)
        canvas = self.background.resize((WIDTH, HEIGHT), Image.Resampling.BILINEAR, box)
        zoom = 64 / size
        cos, sin = np.cos(np.radians(angle)) * zoom, np.sin(np.radians(angle)) * zoom
        placed = self.object.transform(
            (WIDTH, HEIGHT),
            Image.Transform.AFFINE,
            (cos, sin, 32 - cos * x - sin * y, -sin, cos, 32 + sin * x - cos * y),
            Image.Resampling.BILINEAR,
        )
        canvas.paste(placed, (0, 0), placed)
        if defocus > 0.05:
            canvas = canvas.filter(ImageFilter.GaussianBlur(defocus))
        return np.asarray(canvas, np.float32)


def plan_videos(dataset, options, part):
    """(name, source, outline, target) of every video of a part, classes in turn."""
    sources, count = list(OBJECTS), options["videos"][part]
    if options["layout"] == "ytbb":
        sources.append(UNSEEN)
    for index in range(count):
        target = index % len(sources)
        outline = OUTLINES[index // len(sources) % len(OUTLINES)]
        yield f"{dataset}_{part}_{index:05d}", sources[target], outline, target


def video_scene(name, source, outline, part, frames):
    """The scene of a video; its length differs a little from video to video."""
    length = frames + int(rng("length", name).integers(-3, 4))
    return Scene(source, outline, part, ("video", name), length)


def frame_rate(name):
    rates, shares = zip(*RATES, strict=True)
    return rates[int(rng("rate", name).choice(len(rates), p=shares))]


def still(number, subclass):
    """A picture of a subclass at rest, for pre-training: uint8 (HEIGHT, WIDTH, 3)."""
    sources = (*OBJECTS, *OTHERS)
    source, outline = sources[subclass // len(OUTLINES)], OUTLINES[subclass % len(OUTLINES)]
    return Scene(source, outline, "train", ("still", number), 1, still=True).render(0)
