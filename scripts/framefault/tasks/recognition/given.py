"""Networks that a user brings: a factory with its weights, an ONNX file, a TorchScript file."""

import sys
import warnings
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import numpy as np
import torch
from torch import nn

from framefault.errors import UserError, in_one_line
from framefault.training.onnx import open_session
from framefault.training.weights import load_strictly, load_weights

USUAL = 16 * 112**2  # pixels of a segment
AXES = "NCTHW"  # clips, channels, frames, rows, columns


@dataclass(frozen=True)
class Sees:
    """What a network sees of clips: float (N, 3, T, H, W), RGB from 0 to 255.

    They are scaled to 0 to `range`; then `mean` is subtracted and by `std` divided, one number for
    each of `channels`, and axes are put into the order of `layout`, such as NTCHW.
    """

    frames: int
    size: int
    stride: int
    range: int
    mean: list
    std: list
    channels: str
    layout: str

    @property
    def share(self):
        """How large a batch may be, beside one of 16 frames of 112 pixels."""
        return min(1, USUAL / (self.frames * self.size**2))

    def __call__(self, clips):
        if self.channels == "BGR":
            clips = clips.flip(1)
        mean, std = (
            torch.tensor(each, device=clips.device).view(1, 3, 1, 1, 1)
            for each in (self.mean, self.std)
        )
        clips = (clips / (255 / self.range) - mean) / std
        return clips.permute([AXES.index(axis) for axis in self.layout]).contiguous()


def open_network(model, path):
    """The network of an entry of recognition.models, in evaluation mode.

    `path` is the file of its weights, or of itself. Input as of `Sees`, output logits (N, outputs).
    Raises UserError for a factory or a file that gives no network.
    """
    if model["factory"] is not None:
        network = make(model["factory"], model["arguments"])
        load_strictly(network, load_weights(path)[0], path)
    elif not Path(path).is_file():
        raise UserError(f"There is no network {path}; put it there or change `file`.")
    elif Path(path).suffix == ".onnx":
        network = OnnxNetwork(path)
    else:
        network = load_script(path)
    return network.eval()


def make(factory, arguments):
    """The network that a factory, "module:function", gives; also of a module beside the project."""
    module, _, function = factory.partition(":")
    sys.path.append(str(Path.cwd()))
    try:
        network = getattr(import_module(module), function)(**arguments)
    except (ImportError, AttributeError) as error:
        raise UserError(f"The factory {factory} cannot be imported: {error}.") from error
    except Exception as error:  # of foreign code
        given = ", ".join(f"{key}={value!r}" for key, value in arguments.items())
        raise UserError(f"{factory}({given}) fails: {in_one_line(error)}.") from error
    finally:
        sys.path.pop()
    if not isinstance(network, nn.Module):
        raise UserError(f"The factory {factory} gives no torch.nn.Module, but {network!r:.60}.")
    return network


def load_script(path):
    """The network of a TorchScript file, whose code is run."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch would rather have another format
            return torch.jit.load(path, map_location="cpu")
    except Exception as error:  # torch's own have no common class
        raise UserError(
            f"{path} is no TorchScript file that can be read; save it with torch.jit.save, or name"
            " the network's factory and its weights."
        ) from error


class OnnxNetwork(nn.Module):
    """A network as an ONNX file, on one thread of the CPU: one input, one output."""

    def __init__(self, path):
        super().__init__()
        self.session = open_session(path)
        takes, gives = self.session.get_inputs(), self.session.get_outputs()
        if len(takes) != 1 or len(gives) != 1 or takes[0].type != "tensor(float)":
            raise UserError(
                f"{path} takes {described(takes)} and gives {described(gives)}; a network has to"
                " take clips of floats and give logits, and nothing else; export it so."
            )
        self.input, self.one_by_one = takes[0].name, takes[0].shape[:1] == [1]

    def forward(self, clips):
        clips = clips.cpu().numpy()
        parts = np.split(clips, len(clips)) if self.one_by_one else [clips]
        found = [self.session.run(None, {self.input: part})[0] for part in parts]
        return torch.from_numpy(np.concatenate(found))


def described(places):
    return ", ".join(f"{each.name} {each.type} {each.shape}" for each in places)


@torch.inference_mode()
def count_outputs(network, sees, name):
    """How many logits a network gives. Raises UserError where it does not take what it shall see.

    The clips that it is tried on are black.
    """
    clips = sees(torch.zeros(2, 3, sees.frames, sees.size, sees.size))
    taken = f"{sees.layout} of {tuple(clips.shape)}"
    try:
        logits = network(clips)
    except Exception as error:  # of foreign code
        raise UserError(
            f"{name} fails on clips {taken}: {reason(error)}; correct frames, size or layout in"
            f" recognition.models.{name}."
        ) from error
    if not isinstance(logits, torch.Tensor) or logits.ndim != 2 or len(logits) != 2:
        shape = tuple(logits.shape) if isinstance(logits, torch.Tensor) else type(logits).__name__
        raise UserError(f"{name} gives {shape} for clips {taken}, but must give (clips, classes).")
    if not torch.isfinite(logits).all():
        raise UserError(f"{name} gives logits of black clips that are no finite numbers.")
    return logits.shape[1]


def reason(error):
    """What an error of foreign code says, in one line; of TorchScript, without that code."""
    if "TorchScript" in str(error).partition("\n")[0]:
        return str(error).strip().rpartition("\n")[2]
    return in_one_line(error)
