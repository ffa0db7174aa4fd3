"""What a corruption gives back."""

from typing import NamedTuple


class Damage(NamedTuple):
    """A file after its corruption, b"" if nothing is left.

    `sent` and `damaged` count its units, such as bits or datagrams, and those that were hit. Unless
    it is `changed`, it decodes to what the file did before. Its times are `delay` seconds later
    than those of the file before, or earlier, if negative. So many `bytes` were sent or stored,
    those of the file if None, and playing `wait`s so many ms for what protects it, at most.
    """

    data: bytes
    sent: int
    damaged: int
    changed: bool
    delay: float = 0.0
    bytes: int | None = None
    wait: float = 0.0
