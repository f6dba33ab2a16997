import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest
from keras_samples import blocky, tiny_network

from tfl_lite_suite.core.framework import keras
from tfl_lite_suite.models import tflite_converter
from tfl_lite_suite.quantize.ptq import layer_error
from tfl_lite_suite.tflite.file import TfliteFile

PICTURES = blocky(6, (32, 32, 3))


@pytest.fixture(scope="module")
def errors():
    """A network of good layers but one, whose channels differ a thousandfold."""
    x = image = keras.Input((32, 32, 3))
    x = keras.layers.Rescaling(1 / 128, -1, name="scaled")(x)
    for name in ("first", "broken", "third"):
        x = keras.layers.Conv2D(16, 3, padding="same", name=name)(x)
    keras.utils.set_random_seed(0)
    model = keras.Model(image, keras.layers.Dense(4, name="classifier")(keras.layers.GlobalAveragePooling2D()(x)))
    kernel, bias = model.get_layer("broken").get_weights()
    # One channel takes the tensor's whole range through its bias; the others are lost in rounding.
    bias[0] = 300.0
    model.get_layer("broken").set_weights([kernel, bias])
    third, zeros = model.get_layer("third").get_weights()
    third[:, :, 0] = 0
    model.get_layer("third").set_weights([third, zeros])
    content = tflite_converter.convert(model, "int8", calibration=PICTURES)
    reference = tflite_converter.convert(model, "float32")
    return layer_error.layer_errors(TfliteFile(content), TfliteFile(reference), PICTURES)


def test_every_layer_is_found_in_order(errors):
    names = [error.layer for error in errors]
    assert [name for name in names if name in ("first", "broken", "third")] == ["first", "broken", "third"]


def test_error_that_a_layer_inherits_is_not_its_own(errors):
    pool = next(error for error in errors if "pooling" in error.layer)
    assert pool.snr_db < 10 and pool.own_snr_db > 30
    first = next(error for error in errors if error.layer == "first")
    assert first.snr_db > 25 and first.cosine > 0.99


def test_worst_are_sorted_by_own_error(errors):
    own = [error.own_snr_db for error in layer_error.worst(errors, 3)]
    assert own == sorted(own) and len(own) == 3
    # It reads the tensor whose other channels were lost.
    assert layer_error.worst(errors, 1)[0].layer == "third"


def test_chart_is_well_formed(errors):
    root = ElementTree.fromstring(layer_error.chart(errors, "a < b & c"))
    texts = [node.text for node in root.iter() if node.tag.endswith("text")]
    assert "a < b & c" in texts and any(text.startswith("broken") for text in texts)


def test_ratio_of_signal_to_error():
    signal = np.array([3.0, 4.0])
    assert layer_error.snr_db(signal, signal) == 200
    assert layer_error.snr_db(signal, signal + np.array([0.5, 0.0])) == pytest.approx(20)
    assert layer_error.snr_db(np.zeros(2), signal) == -200


@pytest.mark.parametrize("io_type", ["uint8", "float32"])
def test_the_last_layer_is_known_by_the_name_of_what_it_is_converted_to(io_type):
    model, pictures = tiny_network(), blocky(8, (32, 32, 1))
    content = tflite_converter.convert(model, "int8", calibration=pictures, io_type=io_type)
    file, reference = TfliteFile(content), TfliteFile(tflite_converter.convert(model, "float32"))
    errors = layer_error.layer_errors(file, reference, pictures)
    assert (errors[-1].operator, errors[-1].tensor) == ("FULLY_CONNECTED", file.outputs[0].name)
