"""Boxes that a detector finds in pictures."""

from itertools import chain, groupby, islice

import numpy as np
import torch

from framefault.tasks.detection.boxes import as_table
from framefault.tasks.detection.predictions import DETECTION
from framefault.tasks.detection.views import as_picture
from framefault.training.device import set_up
from framefault.training.finite import check_answers


@torch.inference_mode()
def detect(model, pictures, device, batch_size=8):
    """The table of detections (see `boxes`) in PIL pictures, which may be an iterator.

    Pictures of several sizes are never seen together: padding to the largest would change what is
    found. Full precision on a GPU, too.
    """
    set_up(device, exact=True)
    model.to(device, memory_format=torch.channels_last).eval()
    # Both stages drop what is not finite, so their answers are looked at before.
    model.rpn.head.register_forward_hook(lambda *call: check_answers(chain(*call[2])))
    model.roi_heads.box_predictor.register_forward_hook(lambda *call: check_answers(call[2]))
    rows, frame = [np.empty((0, 1 + len(DETECTION.names)))], 0
    for _, alike in groupby(pictures, lambda picture: picture.size):
        while batch := list(islice(alike, batch_size)):
            pixels = [torch.from_numpy(np.array(picture)).to(device) for picture in batch]
            seen = [as_picture(each) for each in pixels]
            for found in model(seen):
                columns = [found["boxes"], found["labels"][:, None] - 1, found["scores"][:, None]]
                row = torch.cat(columns, dim=1).cpu().numpy()
                rows.append(np.column_stack([np.full(len(row), frame), row]))
                frame += 1
    return as_table(np.concatenate(rows), DETECTION)
