"""Layers that Keras lacks, named and registered so that quantization, pruning and files know them."""

from collections.abc import Sequence

from tfl_lite_suite.core.framework import keras, tf
from tfl_lite_suite.core.types import JsonObject, Tensor, TensorShape
from tfl_lite_suite.models import keras_construction

_serializable = keras.saving.register_keras_serializable(package="tfl_lite_suite")


def _register(layer_class: type) -> type:
    return _serializable(keras_construction.register(layer_class))


class _Elementwise(keras.layers.Layer):
    """A layer whose output has the shape of its input."""

    def compute_output_shape(self, input_shape: TensorShape) -> TensorShape:
        """Returns `input_shape`."""
        return input_shape


@_register
class PixelNormalization(_Elementwise):
    """Computes `(pixel - mean) / std` for each channel, as one depthwise 1×1 convolution in a `.tflite` file.

    Args:
        mean: One number a channel, in pixels 0–255.
        std: One number a channel, in pixels, not 0; less than 0 where dark becomes bright.
    """

    def __init__(self, mean: Sequence[float], std: Sequence[float], **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.mean = [float(value) for value in mean]
        self.std = [float(value) for value in std]

    def call(self, inputs: Tensor, training: Tensor = None) -> Tensor:
        """Normalises pixels `(batch, height, width, channels)`."""
        scale = tf.constant([1 / std for std in self.std], self.compute_dtype)
        offset = tf.constant([-mean / std for mean, std in zip(self.mean, self.std, strict=True)], self.compute_dtype)
        if training is True:
            return inputs * scale + offset  # twice as fast on a CPU
        kernel = tf.reshape(scale, (1, 1, len(self.std), 1))
        return tf.nn.bias_add(tf.nn.depthwise_conv2d(inputs, kernel, (1, 1, 1, 1), "VALID"), offset)

    def get_config(self) -> JsonObject:
        """Returns what `from_config` needs."""
        return {**super().get_config(), "mean": self.mean, "std": self.std}


@_register
class HardSwish(_Elementwise):
    """Computes `x · relu6(x + 3) / 6`, written so that the converter makes one HARD_SWISH operator of it.

    Source: Howard et al., 2019, https://arxiv.org/abs/1905.02244, section 5.2.
    """

    def call(self, inputs: Tensor) -> Tensor:
        """Applies the function to each element."""
        return inputs * (tf.nn.relu6(inputs + 3.0) * (1.0 / 6.0))


@_register
class SplitHardSwish(HardSwish):
    """`HardSwish` where its int8 form is ADD with RELU6, and MUL: in training the gate is rounded to 8 bits as well."""

    def call(self, inputs: Tensor, training: Tensor = None) -> Tensor:
        """Applies the function to each element."""
        if training is not True:
            return super().call(inputs)
        return inputs * (tf.quantization.fake_quant_with_min_max_args(inputs + 3.0, 0.0, 6.0) * (1.0 / 6.0))


@_register
class HardSigmoid(_Elementwise):
    """Computes `relu6(x + 3) / 6`.

    Source: Howard et al., 2019, https://arxiv.org/abs/1905.02244, section 5.2.
    """

    def call(self, inputs: Tensor) -> Tensor:
        """Applies the function to each element."""
        return tf.nn.relu6(inputs + 3.0) * (1.0 / 6.0)


@_register
class Swish(_Elementwise):
    """Computes `x · sigmoid(x)`.

    Source: Ramachandran et al., 2017, https://arxiv.org/abs/1710.05941.
    """

    def call(self, inputs: Tensor) -> Tensor:
        """Applies the function to each element."""
        return inputs * tf.sigmoid(inputs)


@_register
class LayerScale(_Elementwise):
    """Multiplies each channel by a factor, as ConvNeXt's blocks end.

    Args:
        init_values: What the factors begin as.
        projection_dim: Number of channels.

    Source: Touvron et al., 2021, https://arxiv.org/abs/2103.17239.
    """

    def __init__(self, init_values: float, projection_dim: int, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.init_values = init_values
        self.projection_dim = projection_dim

    def build(self, input_shape: TensorShape) -> None:
        """Makes the factors `gamma`, float32 `(channels,)`."""
        initial = keras.initializers.Constant(self.init_values)
        self.gamma = self.add_weight(name="gamma", shape=(self.projection_dim,), initializer=initial)

    def call(self, inputs: Tensor) -> Tensor:
        """Scales the last axis."""
        return inputs * self.gamma

    def get_config(self) -> JsonObject:
        """Returns what `from_config` needs."""
        return {**super().get_config(), "init_values": self.init_values, "projection_dim": self.projection_dim}


@_register
class ChannelSlice(keras.layers.Layer):
    """Takes `size` neighbouring channels from `begin` on: one half of a channel split.

    Args:
        begin: Index of the first channel.
        size: Number of channels.
    """

    def __init__(self, begin: int, size: int, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.begin = begin
        self.size = size

    def call(self, inputs: Tensor) -> Tensor:
        """Slices the last axis of `(batch, height, width, channels)`."""
        return inputs[..., self.begin : self.begin + self.size]

    def compute_output_shape(self, input_shape: TensorShape) -> TensorShape:
        """Returns the shape with as many channels as the slice has."""
        channels = range(input_shape[-1])[self.begin : self.begin + self.size]
        return [*input_shape[:-1], len(channels)]

    def get_config(self) -> JsonObject:
        """Returns what `from_config` needs."""
        return {**super().get_config(), "begin": self.begin, "size": self.size}


@_register
class ChannelShuffle(_Elementwise):
    """Interleaves the channels of `groups` equal groups.

    Args:
        groups: Number of groups; it divides the number of channels.

    Source: Zhang et al., 2017, https://arxiv.org/abs/1707.01083, figure 1.
    """

    def __init__(self, groups: int = 2, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.groups = groups

    def call(self, inputs: Tensor) -> Tensor:
        """Permutes the last axis of `(batch, height, width, channels)`."""
        _, height, width, channels = inputs.shape
        # Four axes, because mobile kernels for five are slow or missing.
        grouped = tf.reshape(inputs, (-1, height * width, self.groups, channels // self.groups))
        return tf.reshape(tf.transpose(grouped, (0, 1, 3, 2)), (-1, height, width, channels))

    def get_config(self) -> JsonObject:
        """Returns what `from_config` needs."""
        return {**super().get_config(), "groups": self.groups}
