"""Train a model without any defence, from scratch or from a checkpoint."""

from framefault.cli import run
from framefault.frames import DecodedClips
from framefault.training_stage import train, training_arguments


def main():
    args = training_arguments(__doc__)
    train(args, DecodedClips(args.clean))


if __name__ == "__main__":
    run(main)
