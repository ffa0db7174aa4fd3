"""The codecs that can be sent over RTP.

Each module has what differs: `header` (what the session description carries out of band),
`depacketise`, and `is_keyframe`.
"""

from framefault.corruption.rtp import h264, mpeg4

CODECS = {"h264": h264, "mpeg4": mpeg4}
