"""What FFmpeg's receiver makes of the datagrams that arrive: no repair, nothing decoded."""

from fractions import Fraction
from itertools import accumulate

import av
import numpy as np

from framefault.corruption.rtp.codecs import CODECS
from framefault.corruption.rtp.datagrams import CLOCK


def depacketise(datagrams, codec):
    """What FFmpeg's depacketiser hands on, as (bytes, RTP timestamp) pairs.

    H.264 is in Annex B form, without the parameter sets sent out of band.
    """
    return CODECS[codec].depacketise(datagrams)


def access_units(elementary, codec, header):
    """The elementary stream cut into coded pictures, as (bytes, is keyframe) pairs.

    FFmpeg's parser cuts it, as in FFmpeg's receiver, so that a file with one unit a frame
    decodes as the elementary stream does.
    """
    context = av.CodecContext.create(codec, "r")
    context.extradata = header
    packets = context.parse(elementary) + context.parse(None)
    return [
        (unit, CODECS[codec].is_keyframe(unit, packet.is_keyframe))
        for packet in packets
        for unit in [bytes(packet)]
    ]


def receive(sent, datagrams):
    """Coded pictures in the datagrams received, as (bytes, is keyframe) pairs, and their times.

    `sent` says what was offered. Times are in seconds, as fractions; as in FFmpeg's receiver, a
    picture has the time of the datagram in which it begins.
    """
    pieces = depacketise(datagrams, sent.codec)
    units = access_units(b"".join(piece for piece, _ in pieces), sent.codec, sent.header)
    ends = list(accumulate(len(piece) for piece, _ in pieces))
    begins = list(accumulate((len(unit) for unit, _ in units), initial=0))[:-1]
    first, seconds = sent.start
    return units, [
        # Timestamps wrap around, and pictures may be shown before the first one sent.
        seconds + Fraction((pieces[at][1] - first + 2**31) % 2**32 - 2**31, CLOCK)
        for at in np.searchsorted(ends, begins, side="right")
    ]
