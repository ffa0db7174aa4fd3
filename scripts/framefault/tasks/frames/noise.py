"""Corruptions of Hendrycks and Dietterich (2019) that paper B augments with, 3.1.

Their severities; every draw comes from the caller's generator. scikit-image and PIL do the work,
as in the original code.
"""

import io

import numpy as np
from PIL import Image
from scipy.ndimage import convolve
from skimage.filters import gaussian
from skimage.util import random_noise


def gaussian_noise(picture, severity, draw):
    deviation = (0.08, 0.12, 0.18, 0.26, 0.38)[severity - 1]
    return random_noise(picture, "gaussian", rng=draw, var=deviation**2)


def shot_noise(picture, severity, draw):
    photons = (60, 25, 12, 5, 3)[severity - 1]
    return draw.poisson(picture * photons) / photons


def impulse_noise(picture, severity, draw):
    amount = (0.03, 0.06, 0.09, 0.17, 0.27)[severity - 1]
    return random_noise(picture, "s&p", rng=draw, amount=amount)


def gaussian_blur(picture, severity, draw):
    return gaussian(picture, sigma=(1, 2, 3, 4, 6)[severity - 1], channel_axis=-1)


def defocus_blur(picture, severity, draw):
    radius = (3, 4, 6, 8, 10)[severity - 1]
    y, x = np.mgrid[-radius : radius + 1, -radius : radius + 1]
    disk = gaussian((x**2 + y**2 <= radius**2).astype(float), sigma=0.5)
    return convolve(picture, disk[..., None] / disk.sum(), mode="mirror")


def contrast_change(picture, severity, draw):
    factor = (0.4, 0.3, 0.2, 0.1, 0.05)[severity - 1]
    mean = picture.mean(axis=(0, 1), keepdims=True)
    return (picture - mean) * factor + mean


def brightness_change(picture, severity, draw):
    # In HSV, more value at the same hue and saturation is one factor on all channels.
    value = picture.max(axis=-1, keepdims=True)
    brighter = np.minimum(value + (0.1, 0.2, 0.3, 0.4, 0.5)[severity - 1], 1)
    return np.where(value > 0, picture * brighter / np.maximum(value, 1e-9), brighter)


def jpeg_compression(picture, severity, draw):
    file = io.BytesIO()
    quality = (25, 18, 15, 10, 7)[severity - 1]
    Image.fromarray(as_bytes(picture)).save(file, "JPEG", quality=quality)
    return np.asarray(Image.open(file)) / 255


CORRUPTIONS = {
    function.__name__: function
    for function in (
        gaussian_noise, shot_noise, impulse_noise, gaussian_blur, defocus_blur, contrast_change,
        brightness_change, jpeg_compression,
    )
}  # fmt: skip


def corrupt(picture, name, severity, draw):
    """A corrupted uint8 picture (H, W, 3); severity 1 to 5."""
    return as_bytes(CORRUPTIONS[name](picture / 255, severity, draw))


def as_bytes(picture):
    return np.clip(picture * 255, 0, 255).astype(np.uint8)
