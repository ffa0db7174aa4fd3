"""Where networks run: wrong kernels are refused, and batches are brought there in order."""

import threading

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from framefault.errors import UserError
from framefault.training import device as devices
from framefault.training.device import (
    avoid_wrong_kernels,
    check_convolutions,
    keep_memory,
    relative,
    worst_difference,
)
from framefault.training.prefetch import mapped, prefetched

CPU = torch.device("cpu")
SMALL = (
    (3, 8, (7, 7, 7), (1, 2, 2), (4, 16, 16)),
    (8, 8, (3, 3, 3), 1, (4, 8, 8)),
    (8, 8, (3, 3), 1, (12, 12)),
)


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """The same checks on small inputs: a CPU takes long for those of a GPU."""
    monkeypatch.setattr(devices, "CONVOLUTIONS", SMALL)
    monkeypatch.setattr(devices, "COPIES", 3)
    check_convolutions.cache_clear()
    yield
    check_convolutions.cache_clear()


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float32])
def test_right_convolutions_pass_also_where_nothing_has_gradients(dtype):
    check_convolutions(CPU, dtype)
    check_convolutions.cache_clear()
    with torch.inference_mode():
        check_convolutions(CPU, dtype)
    assert all(0 < worst_difference(*case, CPU, torch.bfloat16) < 0.005 for case in SMALL)


@pytest.mark.parametrize(("frames", "side"), [(1, 1), (1, 3), (2, 2), (4, 1), (8, 8)])
def test_no_kernel_that_reads_unwritten_memory_is_used_in_bfloat16(frames, side):
    """Both gradients and the output, where memory that is used again is full of NaN."""
    keep_memory()
    layer = torch.nn.Conv3d(16, 32, 3, 2, padding=1)
    network = torch.nn.Sequential(torch.nn.Conv3d(5, 16, 3, padding=1), layer)
    avoid_wrong_kernels(network)
    numbers = torch.randn(4, 5, frames, side, side, generator=torch.Generator().manual_seed(0))
    found = []
    for dtype in (torch.float32, torch.bfloat16, torch.bfloat16):
        x = numbers.clone().requires_grad_()
        network.zero_grad()
        for size in 2 * [2**power for power in range(6, 20)]:
            torch.full((size,), torch.nan)
        with torch.autocast("cpu", torch.bfloat16, enabled=dtype == torch.bfloat16):
            y = network(x)
        y.float().square().sum().backward()
        found.append([y.detach().float(), x.grad, *(each.grad for each in network.parameters())])
    assert all(map(torch.equal, found[1], found[2]))
    assert all(relative(*pair) < 0.03 for pair in zip(found[1], found[0], strict=True))
    assert (y.dtype == torch.bfloat16) == (frames == 8)


def loses_a_tap(convolve, dtype):
    """A convolution that, in one precision, misses one part of the kernel."""

    def wrong(x, weight, *rest):
        if x.dtype == dtype and len(x) > 1:
            weight = weight.clone()
            weight[..., 0, 0] = 0
        return convolve(x, weight, *rest)

    return wrong


def forgets_a_copy(convolve):
    """A convolution whose result is wrong in the last picture of a batch only."""

    def wrong(x, weight, *rest):
        y = convolve(x, weight, *rest)
        return torch.cat([y[:-1], 0 * y[-1:]]) if len(x) > 1 else y

    return wrong


def rounds_as_tf32(convolve):
    """A convolution of float32 that keeps 10 bits behind the point, as NVIDIA's TF32."""

    def rounded(tensor):
        bits = (tensor.detach().view(torch.int32) + 0x1000) & ~0x1FFF
        return tensor + (bits.view(torch.float32) - tensor.detach())

    def wrong(x, weight, *rest):
        return convolve(*(map(rounded, (x, weight)) if len(x) > 1 else (x, weight)), *rest)

    return wrong


@pytest.mark.parametrize(
    ("name", "wrong", "dtype"),
    [
        ("conv3d", loses_a_tap(F.conv3d, torch.bfloat16), torch.bfloat16),
        ("conv2d", loses_a_tap(F.conv2d, torch.bfloat16), torch.bfloat16),
        ("conv3d", loses_a_tap(F.conv3d, torch.float32), torch.float32),
        ("conv3d", forgets_a_copy(F.conv3d), torch.bfloat16),
        ("conv3d", rounds_as_tf32(F.conv3d), torch.float32),
    ],
)
def test_wrong_convolutions_are_refused(monkeypatch, name, wrong, dtype):
    monkeypatch.setattr(F, name, wrong)
    with pytest.raises(UserError, match=r"wrong on CPU.*differs.*Install another torch.*cuDNN"):
        check_convolutions(CPU, dtype)


def test_a_convolution_of_another_precision_is_not_asked(monkeypatch):
    monkeypatch.setattr(F, "conv3d", loses_a_tap(F.conv3d, torch.bfloat16))
    check_convolutions(CPU, torch.float32)


def test_nothing_that_is_no_number_passes(monkeypatch):
    real = F.conv3d

    def wrong(x, *rest):
        return real(x, *rest) * (float("nan") if len(x) > 1 else 1)

    monkeypatch.setattr(F, "conv3d", wrong)
    with pytest.raises(UserError):
        check_convolutions(CPU, torch.bfloat16)


def test_the_difference_is_relative():
    expected = torch.tensor([3.0, 4.0])
    assert relative(expected * 1.01, expected) == pytest.approx(0.01, rel=1e-4)


# Batches ahead ------------------------------------------------------------------------------
@pytest.mark.parametrize("workers", [1, 3])
def test_batches_come_in_order_from_other_threads(workers):
    seen = set()

    def function(task):
        seen.add(threading.get_ident())
        return task**2

    assert list(prefetched(range(20), function, workers, CPU)) == [task**2 for task in range(20)]
    assert threading.get_ident() not in seen and len(seen) <= workers
    assert list(prefetched([], function, workers, CPU)) == []


def test_an_error_in_a_thread_ends_the_batches():
    def function(task):
        if task == 3:
            raise UserError("damaged")
        return task

    given = prefetched(range(9), function, 2, CPU)
    assert [next(given) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(UserError, match="damaged"):
        next(given)


def test_every_tensor_of_a_batch_is_reached():
    one, text = torch.ones(2), "text"
    batch = ([(one, {"a": one}), [one, text]], one, None, np.ones(1))
    doubled = mapped(lambda tensor: 2 * tensor, batch)
    (first, second), third, nothing, array = doubled
    assert isinstance(doubled, tuple) and isinstance(first, tuple) and isinstance(second, list)
    for tensor in (first[0], first[1]["a"], second[0], third):
        assert tensor.tolist() == [2, 2]
    assert (second[1], nothing, array.tolist()) == (text, None, [1])
