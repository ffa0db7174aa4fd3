"""Train an image classifier adversarially in the l-inf norm."""

from framefault.cli import stage
from framefault.pmk.stage import TRAINING, train
from framefault.pmk.training import attack_linf


@stage(**TRAINING)
def main(args):
    return train(args, perturb=attack_linf(**args.options))


if __name__ == "__main__":
    main()
