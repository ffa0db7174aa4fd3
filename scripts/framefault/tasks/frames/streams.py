"""Frame types and frame rates of videos, from the bitstream (paper B, appendices H and I)."""

from pathlib import Path

import av
from av.video.frame import PictureType

from framefault.errors import UserError
from framefault.tasks.frames.sets import frame_number


def anchor_streams(root, keys):
    """{anchor, frame type, fps} of every anchor, in order; its video is "<folder of the key>.mp4".

    Types are those the decoder reports, so a frame that shows nothing new has one, too.
    """
    return [stream_of(Path(root) / f"{key.rpartition('/')[0]}.mp4", key) for key in keys]


def stream_of(path, key):
    number = frame_number(key)
    try:
        with av.open(str(path)) as container:
            stream = container.streams.video[0]
            fps = float(stream.average_rate or stream.guessed_rate)
            for index, frame in enumerate(container.decode(stream)):
                if index == number:
                    return {
                        "anchor": key,
                        "type": PictureType(frame.pict_type).name,
                        "fps": round(fps, 3),
                    }
    except (av.error.FFmpegError, IndexError) as error:
        raise UserError(
            f"The video {path} cannot be read ({error}); Tables 7 and 8 need the videos of all"
            " anchors, see `videos` of the data set."
        ) from error
    raise UserError(f"The video {path} has no frame {number}.")
