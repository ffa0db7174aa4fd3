"""The embedded data set of tracking: people-shaped cut-outs that walk through natural pictures.

A sequence is a folder as MOT15 ships them. People of training and test are dressed in other
pictures; the scenery is the same pictures in other views, as a camera that stays sees it. The truth is known to a fraction of a pixel: a box is that of the whole silhouette,
also where the picture's edge or somebody else hides a part, and a person is listed in a frame
while a quarter of the silhouette is to be seen there.
"""

import math

import numpy as np
from PIL import Image, ImageDraw

from framefault.data.motion import source_image
from framefault.seeds import rng

SCENERY = (
    "street", "bicycle", "taxi", "cyclist", "rocket", "coffee", "china.jpg", "motorcycle", "rabbit",
    "camera",
)  # fmt: skip
CLOTHES = {
    "train": ("astronaut", "chelsea", "coins", "grass", "immunohistochemistry", "page", "retina"),
    "test": ("hopper", "carphone", "flower.jpg", "brick", "gravel", "cell", "hubble_deep_field"),
}
SEEN = 0.25  # of a silhouette, from which on it is listed
QUALITY = 95  # of JPEG

# A person is drawn 100 pixels high on a canvas with a transparent margin.
CANVAS = (84, 114)
MIDDLE, GROUND = 42, 107
PHASES = 12  # of a stride, in which a person covers STRIDE times its height
STRIDE = 0.8
GRAIN_MARGIN = 32


def plan(sequences):
    """(split, name) of every sequence; `sequences` maps each split to how many it has."""
    for split in sorted(sequences):
        for number in range(sequences[split]):
            yield split, f"{split}-{number:03d}"


class Crowd:
    """One sequence before it is drawn: who walks where, before what.

    `width` and `height` are in pixels, `objects` are the least and the most people.
    """

    def __init__(self, split, name, width, height, frames, objects):
        draw = rng("crowd", split, name)
        self.width, self.height, self.frames = width, height, frames
        time = np.arange(frames)
        self.pan = draw.normal(0, 0.2) * time + sway(draw, time, 1.5)
        self.light = draw.uniform(0.7, 1.15) + sway(draw, time, 0.03)
        self.scenery = source_image(str(draw.choice(SCENERY)))
        self.zoom = draw.uniform(0.6, 0.95) * min(np.array(self.scenery.size) / (width, height))
        self.corner = draw.uniform(0.1, 0.9, 2)
        noise = draw.uniform(2, 7)
        size = (height + GRAIN_MARGIN, width + GRAIN_MARGIN, 3)
        # One field of sensor noise, seen through a jumping window: far cheaper than one a frame.
        self.grain = noise * draw.standard_normal(size, np.float32)
        self.windows = draw.integers(0, GRAIN_MARGIN, (frames, 2))
        people = draw.integers(objects[0], objects[1] + 1)
        keys = [("crowd", split, name, number) for number in range(1, people + 1)]
        self.people = [Walker(rng(*key), split, width, height, frames) for key in keys]

    def frame(self, number):
        """One frame, uint8 RGB (height, width, 3), and its truth: (id, x, y, w, h) in pixels.

        Ids count from 1. Boxes are left, top, width and height of whole silhouettes.
        """
        canvas = self.view(number)
        owner = Image.new("L", canvas.size, 0)
        boxes, areas = {}, {}
        for who in sorted(range(len(self.people)), key=lambda who: self.people[who].foot[number]):
            cut_out, corner, box = self.people[who].placed(number, self.pan[number])
            silhouette = cut_out.getchannel("A").convert("1", dither=Image.Dither.NONE)
            canvas.paste(cut_out, corner, cut_out)
            owner.paste(who + 1, corner, silhouette)
            boxes[who + 1], areas[who + 1] = box, silhouette.histogram()[255]
        seen = owner.histogram()
        truth = [(who, *boxes[who]) for who in sorted(boxes) if seen[who] >= SEEN * areas[who]]
        return self.exposed(canvas, number), truth

    def view(self, number):
        """The scenery in one frame, before light and noise."""
        size = np.array([self.width, self.height]) * self.zoom
        room = np.array(self.scenery.size) - size
        pan = [0.4 * self.zoom * self.pan[number], 0]
        left, top = np.clip(self.corner * room + pan, 0, room)
        right, bottom = np.minimum([left + size[0], top + size[1]], self.scenery.size)
        box = (left, top, right, bottom)
        return self.scenery.resize((self.width, self.height), Image.Resampling.BILINEAR, box)

    def exposed(self, canvas, number):
        row, column = self.windows[number]
        pixels = np.asarray(canvas, np.float32) * np.float32(self.light[number])
        pixels += self.grain[row : row + self.height, column : column + self.width]
        return np.clip(np.rint(pixels), 0, 255).astype(np.uint8)


class Walker:
    """One person: looks in every phase of a stride, and the way through the sequence."""

    def __init__(self, draw, split, width, height, frames):
        self.poses = poses(draw, split)
        time = np.arange(frames)
        # Eyes are about as high as the camera: the nearer, the larger and the lower the feet.
        near = draw.uniform(0.45, 1.05) * np.exp(draw.normal(0, 0.002) * time)
        self.near = np.clip(near, 0.4, 1.2)
        self.foot = height * (0.38 + 0.58 * self.near)
        self.tall = height * 0.6 * draw.uniform(0.85, 1.15) * self.near
        pace = draw.uniform(0.015, 0.045) * (1 + 0.15 * np.sin(time / 2 + draw.uniform(0, 6)))
        if draw.random() < 0.3:  # a rest on the way
            begin = draw.uniform(-0.3, 1) * frames
            pace[(time >= begin) & (time < begin + draw.uniform(0.3, 0.8) * frames)] = 0
        walked = np.cumsum(pace)
        self.phase = walked / STRIDE + draw.random()
        way = draw.choice([-1, 1]) * np.cumsum(pace * self.tall)
        moment = int(draw.integers(frames))  # when this person is certainly there
        self.x = width * draw.uniform(0.03, 0.97) + way - way[moment]

    def placed(self, number, pan):
        """The cut-out of one frame, RGBA, its corner on the picture, and its box x, y, w, h."""
        pose, inner = self.poses[int(self.phase[number] * PHASES) % PHASES]
        scale = self.tall[number] / 100
        bob = 0.012 * self.tall[number] * np.cos(4 * np.pi * self.phase[number])
        left = self.x[number] - pan * self.near[number] - MIDDLE * scale
        top = self.foot[number] + bob - GROUND * scale
        # Whole pixels inside of the canvas, whose margin is empty: resizing keeps the fractions.
        x1, y1 = math.ceil(left), math.ceil(top)
        x2 = math.floor(left + CANVAS[0] * scale - 1e-6)
        y2 = math.floor(top + CANVAS[1] * scale - 1e-6)
        part = ((x1 - left) / scale, (y1 - top) / scale, (x2 - left) / scale, (y2 - top) / scale)
        cut_out = pose.resize((x2 - x1, y2 - y1), Image.Resampling.BILINEAR, part)
        box = (
            left + inner[0] * scale, top + inner[1] * scale,
            (inner[2] - inner[0]) * scale, (inner[3] - inner[1]) * scale,
        )  # fmt: skip
        return cut_out, (x1, y1), tuple(map(float, box))


def sway(draw, time, most):
    """A slow wave of random length and height up to `most`."""
    angle = 2 * np.pi * time / draw.uniform(40, 90) + draw.uniform(0, 2 * np.pi)
    return draw.uniform(0, most) * np.sin(angle)


def poses(draw, split):
    """(RGBA picture, box of the silhouette in it) of one person in every phase of a stride."""
    shirt, trousers, skin = (cloth(draw, split) for _ in range(3))
    dark = shaded(shirt), shaded(trousers)
    tone = tuple(int(value) for value in draw.uniform(0.35, 1) * np.array([235, 190, 160]))
    skin = Image.blend(skin, Image.new("RGB", CANVAS, tone), 0.7)
    build, swing = draw.uniform(0.8, 1.25), draw.uniform(0.35, 0.55)
    return [
        pose(shirt, trousers, skin, dark, build, swing, step / PHASES) for step in range(PHASES)
    ]


def pose(shirt, trousers, skin, dark, build, swing, phase):
    """A person from the far arm to the near one; `dark` are shirt and trousers of far limbs."""
    angle = swing * np.sin(2 * np.pi * phase)
    bend = 0.5 * np.cos(2 * np.pi * phase)
    picture = Image.new("RGBA", CANVAS, (0, 0, 0, 0))
    hips, shoulders = GROUND - 49, GROUND - 80
    leg, arm = 8 * build, 6 * build
    limb(picture, dark[0], (MIDDLE, shoulders), 16, angle, 14, angle + 0.3, arm)
    limb(picture, dark[1], (MIDDLE, hips), 24, -angle, 25, -angle - max(0, -bend), leg)
    limb(picture, trousers, (MIDDLE, hips), 24, angle, 25, angle - max(0, bend), leg)
    body = [(-11, 82), (11, 82), (13, 74), (9, 46), (-9, 46), (-13, 74)]
    corners = [(MIDDLE + build * x, GROUND - y) for x, y in body]
    cover(picture, shirt, lambda mask: mask.polygon(corners, fill=255))
    head = (MIDDLE - 7, GROUND - 100, MIDDLE + 7, GROUND - 82)
    cover(picture, skin, lambda mask: mask.ellipse(head, fill=255))
    limb(picture, shirt, (MIDDLE, shoulders), 16, -angle, 14, -angle + 0.3, arm)
    return picture, picture.getchannel("A").getbbox()


def limb(picture, stuff, start, upper, angle, lower, turned, thick):
    """An arm or a leg of two parts, which hang down at angles in radians."""
    joint = (start[0] + upper * np.sin(angle), start[1] + upper * np.cos(angle))
    end = (joint[0] + lower * np.sin(turned), joint[1] + lower * np.cos(turned))
    half = thick / 2

    def draw(mask):
        mask.line([start, joint, end], fill=255, width=round(thick), joint="curve")
        for x, y in (joint, end):
            mask.ellipse((x - half, y - half, x + half, y + half), fill=255)

    cover(picture, stuff, draw)


def cover(picture, stuff, draw):
    """Fill what `draw` paints white on a mask with a piece of cloth."""
    mask = Image.new("L", CANVAS, 0)
    draw(ImageDraw.Draw(mask))
    picture.paste(stuff, (0, 0), mask)


def shaded(stuff):
    return stuff.point(lambda value: 0.7 * value)


def cloth(draw, split):
    """A region of a picture in a tint of its own, as large as the canvas."""
    picture = source_image(str(draw.choice(CLOTHES[split])))
    side = draw.uniform(0.2, 0.5) * min(picture.size)
    x, y = (draw.uniform(0, length - side) for length in picture.size)
    patch = picture.resize(CANVAS, Image.Resampling.BILINEAR, (x, y, x + side, y + side))
    tint = np.clip(np.asarray(patch) * draw.uniform(0.35, 1.2, 3), 0, 255)
    return Image.fromarray(tint.astype(np.uint8))


def write_sequence(folder, crowd, fps):
    """Pictures, truth and facts of one sequence in a new folder, laid out as MOT15."""
    pictures, truth = folder / "img1", folder / "gt"
    for each in (pictures, truth):
        each.mkdir(parents=True)
    lines = []
    for number in range(crowd.frames):
        pixels, boxes = crowd.frame(number)
        Image.fromarray(pixels).save(pictures / f"{number + 1:06d}.jpg", quality=QUALITY)
        for who, *box in boxes:
            lines.append(f"{number + 1},{who},{','.join(f'{v:.2f}' for v in box)},1,-1,-1,-1\n")
    (truth / "gt.txt").write_text("".join(lines), encoding="utf-8")
    facts = {
        "name": folder.name, "imDir": "img1", "frameRate": fps, "seqLength": crowd.frames,
        "imWidth": crowd.width, "imHeight": crowd.height, "imExt": ".jpg",
    }  # fmt: skip
    text = "".join(f"{key}={value}\n" for key, value in facts.items())
    (folder / "seqinfo.ini").write_text(f"[Sequence]\n{text}", encoding="utf-8")
