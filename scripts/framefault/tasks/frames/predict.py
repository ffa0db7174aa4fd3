"""Logits of image classifiers."""

import numpy as np
import torch

from framefault.tasks.frames.inputs import as_floats, normalise
from framefault.training.device import set_up
from framefault.training.finite import check_answers


@torch.inference_mode()
def logits_of(model, pixels, mean, std, device, channels="RGB", batch_size=64):
    """float32 (N, outputs) of cached pictures (N, H, W, 3).

    Full precision on a GPU, too: bfloat16 changes the answer on some pictures.
    """
    set_up(device, exact=True)
    model.to(device, memory_format=torch.channels_last).eval()
    found = []
    for start in range(0, len(pixels), batch_size):
        batch = torch.from_numpy(np.array(pixels[start : start + batch_size])).to(device)
        x = as_floats(batch, channels)
        found.append(model(normalise(x, mean, std)).cpu().numpy())
    check_answers(found)
    return np.concatenate(found)
