"""Train an image classifier, from scratch or from other weights."""

from framefault.cli import stage
from framefault.pmk.stage import TRAINING, train


@stage(**TRAINING)
def main(args):
    return train(args)


if __name__ == "__main__":
    main()
