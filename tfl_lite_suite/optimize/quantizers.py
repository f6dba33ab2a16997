"""TFMOT quantizers for graphs whose batch normalization is folded and whose activation ranges are fixed."""

from collections.abc import Sequence
from typing import Any

from tfl_lite_suite.framework import tf  # isort: skip
import tensorflow_model_optimization as tfmot


class FixedRange(tfmot.quantization.keras.quantizers.Quantizer):
    """Rounds activations to 256 steps of a range that training does not move."""

    def __init__(self, least: float, most: float) -> None:
        """Sets the range.

        Args:
            least: Lower end, at most 0.
            most: Upper end, greater than `least` and at least 0.
        """
        self.least, self.most = least, most

    def build(self, tensor_shape: Any, name: str, layer: Any) -> dict[str, Any]:
        """Returns the quantizer's variables: none."""
        return {}

    def __call__(self, inputs: Any, training: Any, weights: Any, **kwargs: Any) -> Any:
        """Fake-quantizes a float32 tensor; its gradient is zero outside the range."""
        return tf.quantization.fake_quant_with_min_max_args(inputs, self.least, self.most)

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {"least": self.least, "most": self.most}


class SymmetricWeights(tfmot.quantization.keras.quantizers.Quantizer):
    """Rounds weights to 255 steps symmetric about 0, the range taken anew from the weights at each step.

    Source: the int8 specification of TensorFlow Lite, https://ai.google.dev/edge/litert/models/quantization_spec.
    """

    def __init__(self, per_channel: bool = True, depthwise: bool = False) -> None:
        """Sets the granularity.

        Args:
            per_channel: One range an output channel, rather than one in all.
            depthwise: The kernel is `(height, width, channels, multiplier)`, whose last two axes make the output.
        """
        self.per_channel, self.depthwise = per_channel, depthwise

    def build(self, tensor_shape: Any, name: str, layer: Any) -> dict[str, Any]:
        """Returns the quantizer's variables: none."""
        return {}

    def __call__(self, inputs: Any, training: Any, weights: Any, **kwargs: Any) -> Any:
        """Fake-quantizes a float32 kernel; its gradient is the identity."""
        if not self.per_channel:
            return _fake_quant(inputs, per_channel=False)
        if not self.depthwise:
            return _fake_quant(inputs, per_channel=True)
        height, width, channels, multiplier = inputs.shape
        flat = tf.reshape(inputs, (height, width, 1, channels * multiplier))
        return tf.reshape(_fake_quant(flat, per_channel=True), inputs.shape)

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {"per_channel": self.per_channel, "depthwise": self.depthwise}


def _fake_quant(weights: Any, per_channel: bool) -> Any:
    axes = list(range(len(weights.shape) - 1)) if per_channel else None
    # A channel of zeros must keep a range, or its scale is 0.
    most = tf.maximum(tf.stop_gradient(tf.reduce_max(tf.abs(weights), axis=axes)), 1e-6)
    fake = tf.quantization
    function = fake.fake_quant_with_min_max_vars_per_channel if per_channel else fake.fake_quant_with_min_max_vars

    @tf.custom_gradient
    def straight_through(values: Any) -> tuple[Any, Any]:
        return function(values, -most, most, narrow_range=True), lambda gradient: gradient

    return straight_through(weights)


class LayerConfig(tfmot.quantization.keras.QuantizeConfig):
    """Which weights of a layer are quantized, and the range of its output."""

    def __init__(self, kernel: str | None = None, output_range: Sequence[float] | None = None) -> None:
        """Sets both.

        Args:
            kernel: Attribute that holds the kernel; `None` for a layer without one.
            output_range: `(least, most)`; `None` leaves the output to the layer that follows.
        """
        self.kernel, self.output_range = kernel, output_range

    def get_weights_and_quantizers(self, layer: Any) -> list[tuple[Any, Any]]:
        """Returns the kernel and its quantizer."""
        if self.kernel is None:
            return []
        kernel = getattr(layer, self.kernel)
        # TensorFlow Lite's dense kernels of the oldest supported runtime take one scale only.
        return [(kernel, SymmetricWeights(len(kernel.shape) == 4, self.kernel == "depthwise_kernel"))]

    def get_activations_and_quantizers(self, layer: Any) -> list[tuple[Any, Any]]:
        """Returns nothing: activations are layers of their own."""
        return []

    def set_quantize_weights(self, layer: Any, quantize_weights: Sequence[Any]) -> None:
        """Puts the fake-quantized kernel in the layer's place of it."""
        if self.kernel is not None:
            setattr(layer, self.kernel, quantize_weights[0])

    def set_quantize_activations(self, layer: Any, quantize_activations: Sequence[Any]) -> None:
        """Does nothing."""

    def get_output_quantizers(self, layer: Any) -> list[Any]:
        """Returns the quantizer of the output, if it has a range."""
        return [] if self.output_range is None else [FixedRange(*self.output_range)]

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {"kernel": self.kernel, "output_range": self.output_range}


class FakeQuantized(tfmot.quantization.keras.QuantizeWrapperV2):
    """TFMOT's wrapper, with a state that `.keras` files hold: the kernel here, the bias in the wrapped layer."""

    @property
    def trainable_weights(self) -> list[Any]:
        """Kernel and bias; none where the layer is frozen, which TFMOT's wrapper overlooks."""
        return list(super().trainable_weights) if self.trainable else []

    def save_own_variables(self, store: Any) -> None:
        """Writes the kernel."""
        for index, (weight, _, _) in enumerate(self._weight_vars):
            store[str(index)] = weight

    def load_own_variables(self, store: Any) -> None:
        """Reads the kernel."""
        for index, (weight, _, _) in enumerate(self._weight_vars):
            weight.assign(store[str(index)])


CUSTOM_OBJECTS = {
    "FakeQuantized": FakeQuantized,
    "FixedRange": FixedRange,
    "LayerConfig": LayerConfig,
    "QuantizeWrapperV2": tfmot.quantization.keras.QuantizeWrapperV2,
    "SymmetricWeights": SymmetricWeights,
}
