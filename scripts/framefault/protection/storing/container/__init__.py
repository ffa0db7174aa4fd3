"""Another container for the same coded pictures; nothing is encoded again."""

from pathlib import Path
from tempfile import TemporaryDirectory

import av
from av.bitstream import BitStreamFilterContext

from framefault.video.reading import open_bytes, video_stream

BITEXACT = {"fflags": "+bitexact"}
FORMATS = {
    "mp4": ("mp4", {}),
    "faststart": ("mp4", {"movflags": "+faststart"}),
    "fragmented": ("mp4", {"movflags": "+frag_keyframe+empty_moov+default_base_moof"}),
    "avi": ("avi", {}),
    "matroska": ("matroska", {}),
    "mpegts": ("mpegts", {}),
}


def store(data, format="mp4"):
    """The video of a file in one of FORMATS, without audio.

    AVI has no times of showing: packets lie there one a frame. FFmpeg reads the times of pictures
    that were coded in another order wrongly from it, and starts MPEG-TS later than at 0. So frames
    have to be taken in their order. Raises one of `reading.DAMAGE` where the file cannot be read,
    has no video, or the container cannot hold it.
    """
    muxer, options = FORMATS[format]
    # FFmpeg reads a file again to put its moov first: so it needs a name.
    with TemporaryDirectory() as folder:
        path = Path(folder, "video")
        with (
            open_bytes(data) as source,
            av.open(str(path), "w", format=muxer, container_options=BITEXACT | options) as file,
        ):
            video = video_stream(source)
            if video is None:
                raise ValueError("it has no video")
            copy(source, video, file, muxer == "avi")
        return path.read_bytes()


def copy(source, video, file, avi):
    """Copy the packets of a stream to a new file."""
    stream = file.add_stream_from_template(video, opaque=True)
    filtered = None
    if avi:
        stream.time_base = 1 / (video.average_rate or video.guessed_rate)
        if video.codec_context.codec.canonical_name == "h264":
            # FFmpeg wants start codes before NAL units in AVI, and does not put them there itself.
            filtered = BitStreamFilterContext("h264_mp4toannexb", video)
            stream.codec_context.codec_tag = "H264"
    kept = (packet for packet in source.demux(video) if packet.size)
    for index, packet in enumerate(kept):
        for each in filtered.filter(packet) if filtered else [packet]:
            each.stream = stream
            if avi:
                each.time_base, each.duration = stream.time_base, 1
                each.pts = each.dts = index
            file.mux(each)


def recover(damaged, stored=None, format="mp4"):
    """The file as it is: players open all of FORMATS."""
    return damaged
