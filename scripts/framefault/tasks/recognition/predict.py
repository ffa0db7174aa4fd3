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
    workers=1, merge=None,
):  # fmt: skip
    """Logits per clip: lists of float32 arrays (classes,), one per segment, none without a frame.

    Batches always have the same size, so that a segment's logits depend on nothing but itself.
    `known` are the logits of the clean clips, taken over for what no damage changed: `known_rows`.
    `prepare` makes what the network sees of float clips (N, 3, T, H, W), 0-255. With a `stride`, a
    segment is every so many frames. `share` is that of a usual batch that fits into memory.
    `merge` makes logits of what the network computes of a batch, if that is not the same.
    """
    set_up(device, exact=True)
    batch_size = max(1, int(share * (128 if device.type == "cuda" else 16)))
    model.to(device).eval()
    reach, numbers = length * stride, range(len(clips.accounts))
    windows = [sliding_windows(clips.length(index), reach) for index in numbers]
    logits = [[None] * len(each) for each in windows]
    if known is not None:
        compare = device.type == "cpu"  # a GPU computes segments faster than they are compared
        logits = [known_rows(clips, known, index, reach, compare) for index in numbers]
    unknown = [
        (index, number)
        for index in numbers
        for number, row in enumerate(logits[index])
        if row is None
    ]

    def collect(first):
        segments = []
        for index, number in unknown[first : first + batch_size]:
            begin, end = windows[index][number]
            segments.append(loop(clips[index][begin:end:stride], length))
        padding = [np.zeros_like(segments[0])] * (batch_size - len(segments))
        return stack_by_side(segments + padding)

    starts = range(0, len(unknown), batch_size)
    for first, stacks in zip(starts, prefetched(starts, collect, workers, device), strict=True):
        output = model(prepare(to_batch(stacks, size))).cpu().numpy()
        check_answers([output])
        rows = merge(output) if merge else output
        for (index, number), row in zip(unknown[first : first + batch_size], rows, strict=False):
            logits[index][number] = row
    return logits


def known_rows(clips, known, index, reach, compare):
    """Logits of each segment of a clip that are `known` of the clean one, None of the others.

    Those of an unchanged clip, and where it is worth to `compare`, of segments of `reach` frames
    that show what the clean clip shows in the same place.
    """
    if clips.accounts[index]["unchanged"]:
        return list(known[index])
    windows = sliding_windows(clips.length(index), reach)
    if not compare:
        return [None] * len(windows)
    seen, clean = clips[index], clips.clean[index]
    rows = dict(zip(sliding_windows(len(clean), reach), known[index], strict=True))
    return [
        rows.get((begin, end)) if is_same(seen, clean, slice(begin, end)) else None
        for begin, end in windows
    ]


def is_same(pictures, others, part):
    """Whether the same part of two clips is kept as equal bytes; from its end on: damage lasts."""
    kept, others = pictures.kept(part), others.kept(part)
    return len(kept) == len(others) and all(map(np.array_equal, kept[::-1], others[::-1]))
