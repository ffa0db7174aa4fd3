"""Bring a user's checkpoint into the project as safetensors, without running its code."""

from pathlib import Path

from framefault.cli import Output, stage
from framefault.weights import load_weights, save_state


@stage(file=Path, weights=Output)
def main(args):
    state, classes = load_weights(args.file)
    save_state(state, args.weights, classes)


if __name__ == "__main__":
    main()
