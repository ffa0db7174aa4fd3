"""The training loop that all networks share, their weights and checkpoints."""
