"""R3D, the 3D residual networks of Kataoka et al. (3D-ResNets-PyTorch).

Parameter names and shapes are theirs, so that their checkpoints load strictly.
"""

import torch
import torch.nn.functional as F
from torch import nn

BLOCKS = {10: (1, 1, 1, 1), 18: (2, 2, 2, 2), 34: (3, 4, 6, 3), 50: (3, 4, 6, 3)}


def conv3x3x3(inputs, outputs, stride=1):
    return nn.Conv3d(inputs, outputs, 3, stride, padding=1, bias=False)


def conv1x1x1(inputs, outputs, stride=1):
    return nn.Conv3d(inputs, outputs, 1, stride, bias=False)


class BasicBlock(nn.Module):
    expansion = 1

    def __init__(self, inputs, planes, stride, downsample):
        super().__init__()
        self.conv1 = conv3x3x3(inputs, planes, stride)
        self.bn1 = nn.BatchNorm3d(planes)
        self.conv2 = conv3x3x3(planes, planes)
        self.bn2 = nn.BatchNorm3d(planes)
        self.relu = nn.ReLU(inplace=True)
        self.downsample = downsample

    def forward(self, x):
        shortcut = x if self.downsample is None else self.downsample(x)
        x = self.relu(self.bn1(self.conv1(x)))
        return self.relu(self.bn2(self.conv2(x)) + shortcut)


class Bottleneck(nn.Module):
    expansion = 4

    def __init__(self, inputs, planes, stride, downsample):
        super().__init__()
        self.conv1 = conv1x1x1(inputs, planes)
        self.bn1 = nn.BatchNorm3d(planes)
        self.conv2 = conv3x3x3(planes, planes, stride)
        self.bn2 = nn.BatchNorm3d(planes)
        self.conv3 = conv1x1x1(planes, planes * self.expansion)
        self.bn3 = nn.BatchNorm3d(planes * self.expansion)
        self.relu = nn.ReLU(inplace=True)
        self.downsample = downsample

    def forward(self, x):
        shortcut = x if self.downsample is None else self.downsample(x)
        x = self.relu(self.bn1(self.conv1(x)))
        x = self.relu(self.bn2(self.conv2(x)))
        return self.relu(self.bn3(self.conv3(x)) + shortcut)


class Stem(nn.Conv3d):
    """The first convolution, 7x7x7 over 3 channels in steps of 2 pixels.

    GPUs have slow kernels for 3 channels. In a training on one, each block of 2x2 pixels becomes
    a pixel of 12 channels, and the kernel 7x4x4. These are the same sums in another order; a whole
    step of R3D-18 then takes two thirds of the time.
    """

    def __init__(self, outputs):
        super().__init__(3, outputs, 7, (1, 2, 2), padding=3, bias=False)

    def forward(self, x):
        return self.in_blocks(x) if x.is_cuda and self.training else super().forward(x)

    def in_blocks(self, x):
        # A row and a column of zeros before the kernel make it 8x8, which starts a pixel earlier.
        odd = [side % 2 for side in x.shape[3:]]
        x = blocks(F.pad(x, (4, 2 + odd[1], 4, 2 + odd[0])))
        weight = blocks(F.pad(self.weight, (1, 0, 1, 0)))
        return F.conv3d(x, weight, padding=(3, 0, 0))


def blocks(x):
    """Clips (N, C, T, H, W) with 2x2 pixels in one: (N, 4C, T, H / 2, W / 2), channels last."""
    x = x.unflatten(3, (-1, 2)).unflatten(5, (-1, 2)).permute(0, 2, 3, 5, 4, 6, 1)
    return x.flatten(4).contiguous().permute(0, 4, 1, 2, 3)


class R3D(nn.Module):
    """R3D of depth 10, 18, 34 or 50; `width` scales the number of channels.

    Input: float (N, 3, T, H, W), 0-255 with the mean subtracted. Output: logits (N, classes).
    """

    def __init__(self, depth, classes, width=1.0):
        super().__init__()
        block = Bottleneck if depth >= 50 else BasicBlock
        planes = [int(channels * width) for channels in (64, 128, 256, 512)]
        self.conv1 = Stem(planes[0])
        self.bn1 = nn.BatchNorm3d(planes[0])
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool3d(3, 2, padding=1)
        inputs = planes[0]
        for index, (channels, blocks) in enumerate(zip(planes, BLOCKS[depth], strict=True)):
            layer = []
            for number in range(blocks):
                stride = 2 if index > 0 and number == 0 else 1
                outputs = channels * block.expansion
                downsample = None
                if stride != 1 or inputs != outputs:
                    downsample = nn.Sequential(
                        conv1x1x1(inputs, outputs, stride), nn.BatchNorm3d(outputs)
                    )
                layer.append(block(inputs, channels, stride, downsample))
                inputs = outputs
            setattr(self, f"layer{index + 1}", nn.Sequential(*layer))
        self.avgpool = nn.AdaptiveAvgPool3d(1)
        self.fc = nn.Linear(inputs, classes)
        for module in self.modules():
            if isinstance(module, nn.Conv3d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, x):
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.fc(torch.flatten(self.avgpool(x), 1))


def build(classes, depth, width):
    """R3D for so many classes."""
    return R3D(depth, classes, width)
