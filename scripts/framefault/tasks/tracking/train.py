"""Training of FairMOT's network: from decoded sequences and their tracks to trained weights."""

import torch

from framefault.data.mot import read_tracks
from framefault.files import file_digest
from framefault.seeds import rng
from framefault.tasks.tracking.losses import TrackingLoss
from framefault.tasks.tracking.networks import build
from framefault.tasks.tracking.views import TrainingFrames
from framefault.training.device import pick_device
from framefault.training.loop import Training
from framefault.training.weights import load_weights
from framefault.video.cache import DecodedClips


def train(job):
    """Train and save one network, from scratch or from other weights.

    Returns where it was trained, for the record.
    """
    dataset, seed, start = job.wildcards.dataset, int(job.wildcards.training), job.input.start
    training, clips = Training(**job.training()), DecodedClips(job.input.clean)
    tracks = read_tracks(job.input.tracks)
    frames = TrainingFrames(clips, tracks, training.recipe, job.settings.input, dataset, seed)
    torch.manual_seed(int(rng("init", dataset, seed).integers(2**62)))
    state = load_weights(start)[0] if start else None
    model = build(job.settings.network, state, start)
    weights = {key: training.recipe[key] for key in ("size_weight", "uncertainty")}
    objective = TrackingLoss(model.id[2].out_channels, frames.identities, **weights)
    crcs = [account["crc"] for account in clips.accounts]
    facts = [dataset, seed, crcs, file_digest(job.input.tracks)]
    return training.run(model, frames, None, facts, pick_device(), objective=objective)
