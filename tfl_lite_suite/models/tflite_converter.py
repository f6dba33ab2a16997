"""From a Keras model to the bytes of a `.tflite` file.

The concrete function is converted on its own, without the Keras object: nearly all of the time that
`TFLiteConverter.from_keras_model` takes goes into saving that object. `tools/bench_convert.py` measures the ratio.
"""

from collections.abc import Callable, Iterator

import numpy as np

from tfl_lite_suite.core.errors import ArgumentError, SuiteError
from tfl_lite_suite.core.framework import native_messages, tf
from tfl_lite_suite.core.types import Array, KerasModel, KerasNode, Tensor, TfFunction
from tfl_lite_suite.models import converter_internals
from tfl_lite_suite.tflite.integer_arithmetic import as_operators

INPUT_NAME = "image"
OUTPUT_NAME = "logits"


def convert(
    model: KerasModel,
    scheme: str,
    *,
    io_type: str = "int8",
    calibration: Array | None = None,
    quantization_aware: bool = False,
) -> bytes:
    """Converts a classifier to a TensorFlow Lite flatbuffer with batch size 1.

    Args:
        model: Keras model from raw pixels `(batch, height, width, channels)`, float32 in [0, 255], to logits.
        scheme: `float32`, `float16` (weights), `dynamic` (int8 weights) or `int8` (all integer).
        io_type: Type of input and output of an int8 file: `int8`, `uint8` or `float32`.
        calibration: uint8 `(n, height, width, channels)`, pictures that int8 activation ranges are taken from.
        quantization_aware: The model carries its ranges as fake-quantization operators; no calibration.

    Returns:
        The flatbuffer, without metadata.

    Raises:
        SuiteError: If int8 lacks calibration pictures, or TensorFlow refuses the graph.
    """
    function = concrete_function(model)
    if scheme == "int8":
        _check_loops(model, function)
    converter = tf.lite.TFLiteConverter.from_concrete_functions([function])
    if scheme == "float16":
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.target_spec.supported_types = [tf.float16]
    elif scheme in ("dynamic", "int8"):
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter_internals.keep_dense_kernels_per_tensor(converter)
    if scheme == "int8":
        converter.inference_input_type = converter.inference_output_type = getattr(tf, io_type)
        if not quantization_aware:
            converter.representative_dataset = representative_dataset(model, calibration)
            converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    with native_messages() as printed:
        try:
            return converter_internals.converted(converter)
        except converter_internals.REFUSALS as error:
            lines = [line for line in printed().splitlines() if "error:" in line]
            detail = " ".join(lines)[:500] or str(error)
            raise SuiteError(f"TensorFlow cannot convert '{model.name}' to {scheme}: {detail}") from error


def concrete_function(model: KerasModel) -> TfFunction:
    """Returns a classifier as a function of one picture, named as its `.tflite` files name input and output."""
    signature = tf.TensorSpec((1, *model.input_shape[1:]), tf.float32, name=INPUT_NAME)
    function = tf.function(lambda image: {OUTPUT_NAME: model(image, training=False)}, autograph=False)
    with as_operators():
        return function.get_concrete_function(signature)


def _check_loops(model: KerasModel, function: Tensor) -> None:
    """Raises the error for loops, on which TensorFlow's calibrator crashes."""
    graph = function.graph.as_graph_def()
    bodies = {body.signature.name: body.node_def for body in graph.library.function}

    def loops(node: KerasNode) -> bool:
        called = node.attr["f"].func.name if "f" in node.attr else ""
        return node.op in ("While", "StatelessWhile") or any(map(loops, bodies.get(called, ())))

    names = [node.name.split("/")[-2] for node in graph.node if loops(node) and "/" in node.name]
    if names:
        raise SuiteError(
            f"model '{model.name}' cannot be converted to int8, because these layers are loops: {', '.join(names)}. "
            "Give them unroll=True, or convert to float16 or dynamic"
        )


def representative_dataset(model: KerasModel, calibration: Array | None) -> Callable[[], Iterator[list[Array]]]:
    """Returns what the converter takes activation ranges from.

    Raises:
        SuiteError: If there are no calibration pictures, or they are not of the size that the model takes.
    """
    if calibration is None or not len(calibration):
        raise ArgumentError("calibration", "int8 without quantization-aware training needs calibration pictures")
    if calibration.shape[1:] != model.input_shape[1:]:
        raise SuiteError(f"calibration pictures have shape {calibration.shape[1:]}, the model {model.input_shape[1:]}")
    pictures = calibration.astype(np.float32)
    # Only a range of exactly [0, 255] gives the input scale 1 and zero point -128, so that int8 = pixel - 128.
    pictures[0, 0, 0, 0], pictures[0, -1, -1, -1] = 0.0, 255.0
    return lambda: ([picture[np.newaxis]] for picture in pictures)


def is_quantization_aware(model: KerasModel) -> bool:
    """Tells whether the model carries TFMOT quantization wrappers."""
    return any(kind.__name__ == "QuantizeWrapper" for layer in model.layers for kind in type(layer).__mro__)
