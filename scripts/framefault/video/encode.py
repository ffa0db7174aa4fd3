"""H.264/MP4 with pinned, single-threaded, bit-exact settings: the same pictures, the same bytes."""

import io
from fractions import Fraction
from itertools import chain

import av
from av.codec.context import Flags
from av.video.frame import PictureType
from av.video.reformatter import VideoReformatter

from framefault.video.reading import open_bytes, packets, progressive, video_stream

# With mbtree the same pictures give different bytes from one run to the next.
X264_PARAMS = "mbtree=0"


def encode_pictures(pictures, width, height, rate, options):
    """MP4 file bytes of an iterable of yuv420p pictures at a constant frame rate.

    `options` are libx264's (crf, preset, g), as strings. Raises ValueError without a picture.
    """
    file, index = io.BytesIO(), None
    with av.open(file, "w", format="mp4", container_options={"fflags": "+bitexact"}) as out:
        stream = out.add_stream("libx264", rate=rate)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.options = {"threads": "1", "x264-params": X264_PARAMS} | options
        stream.codec_context.flags |= Flags.bitexact
        for index, picture in enumerate(pictures):
            picture.pts, picture.time_base = index, 1 / Fraction(rate)
            picture.pict_type = PictureType.NONE
            out.mux(stream.encode(picture))
        out.mux(stream.encode())
    if index is None:
        raise ValueError("no picture of it can be decoded")
    return file.getvalue()


def encode_frames(frames, fps, options):
    """MP4 file bytes of uint8 RGB frames (H, W, 3) of one size with even sides: an array, or any
    iterable, of which few are kept at once."""
    frames = iter(frames)
    first = next(frames)
    height, width = first.shape[:2]
    reformatter = VideoReformatter()
    pictures = (
        reformatter.reformat(
            av.VideoFrame.from_ndarray(pixels, format="rgb24"), format="yuv420p", threads=1
        )
        for pixels in chain([first], frames)
    )
    rate = Fraction(fps).limit_denominator(1001)
    return encode_pictures(pictures, width, height, rate, options)


def libx264(settings):
    """The encoder's options of the `encode` section of the configuration.

    `x264_params` are more of them, "name=value", in the encoder's own words.
    """
    found = {"crf": str(settings["crf"]), "preset": settings["preset"], "g": str(settings["gop"])}
    more = settings.get("x264_params")
    return found | ({"x264-params": ":".join([X264_PARAMS, *more])} if more else {})


def transcode(data, settings):
    """One encode of a video file's pictures, without audio.

    `settings` are the `encode` section of the configuration. Odd sides lose a row or column.
    Raises one of `reading.DAMAGE` where the file cannot be decoded to its end.
    """
    with open_bytes(data) as source:
        video = video_stream(source)
        rate = video and (video.average_rate or video.guessed_rate)
        if not rate:
            raise ValueError("it has no video, or no frame rate")
        width, height = video.width // 2 * 2, video.height // 2 * 2
        reformatter = VideoReformatter()
        pictures = (
            reformatter.reformat(progressive(frame), width, height, "yuv420p", threads=1)
            for packet in chain(packets(source, video), [None])  # None flushes the decoder
            for frame in video.codec_context.decode(packet)
        )
        return encode_pictures(pictures, width, height, rate, libx264(settings))
