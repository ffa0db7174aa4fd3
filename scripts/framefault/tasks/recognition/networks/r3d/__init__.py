"""R3D, the 3D residual networks of Kataoka et al. (3D-ResNets-PyTorch).

Parameter names and shapes are theirs, so that their checkpoints load strictly.
"""

import torch
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


class R3D(nn.Module):
    """R3D of depth 10, 18, 34 or 50; `width` scales the number of channels.

    Input: float (N, 3, T, H, W), 0-255 with the mean subtracted. Output: logits (N, classes).
    """

    def __init__(self, depth, classes, width=1.0):
        super().__init__()
        block = Bottleneck if depth >= 50 else BasicBlock
        planes = [int(channels * width) for channels in (64, 128, 256, 512)]
        self.conv1 = nn.Conv3d(3, planes[0], 7, (1, 2, 2), padding=3, bias=False)
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
