import dataclasses

import keras_samples
import numpy as np
import pytest

from tfl_lite_suite import models
from tfl_lite_suite.core.framework import keras
from tfl_lite_suite.core.recipe import Augment, Train
from tfl_lite_suite.models import layers, tflite_converter
from tfl_lite_suite.quantize.qat.activation_ranges import EXTREMES
from tfl_lite_suite.quantize.qat.fake_quantization import Plan, quantization_aware
from tfl_lite_suite.quantize.qat.live_batch_norm import LiveBatchNorm
from tfl_lite_suite.tflite.file import TfliteFile
from tfl_lite_suite.train.loop import Phase, Training, accuracy_function

PICTURES = keras_samples.blocky(48, (32, 32, 3))


def live_of(model, pictures):
    plan = Plan.of(model, pictures)
    return LiveBatchNorm(model, plan, plan.ranges_by(EXTREMES))


# The folded model of every network is the one that `test_qat` converts.
@pytest.mark.parametrize("name", ["mobilenet_v2", "mobilenet_v3_small", "shufflenet_v2"])
def test_a_network_keeps_its_batch_normalization_live_and_becomes_entirely_int8(name):
    model = keras_samples.randomize(models.build(name, (32, 32, 3), 10, alpha=0.5))
    live = live_of(model, PICTURES)
    normalized = [
        sum(isinstance(layer, keras.layers.BatchNormalization) for layer in of.layers)
        for of in (model, live.model, live.folded)
    ]
    assert normalized == [normalized[0], normalized[0], 0]
    file = TfliteFile(tflite_converter.convert(live.freeze(), "int8", quantization_aware=True))
    assert file.fully_int8
    assert not {operator for operator, _ in file.op_histogram} & {"QUANTIZE", "DEQUANTIZE"}


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A tiny network, and what became of it in an epoch with live batch normalization."""
    data, folder = keras_samples.bright_or_dark(count=192), tmp_path_factory.mktemp("training")
    model = keras_samples.tiny_network()
    settings = Train(batch_size=16, learning_rate=0.05, warmup_epochs=0)
    Training(model, data, settings, Augment(), 0, folder / "float").run([Phase("network", 3, 0.05)])
    live = live_of(model, data.train.images(range(48)))
    clipped = dataclasses.replace(settings, clip_norm=1.0)
    Training(live.model, data, clipped, Augment(), 0, folder / "live").run([Phase("live", 1, 0.01)])
    return model, live, data


def test_statistics_follow_the_batches(trained):
    model, live, _ = trained
    norms = [layer for layer in model.layers if isinstance(layer, keras.layers.BatchNormalization)]
    assert norms
    for norm in norms:
        assert not np.array_equal(norm.moving_mean, live.model.get_layer(norm.name).moving_mean)


def test_the_folded_model_answers_as_the_live_one_at_inference(trained):
    model, live, data = trained
    pictures = data.test.images(range(len(data.test))).astype(np.float32)
    expected, folded = live.model(pictures, training=False).numpy(), live.freeze()
    answers = folded(pictures, training=False).numpy()
    untrained = quantization_aware(model, data.train.images(range(48)))(pictures, training=False).numpy()
    step = TfliteFile(tflite_converter.convert(folded, "int8", quantization_aware=True)).outputs[0].scale
    assert np.abs(answers - expected).max() <= 3 * step < np.abs(answers - untrained).max()
    top1 = accuracy_function(model)(data.test)["top1"]
    assert accuracy_function(folded)(data.test)["top1"] >= top1 - 0.05


def test_what_becomes_part_of_a_kernel_otherwise_is_folded_at_once():
    image = keras.Input((32, 32, 3))
    x = keras.layers.BatchNormalization(name="a")(keras.layers.Conv2D(8, 3, 2, name="gate")(image))
    x = keras.layers.GlobalAveragePooling2D()(layers.HardSigmoid()(x))
    x = keras.layers.ReLU()(keras.layers.BatchNormalization(name="b")(keras.layers.Dense(8)(x)))
    model = keras_samples.randomize(keras.Model(image, keras.layers.Dense(2)(x)))
    live = live_of(model, PICTURES)
    assert not any(isinstance(layer, keras.layers.BatchNormalization) for layer in live.model.layers)
    pictures = PICTURES.astype(np.float32)
    np.testing.assert_array_equal(live.model(pictures), live.freeze()(pictures))
