"""Figure 5: correctly and incorrectly classified clips, each clean above corrupted."""

from framefault.cli import stage
from framefault.plots.examples import EXAMPLES, Examples
from framefault.plots.frame_grid import pair_blocks, write_grid


@stage(**EXAMPLES)
def main(args):
    write_grid(pair_blocks(Examples(args), args.titles), args)


if __name__ == "__main__":
    main()
