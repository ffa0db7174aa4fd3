"""FairMOT's detector: one network finds objects and what tells them apart."""

import numpy as np
import torch

from framefault.tasks.tracking.detections import Detections
from framefault.tasks.tracking.heatmaps import decode
from framefault.tasks.tracking.letterbox import Letterbox
from framefault.tasks.tracking.networks import build
from framefault.tasks.tracking.views import normalise
from framefault.training.device import set_up
from framefault.training.finite import check_answers
from framefault.training.weights import load_weights


class FairMOT:
    """Detects objects in frames with the network of a weight file.

    `settings` are the detector's part of a tracker's: `network` as of `networks.build`; `input`,
    as of `Letterbox`; `most`, how many detections a frame may have. `mixed` precision is faster on
    a GPU and changes results: it is for measuring.
    """

    def __init__(self, weights, settings, device, mixed=False):
        set_up(device, exact=not mixed)
        state, _ = load_weights(weights)
        network = build(settings["network"], state, weights)
        self.network = network.to(device, memory_format=torch.channels_last).eval()
        self.size, self.most = settings["input"], settings["most"]
        self.device, self.mixed = device, mixed
        # What is found in a frame depends on no other: batches have one size, on a CPU 1.
        self.batch_size = 8 if device.type == "cuda" else 1

    def detect(self, frames):
        """Yield the Detections of each frame of a video, uint8 RGB (T, H, W, 3)."""
        box = Letterbox(frames.shape[2:0:-1], self.size)
        for start in range(0, len(frames), self.batch_size):
            yield from self.detect_batch(frames[start : start + self.batch_size], box)

    @torch.inference_mode()
    def detect_batch(self, frames, box):
        batch = np.zeros((self.batch_size, *frames.shape[1:]), np.uint8)
        batch[: len(frames)] = frames
        x = normalise(box.place(torch.from_numpy(batch).to(self.device)))
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.mixed):
            maps = self.network(x.contiguous(memory_format=torch.channels_last))
        check_answers(maps.values())
        for found in decode(maps, self.most)[: len(frames)]:
            boxes, scores, features = (each.cpu().numpy() for each in found)
            yield Detections(box.to_frame(boxes).astype(np.float32), scores, features)
