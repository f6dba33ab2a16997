"""Building blocks that the networks share: convolution, batch normalization and activation as separate named layers."""

from tfl_lite_suite.core.framework import keras
from tfl_lite_suite.core.types import KerasObject, Tensor
from tfl_lite_suite.models import layers
from tfl_lite_suite.models.conventions import Conventions

CLASSIFIER = "classifier"
# The statistics must have settled after the few hundred steps of a transfer-learning run.
_MOMENTUM = 0.9


def make_divisible(value: float, divisor: int = 8) -> int:
    """Rounds a filter count to a multiple of `divisor`, never by more than 10 % downwards.

    Source: tensorflow/models, research/slim/nets/mobilenet/mobilenet.py.
    """
    rounded = max(divisor, int(value + divisor / 2) // divisor * divisor)
    return rounded + divisor if rounded < 0.9 * value else rounded


def pixels(image_shape: tuple[int, int, int], conventions: Conventions) -> tuple[Tensor, Tensor]:
    """Returns the input tensor of raw pixels, and the normalised tensor."""
    inputs = keras.layers.Input(image_shape, name="image")
    mean, std = conventions.normalization(image_shape[-1])
    return inputs, layers.PixelNormalization(mean, std, name="normalization")(inputs)


def convolution(
    x: Tensor,
    filters: int,
    kernel: int,
    *,
    name: str,
    conventions: Conventions,
    stride: int = 1,
    activation: str = "",
    gamma: float = 1.0,
) -> Tensor:
    """Applies convolution, batch normalization and, unless it is empty, an activation.

    Args:
        x: Tensor `(batch, height, width, channels)`.
        filters: Output channels.
        kernel: Side of the kernel, in pixels.
        name: Name of the convolution; its followers are `name_bn` and `name_<activation>`.
        conventions: Padding and epsilon.
        stride: Stride in both directions.
        activation: As for `activate`.
        gamma: What the scales of the batch normalization begin as.

    Returns:
        Tensor `(batch, height / stride, width / stride, filters)`.
    """
    x, padding = _pad(x, kernel, stride, name, conventions)
    x = keras.layers.Conv2D(
        filters, kernel, stride, padding, use_bias=False, kernel_initializer=_initializer(), name=name
    )(x)
    return _normalize_activate(x, name, conventions, activation, gamma)


def depthwise(
    x: Tensor,
    kernel: int,
    *,
    name: str,
    conventions: Conventions,
    stride: int = 1,
    activation: str = "",
    zeros: tuple[tuple[int, int], tuple[int, int]] | None = None,
) -> Tensor:
    """Applies depthwise convolution, batch normalization and, unless it is empty, an activation.

    Args:
        x: Tensor `(batch, height, width, channels)`.
        kernel: Side of the kernel, in pixels.
        name: Name of the convolution; its followers are `name_bn` and `name_<activation>`.
        conventions: Padding and epsilon.
        stride: Stride in both directions.
        activation: As for `activate`.
        zeros: Rows above and below, columns left and right, in place of the conventions' padding.

    Returns:
        Tensor `(batch, height / stride, width / stride, channels)`.
    """
    x, padding = _pad(x, kernel, stride, name, conventions, zeros)
    x = keras.layers.DepthwiseConv2D(
        kernel, stride, padding, use_bias=False, depthwise_initializer=_initializer(), name=name
    )(x)
    return _normalize_activate(x, name, conventions, activation)


def biased_convolution(
    x: Tensor, filters: int, kernel: int, *, name: str, stride: int = 1, padding: str = "same", activation: str = ""
) -> Tensor:
    """Applies a convolution with bias and, unless it is empty, an activation, in networks without batch normalization.

    Args:
        x: Tensor `(batch, height, width, channels)`.
        filters: Output channels.
        kernel: Side of the kernel, in pixels.
        name: Name of the convolution; the activation is `name_<activation>`.
        stride: Stride in both directions.
        padding: `same` or `valid`.
        activation: As for `activate`.

    Returns:
        Tensor `(batch, height, width, filters)`.
    """
    x = keras.layers.Conv2D(filters, kernel, stride, padding, kernel_initializer="he_uniform", name=name)(x)
    return activate(x, activation, name) if activation else x


def activate(x: Tensor, activation: str, name: str) -> Tensor:
    """Applies `relu`, `relu6`, `hard_swish`, `hard_sigmoid`, `swish` or `sigmoid` as a layer `name_<activation>`."""
    name = f"{name}_{activation}"
    layer = {
        "relu": lambda: keras.layers.ReLU(name=name),
        "relu6": lambda: keras.layers.ReLU(6.0, name=name),
        "hard_swish": lambda: layers.HardSwish(name=name),
        "hard_sigmoid": lambda: layers.HardSigmoid(name=name),
        "swish": lambda: layers.Swish(name=name),
        "sigmoid": lambda: keras.layers.Activation("sigmoid", name=name),
    }[activation]()
    return layer(x)


def squeeze_excite(x: Tensor, squeezed: int, *, name: str, activation: str, gate: str) -> Tensor:
    """Scales each channel by a gate computed from all channels' means.

    Args:
        x: Tensor `(batch, height, width, channels)`.
        squeezed: Channels of the hidden layer.
        name: Prefix of the layers `_pool`, `_reduce`, `_expand` and `_scale`.
        activation: Activation of the hidden layer.
        gate: Activation of the gate.

    Returns:
        A tensor of the shape of `x`.

    Source: Hu et al., 2017, https://arxiv.org/abs/1709.01507, figure 3.
    """
    channels = x.shape[-1]
    y = keras.layers.GlobalAveragePooling2D(keepdims=True, name=f"{name}_pool")(x)
    y = keras.layers.Conv2D(squeezed, 1, kernel_initializer=_initializer(), name=f"{name}_reduce")(y)
    y = activate(y, activation, f"{name}_reduce")
    y = keras.layers.Conv2D(channels, 1, kernel_initializer=_initializer(), name=f"{name}_expand")(y)
    y = activate(y, gate, f"{name}_expand")
    return keras.layers.Multiply(name=f"{name}_scale")([x, y])


def inverted_residual(
    x: Tensor,
    filters: int,
    *,
    expanded: int,
    kernel: int,
    stride: int,
    name: str,
    conventions: Conventions,
    activation: str,
    excite: tuple[int, str, str] | None = None,
) -> Tensor:
    """Expands by a 1×1 convolution, filters depthwise, and projects linearly; adds the input where shapes agree.

    Args:
        x: Tensor `(batch, height, width, channels)`.
        filters: Output channels.
        expanded: Channels in between; 0 for no expansion.
        kernel: Side of the depthwise kernel.
        stride: Its stride.
        name: Prefix of the layers `_expand`, `_depthwise`, `_excite`, `_project` and `_add`.
        conventions: Padding and epsilon.
        activation: After expansion and after the depthwise convolution.
        excite: `(squeezed, activation, gate)` of squeeze-and-excite; `None` for none.

    Returns:
        Tensor `(batch, height / stride, width / stride, filters)`.

    Source: Sandler et al., 2018, https://arxiv.org/abs/1801.04381, figure 3.
    """
    shortcut = x
    if expanded:
        x = convolution(x, expanded, 1, name=f"{name}_expand", conventions=conventions, activation=activation)
    x = depthwise(x, kernel, name=f"{name}_depthwise", conventions=conventions, stride=stride, activation=activation)
    if excite:
        squeezed, inner, gate = excite
        x = squeeze_excite(x, squeezed, name=f"{name}_excite", activation=inner, gate=gate)
    x = convolution(x, filters, 1, name=f"{name}_project", conventions=conventions)
    if shortcut.shape == x.shape:
        x = keras.layers.Add(name=f"{name}_add")([shortcut, x])
    return x


def classify(x: Tensor, num_classes: int, dropout: float) -> Tensor:
    """Averages over the image and returns logits `(batch, num_classes)`, always float32."""
    return logits(keras.layers.GlobalAveragePooling2D(name="pool")(x), num_classes, dropout)


def logits(x: Tensor, num_classes: int, dropout: float) -> Tensor:
    """Returns logits `(batch, num_classes)`, always float32, of features `(batch, n)`."""
    if dropout:
        x = keras.layers.Dropout(dropout, name="dropout")(x)
    return keras.layers.Dense(num_classes, dtype="float32", name=CLASSIFIER)(x)


def _pad(
    x: Tensor,
    kernel: int,
    stride: int,
    name: str,
    conventions: Conventions,
    zeros: tuple[tuple[int, int], tuple[int, int]] | None = None,
) -> tuple[Tensor, str]:
    """Returns the tensor, padded if need be, and the padding that its convolution takes."""
    half = kernel // 2
    # At stride 1 both conventions agree.
    if zeros is None and stride > 1 and half and conventions.padding == "symmetric":
        zeros = ((half, half), (half, half))
    if zeros is None:
        return x, "same"
    return keras.layers.ZeroPadding2D(zeros, name=f"{name}_pad")(x), "valid"


def _normalize_activate(x: Tensor, name: str, conventions: Conventions, activation: str, gamma: float = 1.0) -> Tensor:
    x = keras.layers.BatchNormalization(
        momentum=_MOMENTUM,
        epsilon=conventions.epsilon,
        gamma_initializer=keras.initializers.Constant(gamma),
        name=f"{name}_bn",
    )(x)
    return activate(x, activation, name) if activation else x


def _initializer() -> KerasObject:
    """He et al.'s variance by fan-out, which for a depthwise kernel is its area."""
    return keras.initializers.VarianceScaling(2.0, mode="fan_out", distribution="truncated_normal")
