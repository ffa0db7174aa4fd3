"""Train a model adversarially: FGSM with a random start."""

from framefault.cli import stage
from framefault.clips.frames import DecodedClips
from framefault.models.adversarial import adversary
from framefault.models.training_stage import TRAINING, train


@stage(**TRAINING)
def main(args):
    perturb = adversary(**args.options, dataset=args.dataset, seed=args.seed)
    return train(args, DecodedClips(args.clean), perturb=perturb)


if __name__ == "__main__":
    main()
