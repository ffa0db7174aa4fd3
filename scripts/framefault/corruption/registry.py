"""The corruptions that there are: the folders beside this file that have a method.yaml.

Each module has `corrupt(data, level, draw, **parameters)`, which gives a `damage.Damage`. `data`
are the bytes of a video file, and `draw` is a numpy.random.Generator, the only one to draw from. It
raises ValueError for a file that cannot be damaged so. One that loses packets also takes `protect`,
see `rtp.delivery`.
"""

from functools import cache

from framefault.corruption.names import damage_of
from framefault.methods import TEXT, described, methods

NUMBER = {"type": "number"}
# What the method.yaml of a corruption says beside what that of any method does.
ABOUT = {
    "axis": TEXT,  # beside its panels in figures over levels
    "unit": TEXT,  # what its accounts count
    "codecs": {"enum": ["any", "rtp"], "default": "any"},  # that it takes; rtp: those it can send
    "level": {
        "type": "object",
        "additionalProperties": False,
        "required": ["description"],
        "properties": {
            "description": TEXT,
            "label": TEXT,  # of axes
            "minimum": NUMBER,
            "exclusiveMinimum": NUMBER,
            "maximum": NUMBER,
            "exclusiveMaximum": NUMBER,
            # The level is the chance that one of so many bytes is hit; for `make plan`.
            "bytes": {"type": "number", "exclusiveMinimum": 0},
        },
    },
    "levels": {
        "type": "array",
        "items": NUMBER,
        "default": [],
    },  # usual ones, for the documentation
}
BOUNDS = ("minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum")
LABEL = "Proportion corrupted, p"


@cache
def corruptions():
    """{name: Method} of all corruptions. Raises UserError for a folder that is none."""
    return methods("framefault.corruption", "corrupt", ABOUT)


def level_schema(method):
    """The JSON schema of one level. Levels are positive: axes over them are logarithmic."""
    bounds = {key: each for key, each in method.about["level"].items() if key in BOUNDS}
    return {"type": "number", "exclusiveMinimum": 0} | bounds


def level_label(method):
    """What the axis of its levels says."""
    return method.about["level"].get("label", LABEL)


def share_changed(name, level, size):
    """Expected share of files of `size` bytes that a corruption changes, as far as it says so."""
    each = corruptions()[damage_of(name)].about["level"].get("bytes")
    return 1.0 if each is None else 1 - (1 - level) ** max(1, size / each)


def as_markdown(method):
    """What a corruption says of itself, as a section of docs/corruptions.md."""
    about, level = method.about, method.about["level"]["description"]
    usual = ", ".join(f"{each:g}" for each in about["levels"])
    return described(method, [f"- Level: {level}{f'; usual ones are {usual}' if usual else ''}."])
