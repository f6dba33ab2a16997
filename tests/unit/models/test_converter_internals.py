import numpy as np
import pytest
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

from tfl_lite_suite.core.framework import tf
from tfl_lite_suite.models import converter_internals
from tfl_lite_suite.tflite.file import TfliteFile


def converter(function):
    specification = tf.TensorSpec((1, 8), tf.float32, name="values")
    made = tf.lite.TFLiteConverter.from_concrete_functions([tf.function(function).get_concrete_function(specification)])
    made.optimizations = [tf.lite.Optimize.DEFAULT]
    made.representative_dataset = lambda: [[np.linspace(-1, 1, 8, dtype=np.float32)[np.newaxis]]]
    return made


def test_a_calibrated_model_is_quantized_but_for_what_is_named():
    weights = np.random.default_rng(0).normal(size=(8, 8)).astype(np.float32)
    calibrated = converter_internals.calibrated(converter(lambda values: tf.nn.relu(values @ weights)))
    whole = TfliteFile(converter_internals.quantized(calibrated, "int8", []))
    assert whole.fully_int8 and whole.inputs[0].dtype == "int8"
    graph = whole.subgraphs[0]
    (dense,) = [op for op in graph.operators if op.name == "FULLY_CONNECTED"]
    assert len(graph.tensors[dense.inputs[1]].scales) == 1
    mixed = TfliteFile(converter_internals.quantized(calibrated, "int8", [graph.tensors[dense.outputs[0]].name]))
    assert not mixed.fully_int8


def test_a_graph_that_is_not_taken_is_a_refusal():
    made = converter(lambda values: tf.raw_ops.Betainc(a=values, b=values, x=values))
    with pytest.raises(converter_internals.REFUSALS, match="Betainc"):
        made.convert()


def test_a_conversion_is_that_of_tensorflow():
    weights = tf.Variable(np.random.default_rng(0).normal(size=(8, 8)).astype(np.float32))

    def function(values):
        return {
            "left": tf.nn.relu(values @ weights),
            "right": tf.while_loop(lambda x: x[0, 0] < 9, lambda x: x + 1, [values]),
        }

    def made():
        specification = tf.TensorSpec((1, 8), tf.float32, name="values")
        return tf.lite.TFLiteConverter.from_concrete_functions(
            [tf.function(function).get_concrete_function(specification)]
        )

    assert converter_internals.converted(made()) == bytes(made().convert())
    # Freezing outside of a conversion stays what it was.
    frozen = convert_variables_to_constants_v2(tf.function(function).get_concrete_function(tf.TensorSpec((1, 8))))
    assert len(frozen(tf.ones((1, 8)))) == 2
