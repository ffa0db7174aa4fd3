"""Train a model on clips that are corrupted every other time (BAT and its variants)."""

from framefault.cli import stage
from framefault.clips.frames import DecodedClips
from framefault.models.bat import corrupting
from framefault.models.training_stage import TRAINING, train


@stage(**TRAINING)
def main(args):
    clean = DecodedClips(args.clean)
    shards = [path for path in args.corrupted if path.suffix == ".frames"]
    each = len(shards) // len(args.options["conditions"])
    corrupted = [
        DecodedClips(shards[first : first + each], clean) for first in range(0, len(shards), each)
    ]
    pick = corrupting(clean, corrupted, args.options["probability"])
    return train(args, clean, pick, corrupted=corrupted)


if __name__ == "__main__":
    main()
