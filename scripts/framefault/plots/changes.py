"""Similar frames on which a model changes its mind: figure 1 of paper B."""

from framefault.plots.style import BLUE, GREY


def draw_pairs(figure, table, frames):
    """Anchor and similar frame side by side; `frames` are cached, uint8 (frames, H, W, 3)."""
    grid = figure.subplots(table["pair"].nunique(), 2, squeeze=False)
    for axes, (_, row) in zip(grid.flat, table.iterrows(), strict=True):
        axes.imshow(frames[row["number"]])
        answer = f"{row['answer']} {100 * row['confidence']:.0f} %"
        title = f"{place_of(row['offset'])}, label: {row['label']}\nPredicted: {answer}"
        axes.set_title(title, fontsize=8)
        axes.set(xticks=[], yticks=[])
        axes.grid(False)
        colour, width = (GREY, 0) if row["offset"] else (BLUE, 2.5)
        for spine in axes.spines.values():
            spine.set(visible=True, edgecolor=colour, linewidth=width)


def place_of(offset):
    """Where a frame is: "Anchor", "2 frames later", "1 frame earlier"."""
    if not offset:
        return "Anchor"
    frames = "frame" if abs(offset) == 1 else "frames"
    return f"{abs(offset)} {frames} {'later' if offset > 0 else 'earlier'}"
