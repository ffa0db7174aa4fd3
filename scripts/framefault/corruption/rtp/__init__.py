"""Video as RTP datagrams: sent by FFmpeg's muxer, received and stored as FFmpeg's receiver does."""
