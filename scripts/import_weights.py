"""Bring a user's checkpoint into the project as safetensors, without running its code."""

from pathlib import Path

from framefault.cli import arguments, run
from framefault.weights import load_weights, save_state


def main():
    args = arguments(__doc__, file=Path, weights=Path)
    state, classes = load_weights(args.file)
    save_state(state, args.weights, classes)


if __name__ == "__main__":
    run(main)
