"""Some layers of an int8 file computed in float."""

from collections.abc import Sequence

from tfl_lite_suite.core.framework import native_messages, tf
from tfl_lite_suite.core.types import Array, KerasModel
from tfl_lite_suite.models import converter_internals, tflite_converter


class Mixed:
    """Quantizes one calibrated model again and again, each time with other operators left in float."""

    def __init__(self, model: KerasModel, calibration: Array, io_type: str = "int8") -> None:
        """Calibrates.

        Args:
            model: Keras model.
            calibration: uint8 `(n, height, width, channels)`.
            io_type: As for `converter.convert`.
        """
        calibrating = tf.lite.TFLiteConverter.from_concrete_functions([tflite_converter.concrete_function(model)])
        calibrating.optimizations = [tf.lite.Optimize.DEFAULT]
        calibrating.representative_dataset = tflite_converter.representative_dataset(model, calibration)
        with native_messages():
            self._calibrated = converter_internals.calibrated(calibrating)
        self._io_type = io_type

    def quantize(self, float_tensors: Sequence[str]) -> bytes:
        """Returns the flatbuffer in which the operators that make these tensors compute in float."""
        with native_messages():
            return converter_internals.quantized(self._calibrated, self._io_type, float_tensors)
