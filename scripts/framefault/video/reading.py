"""Opening video files that may be damaged."""

import io

import av

# A forged header must not make the decoder allocate gigabytes: nothing above 4K.
MAX_PIXELS = 4096 * 2304
LIMITS = {"max_pixels": str(MAX_PIXELS)}

# Everything damaged bytes can raise; ValueError includes undecodable text in headers.
DAMAGE = (av.error.FFmpegError, ValueError)


def open_bytes(data):
    """Container of a video file's bytes. Raises one of DAMAGE if there is none."""
    return av.open(io.BytesIO(data), metadata_errors="ignore", options=LIMITS)


def video_stream(container):
    """The first video stream, set to one thread, or None if there is none to decode."""
    if not container.streams.video or container.streams.video[0].codec_context is None:
        return None
    stream = container.streams.video[0]
    stream.codec_context.thread_type = "NONE"
    stream.codec_context.thread_count = 1
    stream.codec_context.options = LIMITS
    return stream
