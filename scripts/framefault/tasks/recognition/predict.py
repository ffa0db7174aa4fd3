"""Logits of every 16-frame segment of every clip (paper A, section 4.1 and F.2)."""

import numpy as np
import torch

from framefault.tasks.recognition.batches import subtract_mean, to_batch
from framefault.tasks.recognition.segments import loop, sliding_windows
from framefault.training.device import set_up


@torch.inference_mode()
def predict(
    model, clips, length, size, device, known=None, prepare=subtract_mean, stride=1, share=1
):
    """Logits per clip: a list of float32 arrays (segments, classes), no row without a frame.

    Batches always have the same size, so that a clip's logits depend on nothing but the clip.
    `known` are the logits of the clean clips, taken over for clips that no damage changed.
    `prepare` makes what the network sees of float clips (N, 3, T, H, W), 0-255. With a `stride`, a
    segment is every so many frames. `share` is that of a usual batch that fits into memory.
    """
    set_up(device, exact=True)
    batch_size = max(1, int(share * (128 if device.type == "cuda" else 16)))
    model.to(device).eval()
    windows = [
        (index, begin, end)
        for index, account in enumerate(clips.accounts)
        if not (known is not None and account["unchanged"])
        for begin, end in sliding_windows(clips.length(index), length * stride)
    ]
    logits = [
        known[index] if known is not None and account["unchanged"] else []
        for index, account in enumerate(clips.accounts)
    ]
    for first in range(0, len(windows), batch_size):
        chosen = windows[first : first + batch_size]
        pixels = np.stack([loop(clips[i][begin:end:stride], length) for i, begin, end in chosen])
        padding = np.zeros((batch_size - len(chosen), *pixels.shape[1:]), np.uint8)
        stack = torch.from_numpy(np.concatenate([pixels, padding]))
        batch = to_batch([(np.arange(batch_size), stack)], size, device)
        output = model(prepare(batch)).cpu().numpy()
        for (index, _, _), row in zip(chosen, output, strict=False):
            logits[index].append(row)
    return logits
