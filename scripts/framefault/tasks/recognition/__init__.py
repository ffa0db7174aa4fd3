"""Action recognition: R3D on clips, its defences, detectors of corruption (paper A)."""
