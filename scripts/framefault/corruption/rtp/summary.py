"""What figures and pages show of datagrams; apart from the channel, which needs none of it."""

from framefault.corruption.rtp.datagrams import marker, payload


def summary(datagrams, lost):
    """Of each datagram, in the order of sending: bytes, end of a picture, whether it is lost."""
    return [
        {"bytes": len(payload(datagram)), "ends_picture": marker(datagram), "lost": bool(gone)}
        for datagram, gone in zip(datagrams, lost, strict=True)
    ]
