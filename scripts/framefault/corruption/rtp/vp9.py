"""VP9 over RTP (RFC 9628), as FFmpeg's rtpdec_vp9.c receives it."""

from framefault.corruption.rtp.datagrams import marker, payload, timestamp

BEGIN, END = 0x08, 0x04  # in the descriptor of one byte that FFmpeg's muxer writes


def depacketise(datagrams):
    """The frames that FFmpeg hands on, as (bytes, RTP timestamp) pairs.

    A frame needs its first and its last datagram; what is missing between them leaves no trace.
    """
    frames, frame, time = [], None, 0  # `frame` is being received
    for datagram in datagrams:
        descriptor, data = payload(datagram)[:1], payload(datagram)[1:]
        if frame is not None and time != timestamp(datagram):
            frame = None
        if not data or bool(descriptor[0] & END) != marker(datagram):
            continue
        if frame is None and descriptor[0] & BEGIN:
            frame, time = bytearray(), timestamp(datagram)
        if frame is None:
            continue
        frame += data
        if descriptor[0] & END:
            frames.append((bytes(frame), time))
            frame = None
    return frames
