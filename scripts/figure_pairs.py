"""Figure 5: correctly and incorrectly classified clips, each clean above corrupted."""

from framefault.cli import stage
from framefault.examples import EXAMPLES, Examples
from framefault.figures import drawn
from framefault.files import write_csv
from framefault.frame_grid import COLUMNS, csv_rows, draw_blocks, grid_size, pair_blocks


@stage(**EXAMPLES)
def main(args):
    blocks = pair_blocks(Examples(args), args.titles)
    write_csv(args.csv, csv_rows(blocks), COLUMNS)
    with drawn(*grid_size(blocks), args.note, args.pdf, args.png) as figure:
        draw_blocks(figure, blocks)


if __name__ == "__main__":
    main()
