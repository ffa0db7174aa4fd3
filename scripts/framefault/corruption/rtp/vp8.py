"""VP8 over RTP (RFC 7741), as FFmpeg's rtpdec_vp8.c receives it."""

from framefault.corruption.rtp.datagrams import marker, missing, number, payload, timestamp

DESCRIPTOR = 4  # bytes, of which the last two number the picture, as FFmpeg's muxer writes it
START = 0x10  # in the first byte: a partition starts


def depacketise(datagrams):
    """The frames that FFmpeg hands on, as (bytes, RTP timestamp) pairs.

    A frame that arrived beyond its first partition is cut where a datagram is missing. Any other
    loss drops all frames up to the next keyframe.
    """
    frames, frame = [], None  # `frame` is being received
    time = first = picture = last = 0
    whole = key = cut = False
    for datagram in datagrams:
        descriptor, data = payload(datagram)[:DESCRIPTOR], payload(datagram)[DESCRIPTOR:]
        if not data:
            continue
        index = int.from_bytes(descriptor[2:], "big") & 0x7FFF
        gap = missing(datagram, last)
        usable = frame is not None and not key and len(frame) >= first
        starts = descriptor[0] & START and len(data) >= 3
        if starts and not data[0] & 1:
            frame, whole = None, True
        elif starts:
            follows = index == (picture + 1) % 2**15
            whole = whole and follows and (frame is None or usable)
        else:
            begun = frame is not None and time == timestamp(datagram)
            whole = whole and begun and (gap == 0 or usable)
            cut = cut or gap > 0
        if not whole:
            frame = None
            continue
        if starts:
            if frame is not None:
                frames.append((bytes(frame), time))
            frame, time, key, cut = bytearray(), timestamp(datagram), not data[0] & 1, False
            first = (int.from_bytes(data[1:3], "little") << 3 | data[0] >> 5) + 3
            picture = index
        last = number(datagram)
        if not cut:
            frame += data
        if marker(datagram):
            frames.append((bytes(frame), time))
            frame = None
    return frames
