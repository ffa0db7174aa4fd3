"""Train a model without any defence, from scratch or from a checkpoint."""

from framefault.cli import stage
from framefault.clips.frames import DecodedClips
from framefault.models.training_stage import TRAINING, train


@stage(**TRAINING)
def main(args):
    return train(args, DecodedClips(args.clean))


if __name__ == "__main__":
    main()
