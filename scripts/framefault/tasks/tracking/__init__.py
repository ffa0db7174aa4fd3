"""Multi-object tracking: FairMOT on sequences of the MOT challenge, scored with CLEAR MOT."""
