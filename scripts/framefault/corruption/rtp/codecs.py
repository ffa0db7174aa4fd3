"""The codecs that can be sent over RTP, and what differs between them."""

from collections.abc import Callable
from typing import NamedTuple

from framefault.corruption.rtp import av1, h264, hevc, mpeg4, vp8, vp9


class Codec(NamedTuple):
    """How one codec is sent, received and stored.

    `depacketise(datagrams)` gives what FFmpeg's receiver hands on, as (bytes, RTP timestamp) pairs.
    `header(extradata)` is what travels out of band. `containers` can store the codec. `is_keyframe`
    finds keyframes that FFmpeg's parser does not flag. With `hidden`, a file may have packets that
    are not shown, at the time of the next one.
    """

    depacketise: Callable
    containers: tuple
    header: Callable = bytes
    is_keyframe: Callable = lambda unit: False
    hidden: bool = False


CODECS = {
    "h264": Codec(h264.depacketise, ("mp4", "mov", "avi", "matroska"), h264.header),
    "mpeg4": Codec(
        mpeg4.depacketise, ("mp4", "mov", "avi", "matroska"), is_keyframe=mpeg4.is_keyframe
    ),
    "hevc": Codec(hevc.depacketise, ("mp4", "mov", "matroska"), hevc.header),
    "vp8": Codec(vp8.depacketise, ("webm", "matroska"), hidden=True),
    "vp9": Codec(vp9.depacketise, ("mp4", "webm", "matroska")),
    "av1": Codec(av1.depacketise, ("mp4", "webm", "matroska"), is_keyframe=av1.is_keyframe),
}
