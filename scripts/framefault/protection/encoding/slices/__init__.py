"""Several slices in a picture: what is lost of one leaves the others readable."""


def encode_settings(encoding, count=4):
    """The settings with `count` slices in a picture."""
    return encoding | {"x264_params": [*encoding.get("x264_params", ()), f"slices={count}"]}
