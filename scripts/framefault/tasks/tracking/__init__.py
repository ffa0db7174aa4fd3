"""Multi-object tracking: detectors, FairMOT's tracker, CLEAR MOT (paper A, section 4.1)."""
