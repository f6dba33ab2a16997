"""The layers that the suite knows: what each means for folding, int8 ranges, channels, equalization and cost."""

import dataclasses

from tfl_lite_suite.core.framework import keras
from tfl_lite_suite.core.types import KerasLayer, Tensor
from tfl_lite_suite.models import layers
from tfl_lite_suite.models.layer_kinds import canonical_forms, int8_forms
from tfl_lite_suite.models.layer_kinds import channel_rules as rules
from tfl_lite_suite.models.layer_kinds.kind import Equalization, LayerKind, Rounding, like, register
from tfl_lite_suite.tflite import integer_arithmetic

_keras = keras.layers


def _convolution_operator(layer: KerasLayer) -> str:
    if layer.kernel_size == (1, 1):
        return "dense" if layer.output_shape[1:3] == (1, 1) else "pointwise"
    return "conv"


def _keeps_shape(layer: KerasLayer, inputs: Tensor) -> bool:
    """Tells whether a layer changes nothing, if what it gives has another shape whenever it does."""
    shape = tuple(inputs.shape[1:])
    return None not in shape and tuple(layer.compute_output_shape(inputs.shape)[1:]) == shape


def _pools_single_places(layer: KerasLayer, inputs: Tensor) -> bool:
    return set(layer.pool_size) == {1} and set(layer.strides) == {1}


def _keeps_axes(layer: KerasLayer, inputs: Tensor) -> bool:
    return list(layer.dims) == sorted(layer.dims)


def _is_linear(layer: KerasLayer, inputs: Tensor) -> bool:
    return bool(layer.activation is keras.activations.linear)


# Layers with weights.
register(
    _keras.Conv2D,
    LayerKind(
        kernels=("kernel",),
        folds_norm=True,
        rounding=Rounding.OWN_RANGE,
        fuses_activation=True,
        arithmetic="products",
        canonical=canonical_forms.convolution,
        equalization=Equalization.CONVOLUTION,
        channels=rules.convolution,
        pruned_config=rules.filters,
        operator=_convolution_operator,
    ),
)
register(
    _keras.DepthwiseConv2D,
    like(
        _keras.Conv2D,
        kernels=("depthwise_kernel",),
        canonical=None,
        equalization=Equalization.DEPTHWISE,
        channels=rules.depthwise,
        pruned_config=None,
        operator="depthwise",
    ),
)
register(
    _keras.Dense,
    like(_keras.Conv2D, canonical=None, equalization=None, pruned_config=rules.units, operator="dense"),
)
register(
    _keras.SeparableConv2D,
    LayerKind(
        kernels=("depthwise_kernel", "pointwise_kernel"),
        canonical=canonical_forms.separable,
        channels=rules.separable,
        pruned_config=rules.filters,
    ),
)
register(_keras.Conv2DTranspose, LayerKind(kernels=("kernel",), operator=_convolution_operator))
register(_keras.Conv1D, LayerKind(kernels=("kernel",)))
register(_keras.BatchNormalization, LayerKind(int8_operators=int8_forms.normalized_channels, channels=rules.batch_norm))
register(_keras.PReLU, LayerKind(channels=rules.parametric_relu))

# Scaling of pixels.
register(
    layers.PixelNormalization,
    LayerKind(int8_operators=int8_forms.normalized_pixels, channels=rules.pixel_normalization, operator="depthwise"),
)
register(_keras.Rescaling, LayerKind(canonical=canonical_forms.rescaling, channels=rules.rescaling))
register(_keras.Normalization, LayerKind(canonical=canonical_forms.normalization))
register(layers.LayerScale, LayerKind(canonical=canonical_forms.layer_scale))
register(_keras.InputLayer, LayerKind(fixed_range=lambda layer: int8_forms.PIXELS))

# Activations.
_CLIPS = LayerKind(rounding=int8_forms.rounding_of_relu, equalization=Equalization.CLIPS, channels=rules.same)
register(_keras.ReLU, dataclasses.replace(_CLIPS, canonical=canonical_forms.leaky, channelwise=True))
register(
    _keras.Activation,
    dataclasses.replace(
        _CLIPS,
        rounding=int8_forms.rounding_of_activation,
        fixed_range=int8_forms.range_of_activation,
        canonical=canonical_forms.activation,
        channels=rules.activation,
        operator="swish",
        idle=_is_linear,
    ),
)
register(_keras.Softmax, LayerKind(rounding=Rounding.SOFTMAX))
register(_keras.LeakyReLU, LayerKind(rounding=Rounding.OWN_RANGE, channels=rules.same))
register(_keras.ELU, LayerKind(channels=rules.same))
register(_keras.ThresholdedReLU, LayerKind(channels=rules.same))
register(
    layers.HardSigmoid,
    LayerKind(
        rounding=Rounding.CLIP,
        fixed_range=lambda layer: (0.0, 1.0),
        channels=rules.same,
        operator="hard_swish",
    ),
)
register(
    layers.HardSwish,
    LayerKind(
        rounding=Rounding.OWN_RANGE,
        lookup=integer_arithmetic.hard_swish,
        split_form=layers.SplitHardSwish,
        channels=rules.same,
        operator="hard_swish",
    ),
)
register(layers.SplitHardSwish, LayerKind(rounding=Rounding.OWN_RANGE, lookup=integer_arithmetic.split_hard_swish))
register(layers.Swish, LayerKind(int8_operators=int8_forms.gated, channels=rules.same, operator="swish"))

# Layers that join tensors.
register(
    _keras.Add,
    LayerKind(
        rounding=Rounding.OWN_RANGE,
        fuses_activation=True,
        arithmetic="sum",
        canonical=canonical_forms.two_at_a_time,
        equalization=Equalization.PASSES,
        channels=rules.merge,
        operator="elementwise",
    ),
)
register(
    _keras.Multiply,
    LayerKind(
        rounding=Rounding.OWN_RANGE,
        kernel_range=int8_forms.range_of_product,
        arithmetic="products",
        canonical=canonical_forms.product,
        channels=rules.merge,
        operator="elementwise",
    ),
)
for _kind in (_keras.Average, _keras.Maximum):
    register(_kind, LayerKind(equalization=Equalization.PASSES, channels=rules.merge))
for _kind in (_keras.Subtract, _keras.Minimum):
    register(_kind, LayerKind(channels=rules.merge))
register(
    _keras.Concatenate,
    LayerKind(rounding=Rounding.SAME_SCALE, channels=rules.concatenate, operator="move"),
)

# Layers that move, choose or average values.
register(
    _keras.GlobalAveragePooling2D,
    LayerKind(
        rounding=Rounding.OWN_RANGE,
        kernel_range=int8_forms.range_of_mean,
        arithmetic="products",
        equalization=Equalization.PASSES,
        channels=rules.same,
        operator="pool",
    ),
)
_PASSES = LayerKind(rounding=Rounding.SAME_SCALE, equalization=Equalization.PASSES, channels=rules.same)
register(_keras.ZeroPadding2D, dataclasses.replace(_PASSES, operator="move", idle=_keeps_shape, channelwise=True))
register(_keras.Cropping2D, dataclasses.replace(_PASSES, operator="move", idle=_keeps_shape, channelwise=True))
for _kind in (_keras.MaxPooling2D, _keras.AveragePooling2D):
    register(_kind, dataclasses.replace(_PASSES, operator="pool", idle=_pools_single_places, channelwise=True))
register(_keras.GlobalMaxPooling2D, dataclasses.replace(_PASSES, operator="pool"))
register(_keras.Flatten, LayerKind(rounding=Rounding.SAME_SCALE, channels=rules.flatten, idle=_keeps_shape))
register(
    _keras.Reshape,
    dataclasses.replace(_PASSES, channels=rules.reshape, pruned_config=rules.target_shape, idle=_keeps_shape),
)
register(
    layers.ChannelSlice,
    LayerKind(
        rounding=Rounding.SAME_SCALE,
        channels=rules.channel_slice,
        pruned_config=rules.slice_ends,
        operator="move",
    ),
)
register(
    layers.ChannelShuffle,
    LayerKind(rounding=Rounding.SAME_SCALE, channels=rules.channel_shuffle, operator="move"),
)
register(_keras.UpSampling2D, LayerKind(channels=rules.same, idle=_keeps_shape, channelwise=True))
register(_keras.Resizing, LayerKind(idle=_keeps_shape, channelwise=True))
register(_keras.CenterCrop, LayerKind(idle=_keeps_shape))
register(_keras.Permute, LayerKind(idle=_keeps_axes))

# Layers that do nothing at inference.
register(_keras.Dropout, LayerKind(equalization=Equalization.PASSES, channels=rules.same, idle=True))
for _kind in (_keras.SpatialDropout2D, _keras.GaussianNoise, _keras.GaussianDropout):
    register(_kind, LayerKind(channels=rules.same, idle=True))
for _kind in (
    _keras.Layer,
    _keras.Identity,
    _keras.AlphaDropout,
    _keras.ActivityRegularization,
    _keras.RandomFlip,
    _keras.RandomRotation,
    _keras.RandomTranslation,
    _keras.RandomZoom,
    _keras.RandomContrast,
    _keras.RandomBrightness,
    "StochasticDepth",  # A class of `keras.applications` without a public name.
):
    register(_kind, LayerKind(idle=True))
