"""Where networks run: a GPU if the job has one, otherwise one CPU core, bit-reproducibly."""

import os

import torch


def pick_device():
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def set_up(device, exact=False):
    """One thread on the CPU; on a GPU the fastest kernels, with TF32 unless `exact`."""
    if device.type == "cpu":
        # Sums over threads would depend on how many there are; trainings run side by side instead.
        # All kernels used here are deterministic on one thread, so torch's switch, which imports
        # a compiler for two seconds, is left alone.
        torch.set_num_threads(1)
    else:
        torch.backends.cudnn.benchmark = True
        torch.backends.cuda.matmul.allow_tf32 = not exact
        torch.backends.cudnn.allow_tf32 = not exact


def autocast(device):
    """For training: bfloat16 where a GPU computes, full precision on the CPU."""
    return torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda")


def describe(device):
    """The device's name for the record of how a result was made."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return f"CPU, {os.uname().machine}"
