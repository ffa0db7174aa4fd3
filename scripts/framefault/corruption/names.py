"""How conditions of clips are called in paths."""

PROTECTED = "+"  # between a corruption and what protects clips against it


def damage_of(condition):
    """The corruption of a condition's name: "packet_loss" of "packet_loss+gop8"."""
    return condition.partition(PROTECTED)[0]
