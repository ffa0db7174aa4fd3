"""Train a model adversarially: FGSM with a random start."""

from framefault.adversarial import adversary
from framefault.cli import run
from framefault.frames import DecodedClips
from framefault.training_stage import train, training_arguments


def main():
    args = training_arguments(__doc__)
    perturb = adversary(**args.options, dataset=args.dataset, seed=args.seed)
    train(args, DecodedClips(args.clean), perturb=perturb)


if __name__ == "__main__":
    run(main)
