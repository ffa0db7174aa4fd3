"""A video file cut into RTP datagrams by FFmpeg's muxer."""

import io
from contextlib import contextmanager
from fractions import Fraction
from typing import NamedTuple

import av

from framefault.corruption.rtp.codecs import CODECS
from framefault.corruption.rtp.datagrams import CLOCK, timestamp

BITEXACT = {"fflags": "+bitexact"}
RTP = BITEXACT | {
    "payload_type": "96",
    "ssrc": "1",
    "seq": "0",
    "rtpflags": "skip_rtcp",
    "strict": "experimental",  # FFmpeg calls its VP9 so
}


class Sent(NamedTuple):
    """A video stream as its sender offers it.

    `datagrams` are in sending order, each a 12-byte RTP header and its payload. `header` is
    what travels out of band, so that no loss touches it: the parameter sets of H.264 and H.265 in
    Annex B form, the video object layer of MPEG-4, the configuration of AV1's container. RTP
    timestamps count from a random origin, so that only the rest of a datagram is the same in every
    call. `start` is the first timestamp, and what it stands for in seconds. `seconds` are how long
    the video plays.
    """

    codec: str
    header: bytes
    datagrams: list
    start: tuple
    seconds: float


@contextmanager
def video_stream(data):
    """The video stream of a file, with every failure to read it as a ValueError."""
    try:
        # Some genuine files have metadata that is not UTF-8.
        with av.open(io.BytesIO(data), metadata_errors="ignore") as file:
            if not file.streams.video:
                raise ValueError("packet loss needs a video stream, and the file has none")
            video = file.streams.video[0]
            codec = codec_name(video) if video.codec_context else "an unknown codec"
            if codec not in CODECS:
                raise ValueError(
                    f"packet loss supports video in {', '.join(CODECS)}, not {codec}: "
                    "re-encode the clips first (container: mp4)"
                )
            yield video
    except av.FFmpegError as error:
        raise ValueError(f"the video cannot be read for packet loss: {error.strerror}") from error


def codec_name(video):
    """The name of a stream's codec, not of its decoder."""
    return video.codec_context.codec.canonical_name


def packetise(data, mtu=1472):
    """The video stream of a file as RTP datagrams of at most `mtu` bytes, RTP header included.

    1472 bytes is an Ethernet frame of 1500 less the headers of IP and UDP. Raises ValueError
    for files that cannot be read, without video, or with video in none of CODECS.
    """
    with video_stream(data) as video:
        return send(video, mtu)


class _Datagrams(list):
    """A file to write to that keeps each write apart: the RTP muxer writes datagrams whole."""

    def write(self, datagram):
        self.append(bytes(datagram))
        return len(datagram)


def send(video, mtu):
    """The packets of an open video stream as `Sent`."""
    datagrams = _Datagrams()
    codec = codec_name(video)
    packets = (packet for packet in video.container.demux(video) if packet.size)
    with av.open(datagrams, "w", format="rtp", buffer_size=mtu, container_options=RTP) as out:
        stream = out.add_stream_from_template(video, opaque=True)
        if codec == "mpeg4":
            # RTP carries one picture a timestamp; AVI files may pack two into one packet.
            unpack = av.BitStreamFilterContext("mpeg4_unpack_bframes", video, stream)
            packets = (picture for packet in packets for picture in unpack.filter(packet))
        packets = list(packets)
        times = _times(packets, video)
        ticks = [round(time * CLOCK) for time in times]
        for packet, pts, dts in zip(packets, ticks, decoding_times(ticks), strict=True):
            packet.stream, packet.time_base = stream, Fraction(1, CLOCK)
            packet.pts, packet.dts = pts, dts
            out.mux_one(packet)
        header = stream.codec_context.extradata or b""
    if not datagrams:
        raise ValueError("the video has no packet that could be sent")
    start = timestamp(datagrams[0]), times[0]
    seconds = float(max(times) - min(times) + frame_time(video))
    return Sent(codec, CODECS[codec].header(header), list(datagrams), start, seconds)


def _times(packets, video):
    """Seconds at which a file's packets are shown, as fractions.

    AVI knows in which order packets are decoded, and no more.
    """
    kinds = ("dts",) if video.container.format.name == "avi" else ("pts", "dts")
    for kind in kinds:
        times = [getattr(packet, kind) for packet in packets]
        # Some files lack times, or have one for several packets.
        distinct = len(set(times)) == len(times) or CODECS[codec_name(video)].hidden
        if None not in times and distinct:
            return [time * video.time_base for time in times]
    return [index * frame_time(video) for index in range(len(packets))]


def decoding_times(times):
    """Rising times, none later than that at which the packet is shown.

    `times` are whole numbers, in decoding order.
    """
    rising = []
    for time in sorted(times):
        rising.append(max(time, rising[-1] + 1) if rising else time)
    early = max(each - time for each, time in zip(rising, times, strict=True))
    return [each - early for each in rising]


def frame_time(video):
    """Seconds a frame, as a fraction."""
    return 1 / (video.average_rate or Fraction(25))
