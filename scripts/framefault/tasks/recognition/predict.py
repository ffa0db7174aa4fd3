"""Logits of every 16-frame segment of every clip (paper A, section 4.1 and F.2)."""

import numpy as np
import torch

from framefault.tasks.recognition.batches import stack_by_side, subtract_mean, to_batch
from framefault.tasks.recognition.segments import loop, sliding_windows
from framefault.training.device import set_up
from framefault.training.finite import check_answers
from framefault.training.prefetch import prefetched


@torch.inference_mode()
def predict(
    model, clips, length, size, device, known=None, prepare=subtract_mean, stride=1, share=1,
    workers=1,
):  # fmt: skip
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

    def collect(first):
        chosen = windows[first : first + batch_size]
        segments = [loop(clips[i][begin:end:stride], length) for i, begin, end in chosen]
        padding = [np.zeros_like(segments[0])] * (batch_size - len(chosen))
        return stack_by_side(segments + padding)

    starts = range(0, len(windows), batch_size)
    for first, stacks in zip(starts, prefetched(starts, collect, workers, device), strict=True):
        output = model(prepare(to_batch(stacks, size))).cpu().numpy()
        check_answers([output])
        for (index, _, _), row in zip(windows[first : first + batch_size], output, strict=False):
            logits[index].append(row)
    return logits
