"""Loss of network packets, without a network: RTP datagrams dropped from a video file.

The file is cut into datagrams by FFmpeg's RTP muxer, datagrams are dropped, and what is left
is put together and stored as FFmpeg's own receiver (`ffmpeg -i rtsp://... -c copy`) does it:
no repair, no concealment, nothing decoded. What is received keeps its time, so that lost pictures
leave gaps.
"""

from itertools import compress

from framefault.corruption.damage import Damage
from framefault.corruption.rtp.receiving import receive
from framefault.corruption.rtp.sending import send, video_stream
from framefault.corruption.rtp.storing import coded_pictures, container, store


def transmit(data, lose, mtu, keyframe_gate):
    """The Damage of sending a file over a lossy channel, in datagrams of at most `mtu` bytes.

    `lose(count)` says which datagrams are lost, as bool (count,). With `keyframe_gate`, what comes
    before the first keyframe is not stored, as in a real receiver. The container stays what it was
    if MP4, MOV, AVI or Matroska, and becomes Matroska otherwise. The first frame stored begins the
    file, and gaps stay where frames are missing. Unless it is changed, the file has the coded
    pictures of the one that was sent.

    Raises ValueError as `packetise` does.
    """
    with video_stream(data) as video:
        sent = send(video, mtu)
        lost = lose(len(sent.datagrams))
        units, times = receive(sent, list(compress(sent.datagrams, ~lost)))
        if keyframe_gate:
            first = next((i for i, (_, key) in enumerate(units) if key), len(units))
            units, times = units[first:], times[first:]
        if not units:
            return Damage(b"", len(lost), int(lost.sum()), True)
        stored, delay = store(units, times, video, sent.header, container(data, video))
    changed = bool(lost.any()) or coded_pictures(stored) != coded_pictures(data)
    return Damage(stored, len(lost), int(lost.sum()), changed, float(delay))
