import keras_samples
import numpy as np
import pytest

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.core.framework import keras
from tfl_lite_suite.models import tflite_converter
from tfl_lite_suite.models.tflite_interpreter import Interpreter
from tfl_lite_suite.tflite import softmax_head
from tfl_lite_suite.tflite.file import TfliteFile

PICTURES = keras_samples.blocky(16, (16, 16, 3))


def network(pooled_last=False):
    """A classifier of five classes, whose logits come from weights, or from a pooling of them."""
    image = keras.Input((16, 16, 3))
    x = keras.layers.Conv2D(5 if pooled_last else 8, 3, 2, "same")(keras.layers.Rescaling(1 / 64)(image))
    x = keras.layers.GlobalAveragePooling2D()(x)
    model = keras.Model(image, x if pooled_last else keras.layers.Dense(5)(x))
    keras_samples.randomize(model)
    return model


def graph_of(content):
    return TfliteFile(content).subgraphs[0]


def softmax(logits):
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("pooled_last", [False, True])
@pytest.mark.parametrize(
    ("scheme", "io_type"), [("float32", "int8"), ("int8", "int8"), ("int8", "uint8"), ("int8", "float32")]
)
def test_probabilities_are_those_of_the_logits_at_the_temperature(scheme, io_type, pooled_last):
    content = tflite_converter.convert(network(pooled_last), scheme, io_type=io_type, calibration=PICTURES)
    logits = Interpreter(content).scores(PICTURES)
    changed = softmax_head.append(content)
    assert TfliteFile(changed).gives_probabilities and not TfliteFile(content).gives_probabilities
    assert softmax_head.append(changed) is changed
    assert np.abs(Interpreter(changed).scores(PICTURES) - softmax(logits)).max() <= 1 / 256
    bare = softmax_head.logits_only(changed, graph_of(changed))
    assert np.allclose(Interpreter(bare).scores(PICTURES), logits, atol=1e-5)
    hot = softmax_head.divide(changed, graph_of(changed), 2.5)
    assert np.abs(Interpreter(hot).scores(PICTURES) - softmax(logits / 2.5)).max() <= 1 / 256


def test_the_temperature_stands_in_the_scale_where_logits_come_from_weights():
    content = softmax_head.append(tflite_converter.convert(network(), "int8", calibration=PICTURES))
    before, after = graph_of(content), graph_of(softmax_head.divide(content, graph_of(content), 2.0))
    softmaxes = [graph.makers[graph.output_indices[0]] for graph in (before, after)]
    scales = [graph.tensor(op.inputs[0]).scale for graph, op in zip((before, after), softmaxes, strict=True)]
    assert scales[1] == pytest.approx(scales[0] / 2)


def test_a_model_without_softmax_is_refused():
    content = tflite_converter.convert(network(), "float32")
    with pytest.raises(SuiteError, match="ends in FULLY_CONNECTED"):
        softmax_head.divide(content, graph_of(content), 2.0)
