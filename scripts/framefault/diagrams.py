"""Diagrams around one real clip: figures 1 and 2 of paper A."""

from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from framefault.bits import boxes, byte_text
from framefault.examples import cut, spread
from framefault.figures import BLUE, GREY, ORANGE, SKY, VERMILLION, say_nothing_evaluated
from framefault.frame_grid import draw_frame

SHOWN = 6
PACKET_COLUMNS = ("corruption", "level", "clip", "unit", "position", "bytes", "hit")


def packet_rows(clip, level, sent):
    """One CSV row per datagram: where its payload starts, its size, whether it was lost."""
    rows, at = [], 0
    for packet in sent:
        row = {"corruption": "packet_loss", "level": level, "clip": clip, "unit": "datagram"}
        rows.append(row | {"position": at, "bytes": packet["bytes"], "hit": int(packet["lost"])})
        at += packet["bytes"]
    return rows


def flip_rows(clip, level, positions):
    """One CSV row per flipped bit; `position` counts bits from the start of the file."""
    row = {"corruption": "random", "level": level, "clip": clip, "unit": "bit", "bytes": ""}
    return [row | {"position": int(position), "hit": 1} for position in positions]


def draw_bits(figure, parts):
    """Figure 2: for each corruption a strip of what was sent or stored, and the frames after it.

    `parts` are {"title", "draw" (a function on axes), "frames" (T, H, W, 3), "count" (of clean
    frames)}.
    """
    if not parts:
        return say_nothing_evaluated(figure)
    blocks = figure.subfigures(len(parts), 1, squeeze=False, hspace=0.03)[:, 0]
    for block, part in zip(blocks, parts, strict=True):
        grid = block.add_gridspec(2, SHOWN, height_ratios=(1, 1.6))
        block.suptitle(part["title"], fontweight="bold", fontsize=8, x=0.01, ha="left")
        part["draw"](block.add_subplot(grid[0, :]))
        numbers = spread(part["count"], SHOWN)
        for place, (number, image) in enumerate(
            zip(numbers, cut(part["frames"], numbers), strict=True)
        ):
            axes = block.add_subplot(grid[1, place])
            draw_frame(axes, image)
            axes.set_title(f"frame {number}", fontsize=6.5, color=GREY, pad=2)


def draw_packets(axes, sent):
    """Datagrams in sending order, lost ones in front; a tick where a picture ends."""
    at = 0
    for packet in sent:
        looks = {"facecolor": SKY, "edgecolor": "white", "alpha": 0.55}
        if packet["lost"]:
            # The edge shows even a packet of a few bytes.
            looks = {"facecolor": ORANGE, "edgecolor": ORANGE, "zorder": 3}
        axes.broken_barh([(at / 1000, packet["bytes"] / 1000)], (0, 1), linewidth=0.7, **looks)
        at += packet["bytes"]
        if packet["ends_picture"]:
            axes.plot([at / 1000] * 2, [-0.25, 0], color=GREY, linewidth=0.7)
    lost = sum(packet["lost"] for packet in sent)
    words = f"{lost} of {len(sent)} packets lost (orange); a tick ends a picture"
    strip(axes, at / 1000, "kB in packet order", words)


def draw_flips(axes, clean, positions):
    """A file's bytes, its boxes named, an arrow at every flipped bit, one of them close up."""
    for name, start, size in boxes(clean):
        colour = SKY if name == "mdat" else GREY
        axes.broken_barh([(start / 1000, size / 1000)], (0, 1), facecolor=colour, alpha=0.55,
                         edgecolor="white", linewidth=0.7)  # fmt: skip
        if size > 0.02 * len(clean):
            label = {"facecolor": "white", "linewidth": 0, "pad": 1.5, "alpha": 0.8}
            middle = (start + size / 2) / 1000
            axes.text(middle, 0.5, name, ha="center", va="center", fontsize=6.5, bbox=label)
    axes.plot(positions / 8000, [1.12] * len(positions), "v", color=VERMILLION, clip_on=False)
    axes.vlines(positions / 8000, 0, 1, color=VERMILLION, linewidth=0.8)
    words = f"{len(positions)} of {8 * len(clean):,} bits flipped (arrows)"
    if len(positions):
        words += "; the first: " + zoom(clean, int(positions[0]))
    strip(axes, len(clean) / 1000, "kB in the file; metadata is grey", words)


def zoom(clean, position):
    """Bytes around a flipped bit in words, the byte it is in before and after."""
    byte, bit = divmod(position, 8)
    before = clean[byte]
    return f"byte {byte:,}: {byte_text(before)} → {byte_text(before ^ 1 << bit)}"


def strip(axes, width, label, words):
    axes.set(xlim=(0, width), ylim=(-0.3, 1.2), yticks=[])
    axes.set_xlabel(label, fontsize=7)
    axes.set_title(words, loc="left", fontsize=7, pad=4)
    axes.grid(False)
    axes.spines["left"].set_visible(False)


def draw_overview(figure, images, levels):
    """Figure 1: from a recording through file and network to a model and its defences.

    `images` are one frame each, under the keys clean, random and packet_loss; `levels` the
    corruption levels of the latter two.
    """
    axes = figure.add_subplot()
    axes.set(xlim=(0, 100), ylim=(0, 46), xticks=[], yticks=[])
    axes.grid(False)
    axes.spines[:].set_visible(False)
    for x, y, image, words, colour in (
        (1, 17, images["clean"], "Video recording", GREY),
        (25, 27, images["random"], f"File storage:\nflipped bits, p = {levels['random']}", ORANGE),
        (25, 3, images["packet_loss"],
         f"Network transmission:\nlost packets, p = {levels['packet_loss']}", ORANGE),
    ):  # fmt: skip
        frame(axes, x, y, image, words, colour)
    box(axes, 49, 17.5, 14, 10, "Video model\n(action\nrecognition)", BLUE)
    box(axes, 70, 28, 29, 14, "Corruption-agnostic defences\nout-of-distribution detection,\n"
        "checksums, adversarial training", SKY)  # fmt: skip
    box(axes, 70, 4, 29, 14, "Corruption-aware defence\nbit-corruption augmented\n"
        "training (BAT)", SKY)  # fmt: skip
    for start, end in (
        ((18, 24), (24.5, 33)), ((18, 22), (24.5, 11)), ((42.5, 33), (48.5, 25)),
        ((42.5, 11), (48.5, 20)), ((69.5, 34), (63.5, 25.5)), ((69.5, 11), (63.5, 19.5)),
    ):  # fmt: skip
        axes.add_patch(FancyArrowPatch(start, end, arrowstyle="-|>", mutation_scale=9, color=GREY))


def frame(axes, x, y, image, words, colour, width=17, height=12.5):
    if image is not None:
        axes.imshow(image, extent=(x, x + width, y, y + height), aspect="auto", zorder=2)
    looks = {"fill": False, "edgecolor": colour, "linewidth": 1.6, "zorder": 3}
    axes.add_patch(FancyBboxPatch((x, y), width, height, boxstyle="square,pad=0", **looks))
    axes.text(x + width / 2, y + height + 0.8, words, ha="center", va="bottom", fontsize=7)


def box(axes, x, y, width, height, words, colour):
    looks = {"facecolor": colour, "alpha": 0.25, "edgecolor": colour, "linewidth": 1.2}
    style = "round,pad=0,rounding_size=1"
    axes.add_patch(FancyBboxPatch((x, y), width, height, boxstyle=style, **looks))
    axes.text(x + width / 2, y + height / 2, words, ha="center", va="center", fontsize=7.5)
