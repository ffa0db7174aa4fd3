"""The story of one clip: what was lost of it, what is left, and what every model says of it."""

from pathlib import Path

import jinja2
import numpy as np
from scipy.special import softmax

from framefault.corruption.rtp.datagrams import marker, payload
from framefault.corruption.rtp.sending import packetise
from framefault.tasks.recognition.predictions import as_array

# What the page is made from beside code.
FILES = [Path(__file__).with_name(name) for name in ("story.html", "page.css")]
CHANNEL = ("mtu", "keyframe_gate")  # parameters that do not decide which packets are lost
BINS = 200  # of a strip of bytes


def story(content):
    """The page as HTML, with all that it needs inside; `content` is what story.html names."""
    html, css = (file.read_text(encoding="utf-8") for file in FILES)
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.from_string(html).render(content, css=css)


def packets(data, lost, level, draw, parameters):
    """The datagrams of a clip in the order of sending: bytes, number of its picture, lost or not.

    `lost` is that function of a corruption of channels, and `draw` the generator that it drew from.
    """
    sent = packetise(data, parameters["mtu"]).datagrams
    law = {name: each for name, each in parameters.items() if name not in CHANNEL}
    found, picture = [], 0
    for datagram, gone in zip(sent, lost(len(sent), level, draw, **law), strict=True):
        found.append({"bytes": len(payload(datagram)), "picture": picture, "lost": bool(gone)})
        picture += marker(datagram)
    return found


def bytes_hit(clean, damaged):
    """(bytes that differ, bits that differ, share of differing bytes in each part of the file).

    The files are of one length.
    """
    difference = np.frombuffer(clean, np.uint8) ^ np.frombuffer(damaged, np.uint8)
    parts = np.array_split(difference != 0, min(BINS, max(1, len(difference))))
    shares = [float(part.mean()) if len(part) else 0.0 for part in parts]
    return int((difference != 0).sum()), int(np.bitwise_count(difference).sum()), shares


def said(row, classes):
    """What a model says of a clip, from its row of `predictions.judged`: None without logits."""
    if not len(row["logits"]):
        return None
    logits = as_array(row["logits"])
    chances = softmax(logits, axis=1).mean(axis=0)
    top = int(chances.argmax())
    return {
        "top": classes[top],
        "right": top == row["label"],
        "chance_top": float(chances[top]),
        "chance_label": float(chances[row["label"]]),
        "logit_top": float(logits[:, top].mean()),
        "logit_label": float(logits[:, row["label"]].mean()),
    }
