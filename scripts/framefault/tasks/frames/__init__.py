"""Image classification across time: pm-k sets and classifiers of single pictures (paper B)."""
