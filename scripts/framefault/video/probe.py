"""What the container of a clean video file says about it."""

from framefault.video.reading import DAMAGE, open_bytes, video_stream


def probe(data):
    """What a clean clip holds: frames, fps, width, height (pixels) and codec name.

    Frames are the video packets with data, so nothing is decoded. Raises ValueError
    when the bytes have no readable video stream.
    """
    try:
        with open_bytes(data) as container:
            stream = video_stream(container)
            if stream is None or not stream.width:
                raise ValueError("no decodable video stream")
            return {
                "frames": sum(packet.size > 0 for packet in container.demux(stream)),
                "fps": float(stream.average_rate or stream.guessed_rate or 0),
                "width": stream.width,
                "height": stream.height,
                "codec": stream.codec_context.name,
            }
    except MemoryError:
        raise
    except DAMAGE as error:
        raise ValueError(f"The file has no readable video stream ({error}).") from error
