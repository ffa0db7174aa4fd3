"""Reading and writing network weights without ever running code from a file."""

import hashlib
import json
import pickle
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file

from framefault.errors import UserError, in_one_line
from framefault.files import damaged, file_digest, whole
from framefault.training.finite import check_finite


def save_weights(model, path, classes):
    """Write a model's state as safetensors, with its class names and a digest of the tensors.

    Raises UserError for weights that are not finite.
    """
    for name, tensor in model.state_dict().items():
        check_finite(tensor, f"The training diverged: its weights {name} are")
    save_state(model.state_dict(), path, classes)


def save_state(state, path, classes):
    # A clone of each: tensors that share memory, as tied layers do, cannot be written.
    state = {name: tensor.detach().cpu().contiguous().clone() for name, tensor in state.items()}
    with whole(path) as part:
        # One entry, because safetensors writes several in random order.
        facts = {"classes": classes, "sha256": state_digest(state)}
        save_file(state, part, {"framefault": json.dumps(facts)})


def load_weights(path):
    """(state, classes) of a .safetensors file of ours or a .pth of 3D-ResNets-PyTorch.

    `classes` are the class names of the last layer, None where the file does not tell. A
    `module.` prefix is stripped. Raises UserError for a missing, truncated or damaged file,
    for a pickle that holds more than tensors and plain values and for weights that are not finite.
    """
    path = Path(path)
    if not path.is_file():
        raise UserError(f"There is no weight file {path}; put it there or change `weights`.")
    load = load_safetensors if path.suffix == ".safetensors" else load_checkpoint
    state, classes = load(path)
    for name, tensor in state.items():
        check_finite(tensor, f"The weights {name} of {path} are", "take another file")
    return state, classes


def check_digest(path, expected):
    """Raise UserError if a weight file is there and has another sha256 than `expected`, if any."""
    if expected and path.is_file() and (found := file_digest(path)) != expected:
        raise UserError(
            f"{path} has the sha256 {found} where weights_sha256 says {expected}; get the right"
            " file or correct the key."
        )


def load_safetensors(path):
    try:
        state = load_file(path)
        with safe_open(path, "pt") as file:
            facts = json.loads((file.metadata() or {}).get("framefault", "{}"))
        if not isinstance(facts, dict):
            raise ValueError("its facts are no object")
    except (SafetensorError, ValueError, OSError) as error:
        raise damaged(path, error) from error
    if facts.get("sha256") not in (None, state_digest(state)):
        raise damaged(path, "the weights are not what was written")
    return state, facts.get("classes")


def load_checkpoint(path):
    try:
        checkpoint = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise UserError(
            f"{path} was refused: it is no PyTorch checkpoint of plain tensors"
            " and loading it could run foreign code."
        ) from error
    except Exception as error:  # of damaged ones, nearly any
        reason = in_one_line(error)
        raise UserError(f"{path} is no readable PyTorch checkpoint: {reason}.") from error
    state = checkpoint.get("state_dict", checkpoint) if isinstance(checkpoint, dict) else None
    if not isinstance(state, dict) or not all(isinstance(t, torch.Tensor) for t in state.values()):
        raise UserError(f"{path} holds no state_dict of tensors.")
    for name, tensor in state.items():
        if not isinstance(name, str):
            raise UserError(f"{path} has a tensor named {name!r}; names are to be texts.")
        if tensor.layout != torch.strided or tensor.is_quantized or tensor.is_meta:
            raise UserError(
                f"{path} holds {name} as a sparse, quantised or empty tensor; save it densely."
            )
    return {name.removeprefix("module."): tensor for name, tensor in state.items()}, None


def fine_tune_from(model, path, classes):
    """Load pre-trained weights strictly; the last layer only if it has the same classes."""
    state, their_classes = load_weights(path)
    if their_classes != classes:
        own = model.state_dict()
        state = state | {name: own[name] for name in last_layer(own)}
    load_strictly(model, state, path)


def last_layer(state):
    """Names of the weight and the bias of a state's last layer."""
    return [name for name in state if name.endswith(("weight", "bias"))][-2:]


def load_strictly(model, state, path):
    """Load a state with exactly the model's names and shapes; UserError names the first other."""
    ours = {name: tuple(tensor.shape) for name, tensor in model.state_dict().items()}
    theirs = {name: tuple(tensor.shape) for name, tensor in state.items()}
    for name in [*ours, *sorted(theirs)]:
        if ours.get(name) != theirs.get(name):
            raise UserError(
                f"{path} does not fit the model of this configuration: {name} is"
                f" {theirs.get(name, 'absent')} in the file and {ours.get(name, 'absent')} in the"
                " model; check `network` and `weights`."
            )
    model.load_state_dict(state)


def state_digest(state):
    digest = hashlib.sha256()
    for name in sorted(state):
        digest.update(name.encode())
        digest.update(state[name].cpu().contiguous().reshape(-1).view(torch.uint8).numpy())
    return digest.hexdigest()
