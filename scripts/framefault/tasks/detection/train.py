"""Training of detectors: from pictures with boxes to trained weights."""

import torch

from framefault.seeds import rng
from framefault.tasks.detection.networks import build, start_from
from framefault.tasks.detection.views import DetectionLoss, TrainingPictures
from framefault.training.device import pick_device
from framefault.training.loop import Training


def train(job, pictures, start=None, path=None):
    """Train and save one detector, from scratch or from the weights `start` of `path`.

    Table 11's recipe is batch_size 8, epochs 40 of batches 1000, learning_rate 0.01, schedule steps
    at [0.5, 0.75] by factor 0.1; maskrcnn-benchmark's defaults add optimizer sgd, momentum 0.9,
    weight_decay 1e-4, bias_rate 2, warmup 0.0125 and flip 0.5.

    Returns where it was trained, for the record.
    """
    name, seed = job.wildcards.model, int(job.wildcards.training)
    training, key = Training(**job.training()), ("detection", name, seed)
    torch.manual_seed(int(rng("init", *key).integers(2**62)))
    model = build(job.settings.network, len(pictures.classes))
    if start:
        start_from(model, start, path)
    data, loss = TrainingPictures(pictures, training.recipe, key), DetectionLoss(model)
    facts = [*key, pictures.facts]
    return training.run(model, data, pictures.classes, facts, pick_device(), objective=loss)
