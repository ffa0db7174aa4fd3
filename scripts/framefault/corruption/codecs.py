"""Which video a corruption can take."""

RTP = ("h264", "mpeg4")  # codecs whose packets are sent and lost; other corruptions take any
