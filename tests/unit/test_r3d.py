import pytest
import torch

from framefault.tasks.recognition.networks.r3d import R3D, Stem


def expected_names(blocks):
    bn = ["weight", "bias", "running_mean", "running_var", "num_batches_tracked"]
    names = ["conv1.weight", *(f"bn1.{part}" for part in bn), "fc.weight", "fc.bias"]
    for layer in range(1, 5):
        for block in range(blocks):
            for number in (1, 2):
                names.append(f"layer{layer}.{block}.conv{number}.weight")
                names += [f"layer{layer}.{block}.bn{number}.{part}" for part in bn]
        if layer > 1:
            names.append(f"layer{layer}.0.downsample.0.weight")
            names += [f"layer{layer}.0.downsample.1.{part}" for part in bn]
    return names


def test_r3d18_has_the_names_and_shapes_of_the_published_checkpoint():
    state = R3D(18, 1039).state_dict()
    assert sorted(state) == sorted(expected_names(2))
    assert len(state) == 122
    assert state["conv1.weight"].shape == (64, 3, 7, 7, 7)
    assert state["layer1.0.conv1.weight"].shape == (64, 64, 3, 3, 3)
    assert state["layer4.0.downsample.0.weight"].shape == (512, 256, 1, 1, 1)
    assert state["fc.weight"].shape == (1039, 512)


@pytest.mark.parametrize(("classes", "parameters"), [(51, 33_230_067), (1039, 33_736_911)])
def test_r3d18_has_as_many_parameters_as_the_original(classes, parameters):
    assert sum(p.numel() for p in R3D(18, classes).parameters()) == parameters


def test_stem_keeps_time_and_pooling_halves_it():
    stem = R3D(18, 2)
    x = torch.zeros(1, 3, 16, 112, 112)
    assert stem.conv1(x).shape == (1, 64, 16, 56, 56)
    assert stem.maxpool(stem.conv1(x)).shape == (1, 64, 8, 28, 28)


@pytest.mark.parametrize("side", [(8, 8), (9, 8), (12, 15)])
def test_stem_in_blocks_of_pixels_is_the_same_convolution(side):
    torch.manual_seed(0)
    stem, x = Stem(5), torch.randn(2, 3, 4, *side, requires_grad=True)
    expected = stem(x)
    slope = torch.randn_like(expected)
    found = stem.in_blocks(x)
    there, here = (
        (y.detach(), *torch.autograd.grad(y, (x, stem.weight), slope)) for y in (found, expected)
    )
    for ours, theirs in zip(there, here, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(("depth", "features"), [(10, 512), (34, 512), (50, 2048)])
def test_other_depths(depth, features):
    model = R3D(depth, 7).eval()
    assert model.fc.in_features == features
    assert model(torch.zeros(2, 3, 8, 32, 32)).shape == (2, 7)


def test_width_scales_channels():
    assert R3D(10, 5, width=0.25).fc.in_features == 128
