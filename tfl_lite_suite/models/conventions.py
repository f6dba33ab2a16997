"""What differs between two implementations of one network, and must be as it was when its weights were trained."""

import dataclasses
from typing import Literal

IMAGENET_CLASSES = 1000
IMAGENET_MEAN = (123.675, 116.28, 103.53)
IMAGENET_STD = (58.395, 57.12, 57.375)
# As Caffe's networks round it; they do not divide.
CAFFE_MEAN = (123.68, 116.779, 103.939)


@dataclasses.dataclass(frozen=True)
class Conventions:
    """The details that a set of weights presumes.

    Attributes:
        mean: Subtracted from the red, green and blue pixel, in 0–255.
        std: What the difference is divided by, in pixels.
        padding: Zeros around a convolution of stride 2: `same` as TensorFlow places them (more at the bottom and
            right), or `symmetric` as PyTorch does.
        epsilon: Added to the variance in batch normalization.
        score_relu: The pretrained classifier averages its scores over the image after a ReLU (SqueezeNet). It goes
            with ImageNet's classes alone.
    """

    mean: tuple[float, ...] = (127.5, 127.5, 127.5)
    std: tuple[float, ...] = (127.5, 127.5, 127.5)
    padding: Literal["same", "symmetric"] = "same"
    epsilon: float = 1e-3
    score_relu: bool = False

    def normalization(self, channels: int) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """Returns mean and standard deviation for `channels` channels; a grey pixel takes the average of RGB."""
        if channels == len(self.mean):
            return self.mean, self.std
        return (sum(self.mean) / len(self.mean),), (sum(self.std) / len(self.std),)
