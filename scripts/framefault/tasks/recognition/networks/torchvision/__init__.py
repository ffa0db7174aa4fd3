"""Video networks of torchvision, to be trained, or fine-tuned from its published weights."""

from torchvision.models import get_model

SCALE = 58  # about the deviation of pixels that their published weights have learned


def build(classes, model):
    """A network with torchvision's own names of weights; it divides its input by SCALE."""
    network = get_model(model, weights=None, num_classes=classes)
    network.register_forward_pre_hook(lambda _, inputs: (inputs[0] / SCALE,))
    return network
