"""Object detection: Faster R-CNN on the frames of pm-k sets, scored with mean average precision."""
