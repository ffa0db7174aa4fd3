"""Bring a user's checkpoint into the project as safetensors, without running its code."""

import json
from pathlib import Path

from framefault.cli import Output, stage
from framefault.models.weights import check_digest, load_weights, save_state


@stage(file=Path, options=json.loads, weights=Output)
def main(args):
    check_digest(args.file, args.options["weights_sha256"])
    state, classes = load_weights(args.file)
    save_state(state, args.weights, classes)


if __name__ == "__main__":
    main()
