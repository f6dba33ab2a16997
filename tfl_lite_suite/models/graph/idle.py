"""Layers that do nothing at inference: changes for training, and resizing, padding or reshaping to what is there."""

from typing import Any

from tfl_lite_suite.core.framework import keras

_kinds = keras.layers
_FOR_TRAINING = (
    _kinds.Dropout,
    _kinds.SpatialDropout2D,
    _kinds.AlphaDropout,
    _kinds.GaussianDropout,
    _kinds.GaussianNoise,
    _kinds.ActivityRegularization,
    _kinds.RandomFlip,
    _kinds.RandomRotation,
    _kinds.RandomTranslation,
    _kinds.RandomZoom,
    _kinds.RandomContrast,
    _kinds.RandomBrightness,
)
# What these give has the shape of what they take only if they change nothing.
_SHAPING = (
    _kinds.Resizing,
    _kinds.CenterCrop,
    _kinds.Cropping2D,
    _kinds.ZeroPadding2D,
    _kinds.UpSampling2D,
    _kinds.Reshape,
    _kinds.Flatten,
)
_POOLS = (_kinds.MaxPooling2D, _kinds.AveragePooling2D)


def does_nothing(layer: Any, inputs: Any) -> bool:
    """Tells whether a layer gives what it takes, apart from training.

    Args:
        layer: A layer that is called once.
        inputs: The symbolic tensor, or tensors, that it is to be applied to.
    """
    if isinstance(layer, _FOR_TRAINING) or type(layer) in (_kinds.Identity, _kinds.Layer):
        return True
    if type(layer).__name__ == "StochasticDepth":  # A class of `keras.applications` without a public name.
        return True
    if type(layer) is _kinds.Activation:
        return layer.activation is keras.activations.linear
    if isinstance(inputs, (list, tuple, dict)):
        return False
    if type(layer) is _kinds.Permute:
        return list(layer.dims) == sorted(layer.dims)
    if type(layer) in _POOLS:
        return set(layer.pool_size) == {1} and set(layer.strides) == {1}
    shape = tuple(inputs.shape[1:])
    return (
        type(layer) in _SHAPING and None not in shape and tuple(layer.compute_output_shape(inputs.shape)[1:]) == shape
    )


def operation_does_nothing(function: str, output: Any, tensors: list[Any]) -> bool:
    """Tells whether a function of TensorFlow between layers gives what it takes.

    Args:
        function: TensorFlow's name for it.
        output: Its symbolic tensor.
        tensors: The symbolic tensors it takes.
    """
    if function in ("identity", "stop_gradient"):
        return True
    return function == "cast" and len(tensors) == 1 and output.dtype == tensors[0].dtype
