"""What FFmpeg's receiver makes of the datagrams that arrive: no repair, nothing decoded."""

from fractions import Fraction
from itertools import accumulate

import av
import numpy as np

from framefault.corruption.rtp.codecs import CODECS
from framefault.corruption.rtp.datagrams import CLOCK


def receive(sent, datagrams):
    """Coded pictures in the datagrams received, as (bytes, is keyframe) pairs, and their times.

    `sent` says what was offered. Times are in seconds, as fractions; as in FFmpeg's receiver, a
    picture has the time of the datagram in which it begins.
    """
    pieces = CODECS[sent.codec].depacketise(datagrams)
    units = access_units([piece for piece, _ in pieces], sent.codec, sent.header)
    ends = list(accumulate(len(piece) for piece, _ in pieces))
    begins = list(accumulate((len(unit) for unit, _ in units), initial=0))[:-1]
    first, seconds = sent.start
    return units, [
        # Timestamps wrap around, and pictures may be shown before the first one sent.
        seconds + Fraction((pieces[at][1] - first + 2**31) % 2**32 - 2**31, CLOCK)
        for at in np.searchsorted(ends, begins, side="right")
    ]


def access_units(pieces, codec, header):
    """An elementary stream, in pieces, cut into coded pictures: (bytes, is keyframe) pairs.

    FFmpeg's parser cuts it, as in FFmpeg's receiver, so that a file with one unit a frame
    decodes as the elementary stream does.
    """
    context = av.CodecContext.create(codec, "r")
    context.extradata = header
    packets = [packet for piece in pieces if piece for packet in context.parse(piece)]
    return [
        (unit, packet.is_keyframe or CODECS[codec].is_keyframe(unit))
        for packet in packets + context.parse(None)
        for unit in [bytes(packet)]
    ]
