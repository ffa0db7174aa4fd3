"""What one real clip lost and what is left of it: figure 2 of paper A."""

from framefault.corruption.bits import boxes, byte_text
from framefault.plots.frame_grid import draw_frame
from framefault.plots.style import GREY, ORANGE, SKY, VERMILLION, say_nothing_evaluated

COLUMNS = ["corruption", "level", "clip", "unit", "position", "bytes", "hit"]


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
    row = {"corruption": "random", "level": level, "clip": clip, "unit": "bit", "bytes": None}
    return [row | {"position": int(position), "hit": 1} for position in positions]


def draw_bits(figure, parts):
    """Figure 2: the clean frames; for each corruption what was sent or stored, and what is left.

    `parts` are {"title", "draw" (a function on axes; None for clean frames), "numbers" of frames,
    "images" (H, W, 3) or None}.
    """
    if not any(part["draw"] for part in parts):
        return say_nothing_evaluated(figure)
    sizes = [2.4 if part["draw"] else 1.4 for part in parts]
    blocks = figure.subfigures(len(parts), 1, squeeze=False, hspace=0.03, height_ratios=sizes)
    for block, part in zip(blocks[:, 0], parts, strict=True):
        grid = block.add_gridspec(
            2, len(part["images"]), height_ratios=(1 if part["draw"] else 1e-3, 1.6)
        )
        block.suptitle(part["title"], fontweight="bold", fontsize=8, x=0.01, ha="left")
        if part["draw"]:
            part["draw"](block.add_subplot(grid[0, :]))
        for place, (number, image) in enumerate(zip(part["numbers"], part["images"], strict=True)):
            axes = block.add_subplot(grid[1, place])
            draw_frame(axes, image)
            axes.set_title(f"frame {number}", fontsize=6.5, color=GREY, pad=2)


def draw_packets(axes, sent):
    """A box per datagram in sending order, lost ones in orange; a tick where a picture ends."""
    for number, packet in enumerate(sent):
        colour = {"facecolor": ORANGE} if packet["lost"] else {"facecolor": SKY, "alpha": 0.55}
        axes.broken_barh([(number, 1)], (0, 1), edgecolor="white", linewidth=0.5, **colour)
        if packet["ends_picture"]:
            axes.plot([number + 1] * 2, [-0.25, 0], color=GREY, linewidth=0.7)
    lost = sum(packet["lost"] for packet in sent)
    words = f"{lost} of {len(sent)} packets lost (orange); a tick ends a picture"
    strip(axes, len(sent), "packets in sending order", words)


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
