"""Figure 4: frames of one clip under rising corruption, with the model's predictions."""

from framefault.cli import stage
from framefault.plots.examples import EXAMPLES, Examples
from framefault.plots.frame_grid import level_blocks, write_grid


@stage(**EXAMPLES)
def main(args):
    write_grid(level_blocks(Examples(args), args.titles), args)


if __name__ == "__main__":
    main()
