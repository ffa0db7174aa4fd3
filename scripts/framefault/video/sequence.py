"""Videos that come as a folder of pictures, one file a frame, as MOTChallenge ships them."""

import configparser
import hashlib
from pathlib import Path

import numpy as np
from PIL import Image

from framefault.errors import UserError
from framefault.video.reading import MAX_PIXELS

PICTURES, INFO = "img1", "seqinfo.ini"
SUFFIXES = (".bmp", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp")
BROKEN = (OSError, SyntaxError, ValueError)  # what PIL raises for damaged pictures


def read_info(folder):
    """What a sequence's `seqinfo.ini` says: {name: text}; empty where there is none."""
    file, parser = Path(folder, INFO), configparser.ConfigParser(interpolation=None)
    parser.optionxform = str  # imDir, not imdir
    try:
        parser.read_string(file.read_text(encoding="utf-8-sig"))
        return dict(parser["Sequence"])
    except FileNotFoundError:
        return {}
    except (configparser.Error, KeyError, UnicodeDecodeError) as error:
        raise UserError(
            f"{file} cannot be read as MOTChallenge's seqinfo.ini; mend it, or remove it."
        ) from error


def picture_folder(folder):
    """The folder with a sequence's pictures, which need not be there."""
    return Path(folder, read_info(folder).get("imDir", PICTURES))


def list_pictures(folder):
    """Paths of a sequence's pictures by frame, from frame 1; hidden and other files do not count.

    Raises UserError where they are no series of numbered pictures of one kind without a gap.
    """
    info, below = read_info(folder), picture_folder(folder)
    try:
        files = sorted(path for path in below.iterdir() if not path.name.startswith("."))
    except OSError as error:
        raise UserError(
            f"The sequence {folder} has no folder {below.name} of pictures; put it there."
        ) from error
    suffixes = (info["imExt"].lower(),) if "imExt" in info else SUFFIXES
    files = [path for path in files if path.suffix.lower() in suffixes]
    kinds = sorted({path.suffix.lower() for path in files})
    if not files:
        raise UserError(f"{below} holds no picture ({', '.join(suffixes)}); put them there.")
    if len(kinds) > 1:
        raise UserError(
            f"{below} holds pictures of several types ({', '.join(kinds)}); remove all but one,"
            f" or name it as imExt in {Path(folder, INFO)}."
        )
    if odd := [path.name for path in files if not (path.stem.isascii() and path.stem.isdigit())]:
        raise UserError(
            f"{below / odd[0]} has no frame number as its name, such as 000001{kinds[0]};"
            " rename or remove it."
        )
    files.sort(key=lambda path: int(path.stem))
    for number, path in enumerate(files, 1):
        if int(path.stem) != number:
            raise UserError(
                f"{below} has no picture of frame {number}, but {path.name} follows; frames are to"
                " be numbered from 1 without gaps."
            )
    return files


def describe_pictures(folder):
    """Facts of a sequence's pictures: bytes, sha256, frames, width, height (even, pixels).

    Only headers are decoded. Raises UserError for a picture that cannot be read or differs in size.
    """
    files = list_pictures(folder)
    width, height = size_of(files[0])
    for path in files[1:]:
        if (found := size_of(path)) != (width, height):
            raise UserError(
                f"The picture {path} has {found[0]}x{found[1]} pixels, but {files[0].name} has"
                f" {width}x{height}; pictures of a sequence are to be of one size."
            )
    if min(width, height) < 2 or width * height > MAX_PIXELS:
        raise UserError(
            f"Pictures of {folder} have {width}x{height} pixels; at least 2x2 and at most"
            f" {MAX_PIXELS} pixels can be encoded."
        )
    facts = {"bytes": sum(path.stat().st_size for path in files), "sha256": digest(files)}
    sides = {"width": width // 2 * 2, "height": height // 2 * 2}
    return facts | {"frames": len(files)} | sides


def size_of(path):
    try:
        with Image.open(path) as picture:
            return picture.size
    except (*BROKEN, Image.DecompressionBombError) as error:
        raise unreadable(path) from error


def digest(files):
    """The sha256 of all pictures of a sequence, one after the other."""
    whole = hashlib.sha256()
    for path in files:
        whole.update(path.read_bytes())
    return whole.hexdigest()


def read_pictures(files):
    """Yield uint8 RGB (H, W, 3) of even sides for each picture: odd ones lose a row or column."""
    for path in files:
        try:
            with Image.open(path) as picture:
                pixels = np.asarray(picture.convert("RGB"))
        except BROKEN as error:
            raise unreadable(path) from error
        yield pixels[: pixels.shape[0] // 2 * 2, : pixels.shape[1] // 2 * 2]


def unreadable(path):
    return UserError(f"The picture {path} cannot be read; replace it, or leave out its sequence.")
