"""Networks as a user brings them, with random weights: PyTorch, ONNX, TorchScript."""

import warnings

import numpy as np
import torch
from torch import nn

import onnx_files


class MeanColour(nn.Module):
    """Logits of the mean colour of clips (N, 3, T, H, W)."""

    def __init__(self, classes):
        super().__init__()
        self.fc = nn.Linear(3, classes)

    def forward(self, clips):
        return self.fc(clips.mean((2, 3, 4)))


def save_weights(path, network):
    torch.save(network.state_dict(), path)


def save_script(path, network, *shape):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch would rather have another format
        torch.jit.save(torch.jit.trace(network.eval(), torch.zeros(shape)), path)


def save_onnx(path, classes, frames, size, count="n", layout="NTCHW", gain=1.0):
    """An ONNX file that gives logits of the sum of each colour of clips."""
    sizes = {"N": count, "C": 3, "T": frames, "H": size, "W": size}
    axes = np.array([layout.index(axis) for axis in "THW"], np.int64)
    weights = gain * np.random.default_rng(0).normal(size=(3, classes))
    path.write_bytes(
        onnx_files.model(
            [("clips", np.float32, [sizes[axis] for axis in layout])],
            [("logits", np.float32, [count, classes])],
            {"axes": axes, "weights": weights.astype(np.float32)},
            [
                onnx_files.node("ReduceSum", ["clips", "axes"], ["sums"], keepdims=0),
                onnx_files.node("MatMul", ["sums", "weights"], ["logits"]),
            ],
        )
    )
