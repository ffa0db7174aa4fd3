"""Opening video files that may be damaged."""

import io
from contextlib import suppress
from fractions import Fraction

import av

# A forged header must not make the decoder allocate gigabytes: nothing above 4K.
MAX_PIXELS = 4096 * 2304
ANY_TICK = Fraction(1, 25)
LIMITS = {"max_pixels": str(MAX_PIXELS)}

# Everything damaged bytes can raise; ValueError includes undecodable text in headers. FFmpeg's own
# lack of memory is among it: one packet of a forged size is enough.
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


def packets(container, stream):
    """The packets of a stream that have data, as far as the file can be read.

    An empty one would flush a decoder too early and end the decoding there. Raises one of DAMAGE.
    """
    # Where streams have appeared on the way, PyAV fails at the end: it reads a flag of each that
    # nobody has set.
    with suppress(IndexError):
        for packet in container.demux(stream):
            if packet.size:
                yield packet


def progressive(picture):
    """The picture without the mark that would have it scaled field by field, which combs it."""
    if not picture.interlaced_frame:
        return picture
    graph = av.filter.Graph()
    graph.threads = 1
    source = graph.add_buffer(
        width=picture.width, height=picture.height, format=picture.format.name, time_base=ANY_TICK
    )  # fmt: skip
    graph.link_nodes(source, graph.add("setfield", "prog"), graph.add("buffersink")).configure()
    graph.push(picture)
    return graph.pull()


def quarter_turns(picture):
    """How often a picture is to be turned left by 90 degrees to be seen upright."""
    turns, rest = divmod(picture.rotation, 90)
    return 0 if rest else turns % 4
