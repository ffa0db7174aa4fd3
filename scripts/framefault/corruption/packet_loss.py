"""Loss of network packets, without a network: RTP datagrams dropped from a video file.

The file is cut into datagrams by FFmpeg's RTP muxer, datagrams are dropped, and what is left
is put together and stored as FFmpeg's own receiver (`ffmpeg -i rtsp://... -c copy`) does it:
no repair, no concealment, nothing decoded. Only the generator decides which datagrams are lost.
What is received keeps its time, so that lost pictures leave gaps.
"""

import io
import re
from contextlib import contextmanager
from fractions import Fraction
from itertools import accumulate, compress
from typing import NamedTuple

import av
import numpy as np

from framefault.corruption.codecs import RTP

RTP_HEADER = 12
CLOCK = 90_000  # ticks of RTP time in a second
START_CODE = b"\0\0\0\1"
STAP_A, FU_A = 24, 28
I_VOP = re.compile(rb"\x00\x00\x01\xb6[\x00-\x3f]")
BITEXACT = {"fflags": "+bitexact"}


class Sent(NamedTuple):
    """A video stream as its sender offers it.

    `datagrams` are in sending order, each a 12-byte RTP header and its payload. `header` is
    what the session description carries out of band and no loss touches: the parameter sets
    of H.264 in Annex B form, the video object layer of MPEG-4. RTP timestamps count from a
    random origin, so that only the rest of a datagram is the same in every call. `start` is the
    first timestamp, and what it stands for in seconds.
    """

    codec: str
    header: bytes
    datagrams: list
    start: tuple


class Received(NamedTuple):
    """A file after the channel, b"" if no frame was received.

    `sent` and `lost` count datagrams. Times in the file are `delay` seconds later than in the file
    that was sent, or earlier, if negative. Unless it is `changed`, the file has the coded pictures
    of the one that was sent, so that both decode alike.
    """

    data: bytes
    sent: int
    lost: int
    changed: bool
    delay: float


def packetise(data, mtu=1472):
    """The video stream of a file as RTP datagrams of at most `mtu` bytes, RTP header included.

    1472 bytes is an Ethernet frame of 1500 less the headers of IP and UDP. Raises ValueError
    for files that cannot be read, without video, or with video other than H.264 and MPEG-4.
    """
    with _video_stream(data) as video:
        return _packetise(video, mtu)


def depacketise(datagrams, codec):
    """The elementary stream in the datagrams received, in FFmpeg's reading.

    It knows no loss: a fragment whose predecessor is missing continues whatever came before.
    H.264 is in Annex B form, without the parameter sets sent out of band.
    """
    return b"".join(_payloads(datagrams, codec))


def _payloads(datagrams, codec):
    """The part of the elementary stream in each datagram."""
    payloads = [datagram[RTP_HEADER:] for datagram in datagrams]
    return list(map(_annex_b, payloads)) if codec == "h264" else payloads


def access_units(elementary, codec, header):
    """The elementary stream cut into coded pictures, as (bytes, is keyframe) pairs.

    FFmpeg's parser cuts it, as in FFmpeg's receiver, so that a file with one unit a frame
    decodes as the elementary stream does.
    """
    context = av.CodecContext.create(codec, "r")
    context.extradata = header
    packets = context.parse(elementary) + context.parse(None)
    # The parser leaves the keyframes of MPEG-4 to its caller.
    return [
        (unit, packet.is_keyframe or (codec == "mpeg4" and I_VOP.search(unit) is not None))
        for packet in packets
        for unit in [bytes(packet)]
    ]


def unit_times(units, datagrams, codec, start):
    """Seconds at which each access unit of the datagrams received is shown, as fractions.

    `start` is that of `Sent`. As in FFmpeg's receiver, a unit has the time of the datagram in
    which it begins.
    """
    ends = list(accumulate(map(len, _payloads(datagrams, codec))))
    begins = list(accumulate((len(unit) for unit, _ in units), initial=0))[:-1]
    first, seconds = start
    return [
        # Timestamps wrap around, and pictures may be shown before the first one sent.
        seconds + Fraction((_timestamp(datagrams[at]) - first + 2**31) % 2**32 - 2**31, CLOCK)
        for at in np.searchsorted(ends, begins, side="right")
    ]


def _timestamp(datagram):
    return int.from_bytes(datagram[4:8], "big")


def drop_packets(data, p, rng, mtu=1472, keyframe_gate=True):
    """A file after a channel that loses each packet with probability `p`: `Received`.

    `rng` is a numpy.random.Generator, drawn from once, one number per datagram of at most `mtu`
    bytes. With `keyframe_gate`, what arrives before the first keyframe is not stored, as in a real
    receiver. The container stays what it was if MP4, MOV, AVI or Matroska, and becomes Matroska
    otherwise. The first frame stored begins the file, and gaps stay where frames are missing.

    Raises ValueError as `packetise` does.
    """
    with _video_stream(data) as video:
        sent = _packetise(video, mtu)
        lost = rng.random(len(sent.datagrams)) < p
        received = list(compress(sent.datagrams, ~lost))
        units = access_units(depacketise(received, sent.codec), sent.codec, sent.header)
        times = unit_times(units, received, sent.codec, sent.start)
        if keyframe_gate:
            first = next((i for i, (_, key) in enumerate(units) if key), len(units))
            units, times = units[first:], times[first:]
        if not units:
            return Received(b"", len(lost), int(lost.sum()), True, 0.0)
        stored, delay = _store(units, times, video, sent.header, _container(data, video))
    changed = bool(lost.any()) or coded_pictures(stored) != coded_pictures(data)
    return Received(stored, len(lost), int(lost.sum()), changed, float(delay))


def coded_pictures(data):
    """All that a decoder is given of a file's video: equal for files that decode alike.

    Not equal, though the pictures may be, for AVI files that pack two pictures into one packet.
    """
    with _video_stream(data) as video:
        context = video.codec_context
        header = context.extradata or b""
        # A packet that an edit list discards is decoded, but not shown.
        packets = [(bytes(packet), packet.is_discard) for packet in video.container.demux(video)]
        return context.name, context.codec_tag, _stream_header(context.name, header), packets


@contextmanager
def _video_stream(data):
    """The video stream of a file, with every failure to read it as a ValueError."""
    try:
        # Some genuine files have metadata that is not UTF-8.
        with av.open(io.BytesIO(data), metadata_errors="ignore") as file:
            if not file.streams.video:
                raise ValueError("packet loss needs a video stream, and the file has none")
            video = file.streams.video[0]
            codec = video.codec_context.name if video.codec_context else "an unknown codec"
            if codec not in RTP:
                raise ValueError(
                    f"packet loss supports h264 and mpeg4 video, not {codec}: "
                    "re-encode the clips first (container: mp4)"
                )
            yield video
    except av.FFmpegError as error:
        raise ValueError(f"the video cannot be read for packet loss: {error.strerror}") from error


class _Datagrams(list):
    """A file to write to that keeps each write apart: the RTP muxer writes datagrams whole."""

    def write(self, datagram):
        self.append(bytes(datagram))
        return len(datagram)


def _packetise(video, mtu):
    datagrams = _Datagrams()
    options = {"payload_type": "96", "ssrc": "1", "seq": "0", "rtpflags": "skip_rtcp", **BITEXACT}
    codec = video.codec_context.name
    packets = (packet for packet in video.container.demux(video) if packet.size)
    with av.open(datagrams, "w", format="rtp", buffer_size=mtu, container_options=options) as out:
        stream = out.add_stream_from_template(video)
        if codec == "mpeg4":
            # RTP carries one picture a timestamp; AVI files may pack two into one packet.
            unpack = av.BitStreamFilterContext("mpeg4_unpack_bframes", video, stream)
            packets = (picture for packet in packets for picture in unpack.filter(packet))
        packets = list(packets)
        times = _times(packets, video)
        ticks = [round(time * CLOCK) for time in times]
        for packet, pts, dts in zip(packets, ticks, _decoding_times(ticks), strict=True):
            packet.stream, packet.time_base = stream, Fraction(1, CLOCK)
            packet.pts, packet.dts = pts, dts
            out.mux_one(packet)
        header = stream.codec_context.extradata or b""
    if not datagrams:
        raise ValueError("the video has no packet that could be sent")
    start = _timestamp(datagrams[0]), times[0]
    return Sent(codec, _stream_header(codec, header), list(datagrams), start)


def _times(packets, video):
    """Seconds at which a file's packets are shown, as fractions.

    AVI knows in which order packets are decoded, and no more.
    """
    kinds = ("dts",) if video.container.format.name == "avi" else ("pts", "dts")
    for kind in kinds:
        times = [getattr(packet, kind) for packet in packets]
        # Some files lack times, or have one for several packets.
        if None not in times and len(set(times)) == len(times):
            return [time * video.time_base for time in times]
    return [index * _frame_time(video) for index in range(len(packets))]


def _decoding_times(times):
    """Rising times, none later than that at which the packet is shown.

    `times` are whole numbers, in decoding order.
    """
    rising = []
    for time in sorted(times):
        rising.append(max(time, rising[-1] + 1) if rising else time)
    early = max(each - time for each, time in zip(rising, times, strict=True))
    return [each - early for each in rising]


def _stream_header(codec, extradata):
    """What a decoder has to know of a stream: in Annex B form if it is H.264."""
    return _parameter_sets(extradata) if codec == "h264" and extradata[:1] == b"\1" else extradata


def _parameter_sets(avcc):
    """SPS and PPS in Annex B form of an MP4 decoder configuration (avcC)."""
    units, at = [], 5
    for mask in (0x1F, 0xFF):
        count, at = int.from_bytes(avcc[at : at + 1], "big") & mask, at + 1
        for _ in range(count):
            start = at + 2
            at = start + int.from_bytes(avcc[at:start], "big")
            units.append(START_CODE + avcc[start:at])
    return b"".join(units)


def _annex_b(payload):
    """H.264 bytes of one RTP payload: one NAL unit, several (STAP-A), or a fragment (FU-A)."""
    kind = payload[0] & 0x1F if payload else None
    if kind == STAP_A:
        return b"".join(START_CODE + unit for unit in _aggregated(payload))
    if kind == FU_A and len(payload) > 2:
        indicator, fragment = payload[:2]
        nal_header = bytes([indicator & 0xE0 | fragment & 0x1F])
        return (START_CODE + nal_header if fragment & 0x80 else b"") + payload[2:]
    # FFmpeg drops the kinds it does not know.
    return START_CODE + payload if payload and kind < STAP_A else b""


def _aggregated(payload):
    at = 1
    while at + 2 < len(payload):
        start = at + 2
        at = start + int.from_bytes(payload[at:start], "big")
        if at <= len(payload):
            yield payload[start:at]


def _container(data, video):
    name = video.container.format.name
    if name.startswith("mov,"):
        return "mov" if data[4:12] == b"ftypqt  " else "mp4"
    return name if name == "avi" else "matroska"


def _store(units, times, video, header, container):
    """(file bytes, delay) of access units at their times in seconds.

    The file begins at 0 and has no edit list, so no reader drops a frame.
    """
    file, tick = io.BytesIO(), Fraction(1, CLOCK)
    options = BITEXACT
    if container == "avi":
        tick = _frame_time(video)
    elif container != "matroska":
        options = BITEXACT | {"use_editlist": "0"}
    shown = [round(time / tick) for time in times]
    decoded = _decoding_times(shown)
    with av.open(file, "w", format=container, container_options=options) as out:
        stream = out.add_stream_from_template(video)
        # Annex B parameter sets make every muxer take Annex B units and convert them itself.
        stream.codec_context.extradata = header
        if container == "avi":
            # Decoders choose MPEG-4's inverse transform by this tag (XVID, DX50).
            stream.codec_context.codec_tag = video.codec_context.codec_tag
        stream.time_base = tick
        for (unit, keyframe), pts, dts in zip(units, shown, decoded, strict=True):
            packet = av.Packet(unit)
            packet.stream, packet.time_base, packet.is_keyframe = stream, tick, keyframe
            packet.pts, packet.dts = pts - decoded[0], dts - decoded[0]
            packet.duration = round(_frame_time(video) / tick)
            out.mux_one(packet)
    return file.getvalue(), -decoded[0] * tick


def _frame_time(video):
    """Seconds a frame, as a fraction."""
    return 1 / (video.average_rate or Fraction(25))
