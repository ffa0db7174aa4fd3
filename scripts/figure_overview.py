"""Figure 1: video under bit-level corruptions, around one real clip of the data set."""

from framefault.cli import stage
from framefault.files import write_csv
from framefault.plots.examples import CLEAN, EXAMPLES, Examples, cut, most_damaged
from framefault.plots.frame_grid import COLUMNS, csv_rows, line
from framefault.plots.overview import draw_overview
from framefault.plots.style import drawn


@stage(**EXAMPLES)
def main(args):
    examples = Examples(args)
    index = most_damaged([examples.facts[pair] for pair in examples.conditions[1:]])
    middle = [int(examples.video(index)["frames"]) // 2]
    images = {
        ("clean" if pair == CLEAN else pair[0]): cut(examples.frames(pair, index), middle)[0]
        for pair in examples.conditions
    }
    levels = {"packet_loss": "0", "random": "0"} | dict(examples.conditions[1:])
    lines = [line(examples, pair, index, 1, "") for pair in examples.conditions]
    write_csv(args.csv, csv_rows([{"title": "overview", "lines": lines}]), COLUMNS)
    note = f"Frames of {examples.facts[CLEAN][index]['clip']}. {args.note}"
    with drawn(7.5, 3.4, note, args.pdf, args.png) as figure:
        draw_overview(figure, {"random": None, "packet_loss": None} | images, levels)


if __name__ == "__main__":
    main()
