"""Adversarial training by FGSM with a random start (Wong et al. 2020; paper A, section 3.1)."""

import torch
import torch.nn.functional as F

from framefault.seeds import rng
from framefault.tasks.recognition.batches import subtract_mean
from framefault.training.device import autocast


def fgsm_random_start(model, clips, labels, epsilon, step, generator):
    """Adversarial clips within `epsilon` of `clips` (N, 3, T, H, W), both on the 0-255 scale.

    A uniform start in the epsilon box, then one step of `step` * epsilon along the sign of the
    loss's gradient, cut to the box and to valid pixels.
    """
    start = torch.empty_like(clips).uniform_(-epsilon, epsilon, generator=generator)
    delta = ((clips + start).clamp(0, 255) - clips).requires_grad_()
    with autocast(clips.device):
        logits = model(subtract_mean(clips + delta))
    loss = F.cross_entropy(logits.float(), labels)
    (gradient,) = torch.autograd.grad(loss, delta)
    delta = (delta.detach() + step * epsilon * gradient.sign()).clamp(-epsilon, epsilon)
    return (clips + delta).clamp(0, 255)


def adversary(epsilon, step, dataset, seed):
    """A `perturb` function for `training.fit`, its random starts keyed by epoch and batch."""

    def perturb(model, clips, labels, epoch, batch):
        generator = torch.Generator(clips.device)
        generator.manual_seed(int(rng("fgsm", dataset, epoch, batch, seed).integers(2**62)))
        return fgsm_random_start(model, clips, labels, epsilon, step, generator)

    return perturb
