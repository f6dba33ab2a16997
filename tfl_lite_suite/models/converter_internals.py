"""What TensorFlow's converter does not offer publicly: the one place that uses its private names.

Written for TensorFlow 2.21, the one that `setup.cfg` admits.
"""

import dataclasses
import inspect
from collections.abc import Collection, Sequence
from unittest import mock

from tfl_lite_suite.core.framework import tf
from tfl_lite_suite.core.types import ForeignObject, Tensor, TfFunction

_LITE: ForeignObject = inspect.getmodule(tf.lite.TFLiteConverter)
# What `TFLiteConverter.convert` raises for a graph that it does not take.
REFUSALS = (_LITE.ConverterError, ValueError, RuntimeError, NotImplementedError, tf.errors.OpError)


@dataclasses.dataclass(frozen=True)
class _Ends:
    """Of a frozen function, what the converter looks at beside the graph's description."""

    graph: ForeignObject
    inputs: Sequence[Tensor]
    outputs: Sequence[Tensor]


def _ends(function: TfFunction, frozen: ForeignObject, converted: Collection[int]) -> _Ends:
    """Returns inputs and outputs of a frozen function, in place of `_construct_concrete_function`.

    That builds the graph twice more, operator by operator, which takes a third of a conversion's time.
    """
    constants = {id(function.graph.internal_captures[index]) for index in converted}
    inputs = [tensor for tensor in function.inputs if id(tensor) not in constants]
    return _Ends(tf.Graph(), inputs, function.outputs)


def converted(converter: ForeignObject) -> bytes:
    """Returns what the converter of a concrete function makes of it, in half of the time of `converter.convert()`.

    The lines of Python of each operator are left out as well. They take long to find, and fill an error's message.
    """
    with (
        mock.patch.object(_LITE._convert_to_constants, "_construct_concrete_function", _ends),
        mock.patch.object(_LITE, "_get_debug_info", lambda *_: None),
    ):
        return bytes(converter.convert())


def keep_dense_kernels_per_tensor(converter: ForeignObject) -> None:
    """Makes kernels of dense layers have one scale each.

    Kernels with a scale for each channel came late to runtimes and are missing in delegates.
    """
    converter._experimental_disable_per_channel_quantization_for_dense_layers = True


def calibrated(converter: ForeignObject) -> bytes:
    """Returns the float model with the ranges of the representative data set, to give to `quantized`."""
    converter._experimental_calibrate_only = True
    return converted(converter)


def quantized(calibrated_model: bytes, io_type: str, float_tensors: Sequence[str]) -> bytes:
    """Returns a calibrated model in int8, apart from the operators that make the named tensors.

    The public debugger can leave operators in float as well, but offers float inputs only.

    Args:
        calibrated_model: What `calibrated` returned.
        io_type: Type of input and output, such as `int8`.
        float_tensors: Names of outputs of operators that are to compute in float.
    """
    dtype = getattr(tf, io_type)
    content = _LITE._mlir_quantize(
        calibrated_model,
        False,
        input_data_type=dtype,
        output_data_type=dtype,
        denylisted_nodes=list(float_tensors),
        disable_per_channel_for_dense_layers=True,
    )
    return bytes(content)
