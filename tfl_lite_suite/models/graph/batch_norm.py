"""What a batch normalization computes at inference."""

import numpy as np

from tfl_lite_suite.core.framework import keras
from tfl_lite_suite.core.types import Array, KerasLayer


def normalizes_channels(layer: KerasLayer, rank: int) -> bool:
    """Tells whether a layer is a batch normalization over the last axis of tensors of this rank."""
    if not isinstance(layer, keras.layers.BatchNormalization):
        return False
    axes = [layer.axis] if isinstance(layer.axis, int) else list(layer.axis)
    return [axis % rank for axis in axes] == [rank - 1]


def scale_and_offset(norm: KerasLayer) -> tuple[Array, Array]:
    """Returns what a batch normalization multiplies each channel by at inference, and then adds, float64 `(n,)`."""
    mean, variance = norm.moving_mean.numpy().astype(np.float64), norm.moving_variance.numpy().astype(np.float64)
    scale = (norm.gamma.numpy() if norm.scale else 1.0) / np.sqrt(variance + norm.epsilon)
    return scale, (norm.beta.numpy() if norm.center else 0.0) - mean * scale
