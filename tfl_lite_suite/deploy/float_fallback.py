"""The fewest layers left in float, where int8 alone does not keep to an accuracy budget, and what they cost in time."""

import dataclasses
import inspect
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tfl_lite_suite.deploy import converter
from tfl_lite_suite.deploy.interpreter import Interpreter
from tfl_lite_suite.framework import native_messages, tf

_TIMED_RUNS = 15


@dataclasses.dataclass(frozen=True)
class Fallback:
    """A file with some layers in float.

    Attributes:
        content: The flatbuffer.
        float_tensors: Names of the outputs of the operators left in float, the most harmful first.
        score: What `judge` said of it.
    """

    content: bytes
    float_tensors: tuple[str, ...]
    score: float


class Mixed:
    """Quantizes one calibrated model again and again, each time with other operators left in float."""

    def __init__(self, model: Any, calibration: np.ndarray, io_type: str = "int8") -> None:
        """Calibrates.

        Args:
            model: Keras model.
            calibration: uint8 `(n, height, width, channels)`.
            io_type: As for `converter.convert`.
        """
        calibrating = tf.lite.TFLiteConverter.from_concrete_functions([converter._concrete_function(model)])
        calibrating.optimizations = [tf.lite.Optimize.DEFAULT]
        calibrating.representative_dataset = converter._representative_dataset(model, calibration)
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


def fewest(
    build: Callable[[Sequence[str]], bytes], ranked: Sequence[str], judge: Callable[[bytes], float], least: float
) -> Fallback | None:
    """Finds how many of the worst layers must be left in float.

    Args:
        build: From the tensors left in float to the file, as `Mixed.quantize`.
        ranked: Outputs of the operators that may be left in float, the most harmful first.
        judge: Score of a file, greater is better, such as top-1 agreement with the float model.
        least: Score that is enough.

    Returns:
        The first of the doubled and then bisected counts that is enough; `None` if not even all are.
    """

    def tried(count: int) -> Fallback:
        content = build(ranked[:count])
        return Fallback(content, tuple(ranked[:count]), judge(content))

    low, count = 0, 1
    while True:
        count = min(count, len(ranked))
        found = tried(count)
        if found.score >= least:
            break
        if count == len(ranked):
            return None
        low, count = count, 2 * count
    while count - low > 1:
        middle = (low + count) // 2
        attempt = tried(middle)
        if attempt.score >= least:
            count, found = middle, attempt
        else:
            low = middle
    return found


def latency_ratio(content: bytes, other: bytes, picture: np.ndarray) -> float:
    """Returns the median time of `content` over that of `other` on this computer, measured in turns."""
    interpreters = [Interpreter(content), Interpreter(other)]
    seconds: list[list[float]] = [[], []]
    for run in range(_TIMED_RUNS + 3):
        for interpreter, times in zip(interpreters, seconds, strict=True):
            pixels = [interpreter.pixels(picture)]
            start = time.perf_counter()
            interpreter.invoke(pixels)
            if run >= 3:
                times.append(time.perf_counter() - start)
    return float(np.median(seconds[0]) / np.median(seconds[1]))
