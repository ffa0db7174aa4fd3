"""H.265 over RTP (RFC 7798), as FFmpeg's rtpdec_hevc.c receives it."""

from framefault.corruption.rtp.datagrams import payload, timestamp
from framefault.corruption.rtp.h264 import START_CODE, aggregated

SETS = (32, 33, 34)  # types of VPS, SPS and PPS
AP, FU, KNOWN = 48, 49, 50  # types of payload; of a single NAL unit, all below these


def header(extradata):
    """VPS, SPS and PPS in Annex B form, from that or from an MP4 decoder configuration (hvcC)."""
    if extradata[:1] != b"\1":
        return extradata
    units, at = [], 23
    for _ in range(int.from_bytes(extradata[22:23], "big")):
        count, at = int.from_bytes(extradata[at + 1 : at + 3], "big"), at + 3
        for _ in range(count):
            start = at + 2
            at = start + int.from_bytes(extradata[at:start], "big")
            units.append(extradata[start:at])
    return b"".join(START_CODE + unit for unit in units if unit and unit[0] >> 1 in SETS)


def depacketise(datagrams):
    """The Annex B bytes of each datagram, as (bytes, RTP timestamp) pairs.

    FFmpeg knows no loss: a fragment whose predecessor is missing continues whatever came before.
    """
    return [(annex_b(payload(datagram)), timestamp(datagram)) for datagram in datagrams]


def annex_b(payload):
    """Bytes of one RTP payload: one NAL unit, several (AP), or a fragment (FU)."""
    if len(payload) < 3:
        return b""
    kind, layer = payload[0] >> 1 & 0x3F, (payload[0] & 1) << 5 | payload[1] >> 3
    # FFmpeg drops other layers, the forbidden temporal identifier 0, and the kinds above FU.
    if layer or not payload[1] & 7 or kind >= KNOWN:
        return b""
    if kind == AP:
        return b"".join(START_CODE + unit for unit in aggregated(payload, 2))
    if kind != FU:
        return START_CODE + payload
    fragment = payload[2]
    if len(payload) == 3 or fragment & 0xC0 == 0xC0:  # empty, or start and end at once
        return b""
    nal_header = bytes([payload[0] & 0x81 | (fragment & 0x3F) << 1, payload[1]])
    return (START_CODE + nal_header if fragment & 0x80 else b"") + payload[3:]
