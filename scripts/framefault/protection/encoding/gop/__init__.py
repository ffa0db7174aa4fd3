"""Shorter groups of pictures: a keyframe ends what damage before it did."""


def encode_settings(encoding, length=8):
    """The settings with a keyframe every `length` frames at least."""
    return encoding | {"gop": length}
