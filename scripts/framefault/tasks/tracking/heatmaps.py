"""From a network's maps to boxes, scores and features of identity, as FairMOT decodes them."""

import torch
import torch.nn.functional as F

STRIDE = 4  # pixels of the input for one cell of the maps


def decode(maps, most):
    """Detections of each picture of a batch: (boxes, scores, features) by falling score.

    `maps` has the heads hm (N, 1, H, W), wh (N, 2 or 4, H, W), reg (N, 2, H, W) and
    id (N, d, H, W). Detections are the up to `most` highest peaks; of equal ones, the first in
    reading order. Boxes (n, 4) are x1 y1 x2 y2 in pixels of the input and may leave it, features
    (n, d) have length one.
    """
    heat = maps["hm"].float().sigmoid()
    heat = heat * (heat == F.max_pool2d(heat, 3, stride=1, padding=1))
    width = heat.shape[-1]
    found = []
    for number, picture in enumerate(heat.flatten(1)):
        scores, cells = picture.sort(descending=True, stable=True)
        cells = cells[:most][scores[:most] > 0]
        sizes, offsets, features = (
            maps[head][number].flatten(1)[:, cells].T.float() for head in ("wh", "reg", "id")
        )
        centres = torch.stack([cells % width, cells // width], 1) + offsets
        if sizes.shape[1] == 2:  # width and height instead of the way to each side
            sizes = torch.cat([sizes, sizes], 1) / 2
        boxes = torch.cat([centres - sizes[:, :2], centres + sizes[:, 2:]], 1)
        found.append((boxes * STRIDE, scores[: len(cells)], F.normalize(features)))
    return found
