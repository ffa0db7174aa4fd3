"""Coded pictures stored in a file, as FFmpeg's receiver stores them (`-c copy`)."""

import io
from fractions import Fraction

import av

from framefault.corruption.rtp.codecs import CODECS
from framefault.corruption.rtp.datagrams import CLOCK
from framefault.corruption.rtp.sending import (
    BITEXACT,
    codec_name,
    decoding_times,
    frame_time,
    video_stream,
)


def coded_pictures(data):
    """All that a decoder is given of a file's video: equal for files that decode alike.

    Not equal, though the pictures may be, for AVI files that pack two pictures into one packet.
    """
    with video_stream(data) as video:
        context = video.codec_context
        header = CODECS[codec_name(video)].header(context.extradata or b"")
        # A packet that an edit list discards is decoded, but not shown.
        packets = [(bytes(packet), packet.is_discard) for packet in video.container.demux(video)]
        return context.name, context.codec_tag, header, packets


def container(data, video):
    """The container that stores what is received of a file: its own, or Matroska."""
    name = video.container.format.name
    if name.startswith("mov,"):
        name = "mov" if data[4:12] == b"ftypqt  " else "mp4"
    elif name.startswith("matroska,"):
        name = "webm" if b"webm" in data[:64] else "matroska"
    return name if name in CODECS[codec_name(video)].containers else "matroska"


def store(units, times, video, header, container):
    """(file bytes, delay) of access units at their times in seconds.

    The file begins at 0 and has no edit list, so no reader drops a frame.
    """
    file, tick = io.BytesIO(), Fraction(1, CLOCK)
    options = BITEXACT
    if container == "avi":
        tick = frame_time(video)
    elif container in ("mp4", "mov"):
        options = BITEXACT | {"use_editlist": "0"}
    shown = [round(time / tick) for time in times]
    decoded = decoding_times(shown)
    with av.open(file, "w", format=container, container_options=options) as out:
        stream = out.add_stream_from_template(video, opaque=True)
        # Annex B parameter sets make every muxer take Annex B units and convert them itself.
        stream.codec_context.extradata = header
        tag = video.codec_context.codec_tag
        # Decoders choose MPEG-4's inverse transform by the tag in AVI (XVID, DX50), and some
        # players open H.265 only under the name hvc1.
        if container == "avi" or (tag == "hvc1" and container in ("mp4", "mov")):
            stream.codec_context.codec_tag = tag
        stream.time_base = tick
        for (unit, keyframe), pts, dts in zip(units, shown, decoded, strict=True):
            packet = av.Packet(unit)
            packet.stream, packet.time_base, packet.is_keyframe = stream, tick, keyframe
            packet.pts, packet.dts = pts - decoded[0], dts - decoded[0]
            packet.duration = round(frame_time(video) / tick)
            out.mux_one(packet)
    return file.getvalue(), -decoded[0] * tick
