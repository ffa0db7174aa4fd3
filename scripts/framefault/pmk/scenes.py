"""The embedded data sets of paper B: cut-outs of natural pictures that move over other pictures.

A target class is the picture an object is cut from, a subclass its outline as well, as ILSVRC
is finer than ImageNet-VID. Position, size, blur and visibility of the object are known for every
frame, so that the review of frame pairs is a rule here, not a judgement.
"""

import json
from functools import cache

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from framefault.motion import source_image
from framefault.pmk.sets import REACH
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
# What review rejects, relative to the anchor.
MOTION, SCALING, BLURRING, VISIBLE = 0.5, 1.3, 1.0, 0.55


def subclass_names():
    """Outputs of the pre-trained models: every object in every outline, then the others."""
    return [f"{name}, {outline}" for name in (*NAMES, *OTHERS) for outline in OUTLINES]


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

    def visible(self):
        """Share of the object's box that lies in the centred square, which classifiers see."""
        half, margin = self.size / 2, (WIDTH - HEIGHT) / 2
        right, left = (np.clip(self.x + side * half, margin, WIDTH - margin) for side in (1, -1))
        below, above = (np.clip(self.y + side * half, 0, HEIGHT) for side in (1, -1))
        return (right - left) * (below - above) / self.size**2

    def boxes(self):
        """Box of the object, x1 y1 x2 y2 in pixels: float (frames, 4)."""
        half = self.size / 2
        box = np.stack([self.x - half, self.y - half, self.x + half, self.y + half], 1)
        return box.clip(0, [WIDTH, HEIGHT, WIDTH, HEIGHT])

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
        scale = 2.5  # background pixels per pixel
        room = np.array(self.background.size) - scale * np.array([WIDTH, HEIGHT])
        left, top = np.clip(self.corner * room + self.drift * moment, 0, room)
        box = (left, top, left + scale * WIDTH, top + scale * HEIGHT)
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


def review(scene, name):
    """(anchor frame or None, {neighbour: reasons to reject it}) of a video.

    The anchor is drawn from the middle of the video. It is rejected if its object is blurred or
    cut off; a neighbour if its object moved, grew, blurred or left too much.
    """
    anchor = int(rng("anchor", name).integers(5, scene.frames - 5))
    visible = scene.visible()
    neighbours = {}
    for frame in range(max(0, anchor - REACH), min(scene.frames, anchor + REACH + 1)):
        if frame == anchor:
            continue
        moved = np.hypot(scene.x[frame] - scene.x[anchor], scene.y[frame] - scene.y[anchor])
        growth = abs(np.log(scene.size[frame] / scene.size[anchor]))
        blurred = scene.blur[frame] - scene.blur[anchor]
        reasons = []
        if moved > MOTION * scene.size[anchor] or growth > np.log(SCALING):
            reasons.append("background-change")
        if blurred > BLURRING:
            reasons.append("blur-increase")
        if visible[frame] < VISIBLE:
            reasons.append("occlusion-increased")
        neighbours[frame] = reasons
    bad = visible[anchor] < VISIBLE or scene.blur[anchor] > 1.5
    return (None if bad else anchor), neighbours, anchor


def still(number, subclass):
    """A picture of a subclass at rest, for pre-training: uint8 (HEIGHT, WIDTH, 3)."""
    sources = (*OBJECTS, *OTHERS)
    source, outline = sources[subclass // len(OUTLINES)], OUTLINES[subclass % len(OUTLINES)]
    return Scene(source, outline, "train", ("still", number), 1, still=True).render(0)


def metadata(dataset, options, videos):
    """The files of the official release's metadata folder, as {name: content}.

    `videos` are (name, target, anchor or None, {neighbour: reasons}, anchor drawn). The layout
    "vid" has labels per frame and no rejected frame; "ytbb" has the annotators' marks.
    """
    files = {"rev_class_idx_map.json": rev_class_idx_map()}
    files["class_idx_map.json"] = {
        str(output): int(target)
        for target, outputs in rev_class_idx_map().items()
        for output in outputs
    }
    if options["layout"] == "vid":
        pmsets, labels = {}, {}
        for name, target, anchor, neighbours, _ in videos:
            if anchor is not None:
                kept = [frame for frame, reasons in neighbours.items() if not reasons]
                pmsets[vid_key(name, anchor)] = [vid_key(name, frame) for frame in kept]
                labels |= {vid_key(name, frame): [target] for frame in (*kept, anchor)}
        return files | {"pmsets.json": pmsets, "labels.json": labels}
    names = [*NAMES, UNSEEN_NAME]
    words = ["good", "unsure", "bad", *names]
    marks = [
        "similar", "dissimilar", "problematic", "incorrect", "dont know", "deformation",
        "background-change", "occlusion-increased", "blur-increase", "bad-anchor",
    ]  # fmt: skip
    anchors, pairs, original = [], [], ["ytid,time_ms,label"]
    for name, target, anchor, neighbours, drawn in videos:
        key = ytbb_key(name, drawn)
        good = 2 if anchor is None else 0
        anchors.append({"key": key, "notes": "", "labels": [good]})
        original.append(f"{name},0,{target}")
        for frame, reasons in neighbours.items():
            found = [marks.index(reason) for reason in reasons] + ([1] if reasons else [0])
            pair = f"{key},{ytbb_key(name, frame)}"
            pairs.append({"key": pair, "notes": "", "labels": sorted(found)})
    return files | {
        "ytbb_class_index.json": {str(index): name for index, name in enumerate(names)},
        "anchor_labels.json": {"labels": words, "annotations": anchors},
        "ytbb_robustness_test_anchors_full.csv": "\n".join(original) + "\n",
        "pmk_labels.json": {"labels": marks, "annotations": pairs},
    }


def vid_key(name, frame):
    return f"val/{name}/{frame:06d}.JPEG"


def ytbb_key(name, frame):
    return f"{name}_0/frame-{frame}.jpg"


def write_metadata(folder, files):
    folder.mkdir(parents=True)
    for name, content in files.items():
        text = content if isinstance(content, str) else json.dumps(content, indent=1) + "\n"
        (folder / name).write_text(text, encoding="utf-8")
