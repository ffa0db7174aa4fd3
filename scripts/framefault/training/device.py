"""Where networks run: a GPU if the job has one, otherwise one CPU core, bit-reproducibly."""

import ctypes
import os
from functools import cache, partial

import torch
import torch.nn.functional as F

from framefault.errors import UserError

# Channels in and out, kernel, stride and input of convolutions as the networks here have them: the
# first layer of R3D, one that keeps and one that halves the size, and one of pictures.
CONVOLUTIONS = (
    (3, 64, (7, 7, 7), (1, 2, 2), (8, 56, 56)),
    (64, 64, (3, 3, 3), 1, (8, 28, 28)),
    (128, 256, (3, 3, 3), 2, (4, 14, 14)),
    (64, 64, (3, 3), 1, (56, 56)),
)
COPIES = 32  # of the input: a large batch gets other kernels than a small one
# Rounding to bfloat16 differs by 0.2 %; float32 by 1e-6, and by 3e-4 where TF32 is used after all.
MOST_DIFFERENCE = {torch.bfloat16: 0.01, torch.float32: 1e-4}
# Parameters of glibc's mallopt.
TRIM_THRESHOLD, MMAP_MAX = -1, -4

_precision_of_cpu = torch.float32  # in which `autocast` has trainings compute


def pick_device():
    """The GPU that a job sees, otherwise the CPU."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def set_up(device, exact=False, precision="float32"):
    """One thread on the CPU; on a GPU the fastest kernels, with TF32 unless `exact`.

    `precision` is that of trainings on a CPU, float32 or bfloat16: see `autocast`. Raises UserError
    for a GPU whose convolutions are wrong.
    """
    global _precision_of_cpu
    _precision_of_cpu = getattr(torch, precision)
    if device.type == "cpu":
        # Sums over threads would depend on how many there are; trainings run side by side instead.
        # All kernels used here are deterministic on one thread, so torch's switch, which imports
        # a compiler for two seconds, is left alone.
        torch.set_num_threads(1)
        keep_memory()
    else:
        allow_tf32(not exact)
        check_convolutions(device, torch.float32 if exact else torch.bfloat16)


def keep_memory():
    """Have this process use again the memory of tensors that are gone.

    By default each large one is asked of the system, page by page: a tenth of a training's time.
    """
    libc = ctypes.CDLL(None)
    if hasattr(libc, "mallopt"):
        libc.mallopt(MMAP_MAX, 0)
        libc.mallopt(TRIM_THRESHOLD, 2**31 - 1)


def allow_tf32(allowed):
    torch.backends.cudnn.benchmark = True
    torch.backends.cuda.matmul.allow_tf32 = allowed
    torch.backends.cudnn.allow_tf32 = allowed


@cache
def check_convolutions(device, dtype):
    """Raise UserError if convolutions in `dtype`, or their gradients, are not those of a CPU.

    cuDNN 9.8 to 9.14 have kernels for three dimensions that are wrong without an error
    (PyTorch's issue 163539). Takes less than a second; nothing else notices.
    """
    for case in CONVOLUTIONS:
        difference = worst_difference(*case, device, dtype)
        if not difference <= MOST_DIFFERENCE[dtype]:
            name = str(dtype).removeprefix("torch.")
            raise UserError(
                f"A convolution of {len(case[2])} dimensions in {name} is wrong on"
                f" {describe(device)}: it differs from the CPU's by {difference:.2g}, where"
                f" {MOST_DIFFERENCE[dtype]:g} is rounding. Install another torch than"
                f" {torch.__version__}, whose cuDNN is {torch.backends.cudnn.version()}."
            )


@torch.inference_mode(False)  # predictions, which have no gradients, check them as well
def worst_difference(inputs, outputs, kernel, stride, size, device, dtype):
    """The largest ‖found - expected‖ / ‖expected‖ of one convolution and of its two gradients.

    Expected is float32 on the CPU, for one input. Found is `dtype` on the device, with channels
    last, for COPIES of it.
    """
    draw = torch.Generator().manual_seed(0)
    flat = len(kernel) == 2
    convolve = F.conv2d if flat else F.conv3d
    layout = torch.channels_last if flat else torch.channels_last_3d

    def numbers(*shape):  # which `dtype` holds exactly
        return torch.randn(shape, generator=draw).to(dtype).float()

    def computed(x, weight, slope=None):
        x, weight = x.requires_grad_(), weight.requires_grad_()
        y = convolve(x, weight, None, stride, kernel[0] // 2)
        slope = numbers(*y.shape) if slope is None else slope
        return slope, y.detach(), *torch.autograd.grad(y, (x, weight), slope)

    def moved(tensor, copies):
        tensor = tensor.detach().to(device, dtype).expand(copies, *tensor.shape[1:])
        return tensor.contiguous(memory_format=layout)

    x, weight = numbers(1, inputs, *size), numbers(outputs, inputs, *kernel)
    slope, *expected = computed(x, weight)
    _, *found = computed(moved(x, COPIES), moved(weight, outputs), moved(slope, COPIES))
    expected[2] *= COPIES
    return max(
        relative(ours.float(), theirs.to(device).expand_as(ours))
        for ours, theirs in zip(found, expected, strict=True)
    )


def relative(found, expected):
    """‖found - expected‖ / ‖expected‖"""
    return float((found - expected).norm() / expected.norm())


def autocast(device):
    """For training: bfloat16 where a GPU computes; on the CPU what was `set_up`."""
    mixed = device.type == "cuda" or _precision_of_cpu == torch.bfloat16
    return torch.autocast(device.type, torch.bfloat16, enabled=mixed)


def avoid_wrong_kernels(model):
    """Have each convolution of three dimensions compute in float32 where its output is 1 wide.

    For bfloat16 on a CPU: there, oneDNN 3.12 reads memory that nobody has written, as far as it is
    known where a side of the input is no larger than its stride (PyTorch's issue 169688).
    """
    for each in model.modules():
        if isinstance(each, torch.nn.Conv3d):
            each.forward = partial(convolve, each)


def convolve(layer, x):
    if any(side <= step for side, step in zip(x.shape[2:], layer.stride, strict=True)):
        with torch.autocast("cpu", enabled=False):
            return type(layer).forward(layer, x.float())
    return type(layer).forward(layer, x)


def describe(device):
    """The device's name for the record of how a result was made."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return f"CPU, {os.uname().machine}"
