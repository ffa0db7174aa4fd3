"""Loss of network packets, without a network: RTP datagrams dropped from a video file.

The file is cut into datagrams by FFmpeg's RTP muxer, datagrams are dropped, and what is left
is put together and stored as FFmpeg's own receiver (`ffmpeg -i rtsp://... -c copy`) does it:
no repair, no concealment, nothing decoded. Only the generator decides which datagrams are lost.
What is received keeps its time, so that lost pictures leave gaps.
"""

from itertools import compress
from typing import NamedTuple

from framefault.corruption.rtp.receiving import receive
from framefault.corruption.rtp.sending import send, video_stream
from framefault.corruption.rtp.storing import coded_pictures, container, store


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


def drop_packets(data, p, rng, mtu=1472, keyframe_gate=True):
    """A file after a channel that loses each packet with probability `p`: `Received`.

    `rng` is a numpy.random.Generator, drawn from once, one number per datagram of at most `mtu`
    bytes. With `keyframe_gate`, what arrives before the first keyframe is not stored, as in a real
    receiver. The container stays what it was if MP4, MOV, AVI or Matroska, and becomes Matroska
    otherwise. The first frame stored begins the file, and gaps stay where frames are missing.

    Raises ValueError as `packetise` does.
    """
    with video_stream(data) as video:
        sent = send(video, mtu)
        lost = rng.random(len(sent.datagrams)) < p
        units, times = receive(sent, list(compress(sent.datagrams, ~lost)))
        if keyframe_gate:
            first = next((i for i, (_, key) in enumerate(units) if key), len(units))
            units, times = units[first:], times[first:]
        if not units:
            return Received(b"", len(lost), int(lost.sum()), True, 0.0)
        stored, delay = store(units, times, video, sent.header, container(data, video))
    changed = bool(lost.any()) or coded_pictures(stored) != coded_pictures(data)
    return Received(stored, len(lost), int(lost.sum()), changed, float(delay))
