"""Pictures inside the page: WebP of few bytes, the same for the same pixels."""

import base64
import io

from PIL import Image

WIDTHS = (1600, 1200, 800)  # of figures in pixels, until all of them are small enough
BUDGET = 5_000_000  # bytes of all figures


def embedded_figures(files):
    """(source, width, height) of each figure, as wide as all of them may be."""
    for width in WIDTHS:
        found = [figure(file, width) for file in files]
        if sum(len(data) for data, *_ in found) <= BUDGET:
            break
    return [(source(data), *size) for data, *size in found]


def figure(file, width):
    """(bytes, width, height) of a figure."""
    with Image.open(file) as opened:
        image = opened.convert("RGB")
    if image.width > width:
        size = width, max(1, round(image.height * width / image.width))
        image = image.resize(size, Image.Resampling.LANCZOS)
    return webp(image, 90), *image.size


def embedded_frame(frame):
    """The source of a frame, uint8 RGB (H, W, 3)."""
    return source(webp(Image.fromarray(frame), 80))


def webp(image, quality):
    buffer = io.BytesIO()
    image.save(buffer, "WEBP", quality=quality)
    return buffer.getvalue()


def source(data):
    return "data:image/webp;base64," + base64.b64encode(data).decode("ascii")
