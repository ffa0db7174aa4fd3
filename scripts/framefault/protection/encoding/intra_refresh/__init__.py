"""Intra refresh: columns that are coded anew wander through pictures, in place of keyframes."""


def encode_settings(encoding, length=8):
    """The settings with all columns coded anew within `length` frames, and one keyframe."""
    wandering = [*encoding.get("x264_params", ()), "intra-refresh=1"]
    return encoding | {"gop": length, "x264_params": wandering}
