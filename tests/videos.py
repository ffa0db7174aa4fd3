"""Video files in any codec and container, for tests."""

import io
from fractions import Fraction

import av


def encode_frames(frames, fps, codec="libx264", options=None, container="mp4"):
    """File bytes of uint8 RGB frames (T, H, W, 3)."""
    file = io.BytesIO()
    with av.open(file, "w", format=container, container_options={"fflags": "+bitexact"}) as out:
        stream = out.add_stream(codec, rate=Fraction(fps).limit_denominator(1001))
        stream.height, stream.width = frames.shape[1:3]
        stream.pix_fmt = (options or {}).get("pix_fmt", "yuv420p")
        stream.options = {"threads": "1", **(options or {})}
        if codec == "libx264":
            stream.options = {"x264-params": "mbtree=0"} | stream.options
        for pixels in frames:
            out.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        out.mux(stream.encode())
    return file.getvalue()
