"""The header of an RTP datagram (RFC 3550, section 5.1), as FFmpeg's muxer writes it."""

HEADER = 12  # bytes
CLOCK = 90_000  # ticks of RTP time in a second, for every video codec


def payload(datagram):
    """All that follows the header."""
    return datagram[HEADER:]


def number(datagram):
    """The sequence number, modulo 2¹⁶."""
    return int.from_bytes(datagram[2:4], "big")


def timestamp(datagram):
    """Ticks of RTP time from a random origin, modulo 2³²."""
    return int.from_bytes(datagram[4:8], "big")


def marker(datagram):
    """Whether the datagram ends a picture."""
    return bool(datagram[1] & 0x80)


def missing(datagram, last):
    """How many datagrams are missing since the sequence number `last`, modulo 2¹⁶."""
    return (number(datagram) - last - 1) % 2**16
