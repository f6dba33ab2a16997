import numpy as np
import pytest

from tfl_lite_suite.core.framework import tf
from tfl_lite_suite.models import layers
from tfl_lite_suite.models.tflite_interpreter import Interpreter
from tfl_lite_suite.tflite import delegated_forms, integer_arithmetic
from tfl_lite_suite.tflite.file import TfliteFile

# Ranges of input and output; steps far apart, gates far below and above 3, outputs that clip.
RANGES = [
    ((-3.0, 3.0), (-0.375, 3.0)),
    ((-0.14, 0.11), (-0.06, 0.06)),
    ((-78.0, 64.0), (-0.375, 32.0)),
    ((-1.9, 37.3), (-0.375, 37.3)),
    ((-7.2, 6.6), (-0.375, 5.4)),
    ((0.0, 4.0), (0.0, 4.0)),
]


def converted(source, result):
    """A file of one HARD_SWISH over 256 values."""

    def function(image):
        values = tf.quantization.fake_quant_with_min_max_args(image, *source)
        return tf.quantization.fake_quant_with_min_max_args(layers.HardSwish()(values), *result)

    signature = tf.TensorSpec((1, 256), tf.float32)
    converter = tf.lite.TFLiteConverter.from_concrete_functions(
        [tf.function(function).get_concrete_function(signature)]
    )
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.inference_input_type = converter.inference_output_type = tf.int8
    return converter.convert()


@pytest.mark.parametrize(("source", "result"), RANGES)
def test_hard_swish_is_the_kernels_for_every_input(source, result):
    interpreter = Interpreter(converted(source, result))
    wanted = interpreter.invoke([np.arange(-128, 128, dtype=np.int8)[np.newaxis]])[0][0]
    quantizations = [integer_arithmetic.quantization(limits) for limits in (source, result)]
    found = [tuple(detail[0]["quantization"]) for detail in (interpreter.inputs, interpreter.outputs)]
    assert found == [tuple(each) for each in quantizations]
    np.testing.assert_array_equal(integer_arithmetic.hard_swish(*quantizations), wanted)


@pytest.mark.parametrize(("source", "result"), RANGES)
def test_split_hard_swish_is_what_xnnpack_computes(source, result):
    interpreter = Interpreter(delegated_forms.rewrite(TfliteFile(converted(source, result))).content)
    wanted = interpreter.invoke([np.arange(-128, 128, dtype=np.int8)[np.newaxis]])[0][0]
    quantizations = [integer_arithmetic.quantization(limits) for limits in (source, result)]
    assert not interpreter.refusal
    np.testing.assert_array_equal(integer_arithmetic.split_hard_swish(*quantizations), wanted)


def test_real_values_of_int8_ones():
    reals = integer_arithmetic.quantization((-0.5, 0.775)).reals
    assert reals.dtype == np.float32 and len(reals) == 256
    np.testing.assert_allclose(reals[[0, 100, 255]], [-0.5, 0.0, 0.775], atol=1e-6)


def test_the_converter_is_seen_inside_the_block_only():
    with integer_arithmetic.as_operators():
        assert integer_arithmetic.converting()
    assert not integer_arithmetic.converting()
