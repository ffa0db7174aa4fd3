"""What a corruption gives back."""

from typing import NamedTuple


class Damage(NamedTuple):
    """A file after its corruption, b"" if nothing is left.

    `sent` and `damaged` count its units, such as bits or datagrams, and those that were hit. Unless
    it is `changed`, it decodes to what the file did before. Its times are `delay` seconds later
    than those of the file before, or earlier, if negative.
    """

    data: bytes
    sent: int
    damaged: int
    changed: bool
    delay: float = 0.0
