"""The pipeline around one real clip: figure 1 of paper A."""

from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from framefault.plots.style import BLUE, GREY, ORANGE, SKY


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
