"""MPEG-4 video over RTP (RFC 6416), as FFmpeg receives it."""

import re

from framefault.corruption.rtp.datagrams import payload, timestamp

I_VOP = re.compile(rb"\x00\x00\x01\xb6[\x00-\x3f]")


def depacketise(datagrams):
    """The bytes of each datagram, as (bytes, RTP timestamp) pairs: FFmpeg knows no loss."""
    return [(payload(datagram), timestamp(datagram)) for datagram in datagrams]


def is_keyframe(unit):
    """Whether a receiver may start here: FFmpeg's parser leaves that to its caller."""
    return I_VOP.search(unit) is not None
