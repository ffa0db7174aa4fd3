"""H.264 over RTP (RFC 6184), as FFmpeg's rtpdec_h264.c receives it."""

from framefault.corruption.rtp.datagrams import payload, timestamp

START_CODE = b"\0\0\0\1"
STAP_A, FU_A = 24, 28


def header(extradata):
    """SPS and PPS in Annex B form, from that or from an MP4 decoder configuration (avcC)."""
    if extradata[:1] != b"\1":
        return extradata
    units, at = [], 5
    for mask in (0x1F, 0xFF):
        count, at = int.from_bytes(extradata[at : at + 1], "big") & mask, at + 1
        for _ in range(count):
            start = at + 2
            at = start + int.from_bytes(extradata[at:start], "big")
            units.append(START_CODE + extradata[start:at])
    return b"".join(units)


def depacketise(datagrams):
    """The Annex B bytes of each datagram, as (bytes, RTP timestamp) pairs.

    FFmpeg knows no loss: a fragment whose predecessor is missing continues whatever came before.
    """
    return [(annex_b(payload(datagram)), timestamp(datagram)) for datagram in datagrams]


def annex_b(payload):
    """Bytes of one RTP payload: one NAL unit, several (STAP-A), or a fragment (FU-A)."""
    kind = payload[0] & 0x1F if payload else None
    if kind == STAP_A:
        return b"".join(START_CODE + unit for unit in aggregated(payload, 1))
    if kind == FU_A and len(payload) > 2:
        indicator, fragment = payload[:2]
        nal_header = bytes([indicator & 0xE0 | fragment & 0x1F])
        return (START_CODE + nal_header if fragment & 0x80 else b"") + payload[2:]
    # FFmpeg drops the kinds it does not know.
    return START_CODE + payload if payload and kind < STAP_A else b""


def aggregated(payload, at):
    """The NAL units of an aggregation packet, from its byte `at` on; none if one is cut."""
    units = []
    while at + 2 < len(payload):
        start = at + 2
        at = start + int.from_bytes(payload[at:start], "big")
        units.append(payload[start:at])
    return units if at <= len(payload) else []
