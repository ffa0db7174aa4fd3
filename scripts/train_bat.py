"""Train a model on clips that are corrupted every other time (BAT and its variants)."""

from framefault.bat import corrupting
from framefault.cli import run
from framefault.frames import DecodedClips
from framefault.training_stage import train, training_arguments


def main():
    args = training_arguments(__doc__)
    clean = DecodedClips(args.clean)
    shards = [path for path in args.corrupted if path.suffix == ".frames"]
    each = len(shards) // len(args.options["conditions"])
    corrupted = [
        DecodedClips(shards[first : first + each], clean) for first in range(0, len(shards), each)
    ]
    pick = corrupting(clean, corrupted, args.options["probability"])
    train(args, clean, pick, corrupted=corrupted)


if __name__ == "__main__":
    run(main)
