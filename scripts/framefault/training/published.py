"""Weights that other libraries publish: which file, where it is had, and whether it is there.

torchvision and pretrainedmodels look for a file in a folder `checkpoints` before they download it.
"""

import importlib
import json
import re
from pathlib import Path

from framefault.data.download import obtain
from framefault.errors import UserError
from framefault.files import damaged

# Digits of the sha256 in torchvision's names, as torch.hub reads them.
DIGEST = re.compile(r"-([a-f0-9]{8,})\.pth$")
HUB = "https://huggingface.co/{}/resolve/main/model.safetensors"


def published_file(row):
    """(address, file as of `download.obtain`) of the weights of a row of the registry."""
    source, (name, _, tag) = row["source"], row["weights"].partition("/")
    if source == "timm":
        known = library("timm", row["model"]).get_pretrained_cfg(row["weights"])
        if known.hf_hub_id:
            file = f"{row['weights']}.safetensors"
            return HUB.format(known.hf_hub_id), {"file": file, "bytes": None, "sha256": None}
        url = known.url
    elif source == "pretrainedmodels":
        url = library("pretrainedmodels", row["model"]).pretrained_settings[name][tag]["url"]
    else:
        url = torchvision_weights(name, tag).url
    # Only torchvision checks the digits in its names.
    digits = DIGEST.search(url) if source == "torchvision" else None
    file = {"file": Path(url).name, "bytes": None, "sha256": digits and digits[1]}
    return url, file


def fetch(row, folder, allow):
    """Path of a row's weights below the folder of downloads, fetched if `allow` is true."""
    url, file = published_file(row)
    return obtain(file, [url], url, Path(folder, "checkpoints"), allow)


def fetched(facts, folder):
    """Path of weights that `fetch` brought; `facts` is the file that tells their size."""
    try:
        known = json.loads(Path(facts).read_text(encoding="utf-8"))
        path, size = Path(folder, "checkpoints", known["file"]), known["bytes"]
    except (ValueError, KeyError, TypeError) as error:
        raise damaged(facts, error) from error
    if not path.is_file() or path.stat().st_size != size:
        raise UserError(
            f"{path} is not there any more as it was verified; `rm {facts}` and run the same"
            " command again."
        )
    return path


def torchvision_weights(name, tag):
    """Torchvision's account of weights that it publishes for a network."""
    from torchvision.models import get_model_weights

    try:
        return get_model_weights(name)[tag]
    except (KeyError, ValueError) as error:
        raise UserError(f"torchvision publishes no weights {tag} of {name}.") from error


def categories(row):
    """Names of the classes that a network with torchvision's weights knows, in their order."""
    name, _, tag = row["weights"].partition("/")
    return list(torchvision_weights(name, tag).meta["categories"])


def library(name, model):
    """An optional library of networks. Raises UserError where it, or what it needs, is missing."""
    try:
        return importlib.import_module(name)
    except ImportError as error:
        lacking = "is not installed"
        if error.name != name:
            lacking = f"cannot be imported ({error})"
        raise UserError(
            f"The network of {model} comes with the Python package {name}, which {lacking}; `pip"
            " install -r envs/models.txt` installs all that is needed, or hand in predictions."
        ) from error
