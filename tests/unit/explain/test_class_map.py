import types

import keras_samples
import numpy as np
import pytest

from tfl_lite_suite.core.framework import keras, tf
from tfl_lite_suite.explain import class_map
from tfl_lite_suite.models import tflite_converter
from tfl_lite_suite.models.tflite_interpreter import Interpreter
from tfl_lite_suite.tflite import softmax_head
from tfl_lite_suite.tflite.file import TfliteFile

PICTURES = keras_samples.blocky(16, (16, 16, 3))
MODULE = types.SimpleNamespace(Interpreter=tf.lite.Interpreter, OpResolverType=tf.lite.experimental.OpResolverType)


def network(ending):
    image = keras.Input((16, 16, 3))
    x = keras.layers.Conv2D(6, 3, 2, "same", activation="relu")(keras.layers.Rescaling(1 / 64)(image))
    model = keras.Model(image, ending(x))
    keras_samples.randomize(model)
    return model


def pooled(x):
    return keras.layers.Dense(4)(keras.layers.GlobalAveragePooling2D()(x))


def classes_as_channels(x):
    return keras.layers.GlobalAveragePooling2D()(keras.layers.Conv2D(4, 1)(x))


@pytest.mark.parametrize("scheme", ["float32", "int8"])
@pytest.mark.parametrize("ending", [pooled, classes_as_channels])
def test_the_maps_mean_is_the_score_less_its_bias(tmp_path, ending, scheme):
    model = network(ending)
    content = softmax_head.append(tflite_converter.convert(model, scheme, calibration=PICTURES))
    (tmp_path / "m.tflite").write_bytes(content)
    found = class_map.ending_of(TfliteFile(content))
    interpreter = Interpreter(content)
    values = class_map.features_of(MODULE, str(tmp_path / "m.tflite"), found, interpreter.pixels(PICTURES[0]))
    means = [found.map_of(values, index).mean() for index in range(4)]
    logits = Interpreter(softmax_head.logits_only(content, TfliteFile(content).subgraphs[0])).scores(PICTURES[:1])[0]
    bias = model.layers[-1].get_weights()[1] if ending is pooled else 0.0
    assert values.shape == (8, 8, 6 if ending is pooled else 4)
    assert np.allclose(means, logits - bias, atol=1e-3 if scheme == "float32" else 0.1 * np.abs(logits).max())


def test_other_endings_have_no_map():
    content = tflite_converter.convert(network(lambda x: keras.layers.Dense(4)(keras.layers.Flatten()(x))), "float32")
    assert class_map.ending_of(TfliteFile(content)) is None
    twice = tflite_converter.convert(
        network(lambda x: keras.layers.Dense(4)(keras.layers.ReLU()(pooled(x)))), "float32"
    )
    assert class_map.ending_of(TfliteFile(twice)) is None


def test_occlusion_finds_the_part_that_counts():
    picture = np.full((16, 16, 1), 10, np.uint8)
    picture[8:, 8:] = 250
    found = class_map.occlusion(lambda given: np.array([0.0, given[8:, 8:].mean()]), picture, 1, cells=4)
    assert found.shape == (4, 4) and found[3, 3] > 0 and found.argmax() in (10, 11, 14, 15)
    assert not found[:1].any()
