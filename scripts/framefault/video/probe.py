"""What the container of a clean video file says about it."""

from contextlib import suppress
from itertools import chain

from framefault.video.reading import (
    DAMAGE,
    MAX_PIXELS,
    open_bytes,
    packets,
    quarter_turns,
    video_stream,
)


def probe(data):
    """What a clean clip holds: frames, fps, width, height (pixels), codec name and turns.

    Frames are the video packets with data; only the first picture is decoded. Width and height are
    those of a picture that is seen upright, which takes `turns` quarter turns to the left. Raises
    ValueError when the bytes have no video stream that can be decoded.
    """
    try:
        with open_bytes(data) as container:
            stream = video_stream(container)
            # FFmpeg does not always tell the size of pictures that are too large.
            if stream is None or not 0 < stream.width * stream.height <= MAX_PIXELS:
                raise ValueError(f"no video, or pictures of more than {MAX_PIXELS} pixels")
            frames, first = count_and_decode(container, stream)
            width, height = stream.width, stream.height
            rate = stream.average_rate or stream.guessed_rate
            codec = (
                stream.codec_context.codec.canonical_name
            )  # not that of the decoder, as libdav1d
    except DAMAGE as error:
        reason = getattr(error, "strerror", None) or error
        raise ValueError(f"no readable video stream: {reason}") from error
    if first is None or not frames:
        raise ValueError("no picture of it can be decoded")
    turns = quarter_turns(first)
    if turns % 2:
        width, height = height, width
    facts = {"frames": frames, "fps": float(rate or 0), "width": width, "height": height}
    return facts | {"codec": codec, "turns": turns}


def count_and_decode(container, stream):
    """The number of packets with data, and the first picture of them, or None."""
    frames, first = 0, None
    for packet in chain(packets(container, stream), [None]):  # None flushes the decoder
        frames += packet is not None
        if first is None:
            with suppress(*DAMAGE):
                first = next(iter(stream.codec_context.decode(packet)), None)
    return frames, first
