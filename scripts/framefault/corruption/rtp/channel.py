"""Loss of network packets, without a network: RTP datagrams dropped from a video file.

The file is cut into datagrams by FFmpeg's RTP muxer, datagrams are dropped, and what is left
is put together and stored as FFmpeg's own receiver (`ffmpeg -i rtsp://... -c copy`) does it:
no repair, no concealment, nothing decoded. What is received keeps its time, so that lost pictures
leave gaps.
"""

from itertools import compress

import numpy as np

from framefault.corruption.damage import Damage
from framefault.corruption.rtp.delivery import plainly
from framefault.corruption.rtp.receiving import receive
from framefault.corruption.rtp.sending import send, video_stream
from framefault.corruption.rtp.storing import coded_pictures, container, store

IP_AND_UDP = 28  # bytes of the headers of every packet (RFC 791, RFC 768)


def transmit(data, lose, mtu, keyframe_gate, protect=plainly):
    """The Damage of sending a file over a lossy channel, in datagrams of at most `mtu` bytes.

    `lose(count)` says which of so many datagrams are lost, as bool (count,), and `protect` what is
    done against it, as `delivery.plainly` does nothing. With `keyframe_gate`, what comes before the
    first keyframe is not stored, as in a real receiver. The container stays what it was if MP4,
    MOV, AVI or Matroska, and becomes Matroska otherwise. The first frame stored begins the file,
    and gaps stay where frames are missing. Unless it is changed, the file has the coded pictures of
    the one that was sent. Packets are taken to be sent at even distances while the video plays.

    Raises ValueError as `packetise` does.
    """
    with video_stream(data) as video:
        sent = send(video, mtu)
        came = protect(np.array([len(each) for each in sent.datagrams]), lose)
        cost = {
            "bytes": came.bytes + IP_AND_UDP * came.packets,
            "wait": came.delay + 1000 * sent.seconds * came.wait / came.packets,
        }
        hit = len(came.lost), int(came.lost.sum())
        units, times = receive(sent, list(compress(sent.datagrams, ~came.lost)))
        if keyframe_gate:
            first = next((i for i, (_, key) in enumerate(units) if key), len(units))
            units, times = units[first:], times[first:]
        if not units:
            return Damage(b"", *hit, True, **cost)
        stored, delay = store(units, times, video, sent.header, container(data, video))
    changed = bool(came.lost.any()) or coded_pictures(stored) != coded_pictures(data)
    return Damage(stored, *hit, changed, float(delay), **cost)
