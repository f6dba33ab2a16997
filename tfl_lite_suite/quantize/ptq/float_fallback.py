"""Some layers of an int8 file computed in float."""

import inspect
from collections.abc import Sequence

from tfl_lite_suite.core.framework import native_messages, tf
from tfl_lite_suite.core.types import Array, KerasModel
from tfl_lite_suite.models import tflite_converter


class Mixed:
    """Quantizes one calibrated model again and again, each time with other operators left in float."""

    def __init__(self, model: KerasModel, calibration: Array, io_type: str = "int8") -> None:
        """Calibrates.

        Args:
            model: Keras model.
            calibration: uint8 `(n, height, width, channels)`.
            io_type: As for `converter.convert`.
        """
        calibrating = tf.lite.TFLiteConverter.from_concrete_functions([tflite_converter._concrete_function(model)])
        calibrating.optimizations = [tf.lite.Optimize.DEFAULT]
        calibrating.representative_dataset = tflite_converter._representative_dataset(model, calibration)
        calibrating._experimental_calibrate_only = True
        with native_messages():
            self._calibrated = calibrating.convert()
        self._io_type = getattr(tf, io_type)

    def quantize(self, float_tensors: Sequence[str]) -> bytes:
        """Returns the flatbuffer in which the operators that make these tensors compute in float."""
        # The only way to the quantizer that takes a list of exceptions; the public debugger offers float inputs only.
        lite = inspect.getmodule(tf.lite.TFLiteConverter)
        with native_messages():
            content = lite._mlir_quantize(  # type: ignore[union-attr]
                self._calibrated,
                False,
                input_data_type=self._io_type,
                output_data_type=self._io_type,
                denylisted_nodes=list(float_tensors),
                disable_per_channel_for_dense_layers=True,
            )
        return bytes(content)
