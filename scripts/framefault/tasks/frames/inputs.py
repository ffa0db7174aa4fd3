"""From uint8 pictures to what an image classifier sees."""

from dataclasses import dataclass, field

from framefault.tasks.frames.registry import MEAN, STD


def as_floats(pixels, channels="RGB"):
    """Float pictures (N, 3, H, W), 0-255, of uint8 pixels (N, H, W, 3)."""
    x = pixels.permute(0, 3, 1, 2).float()
    return x.flip(1) if channels == "BGR" else x


def normalise(x, mean=MEAN, std=STD):
    mean, std = (x.new_tensor(values).view(1, 3, 1, 1) for values in (mean, std))
    return (x - mean) / std


@dataclass(frozen=True)
class Preprocessing:
    """How a network sees pictures: mean and deviation (0-255), "RGB" or "BGR"."""

    mean: list = field(default_factory=lambda: MEAN)
    std: list = field(default_factory=lambda: STD)
    channels: str = "RGB"

    def as_input(self, pixels):
        return as_floats(pixels, self.channels)

    def normalise(self, x):
        return normalise(x, self.mean, self.std)


USUAL = Preprocessing()  # of networks that are trained from nothing
