"""One folder per task: its ground truth, network, predictions and scores."""
