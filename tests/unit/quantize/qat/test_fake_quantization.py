import dataclasses

import keras_samples
import numpy as np
import pytest

from tfl_lite_suite import models
from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.core.framework import keras
from tfl_lite_suite.core.recipe import Augment, Train
from tfl_lite_suite.models import layers, tflite_converter
from tfl_lite_suite.models.tflite_interpreter import Interpreter
from tfl_lite_suite.prune import sparsity
from tfl_lite_suite.quantize.qat import fake_quantization
from tfl_lite_suite.quantize.qat.fake_quantization import quantization_aware
from tfl_lite_suite.tflite import delegated_forms
from tfl_lite_suite.tflite.file import TfliteFile
from tfl_lite_suite.train.loop import Phase, Training, accuracy_function

PICTURES = keras_samples.blocky(48, (32, 32, 3))
# Their widths at 1.0 take longer, and hold nothing else.
WIDE = ("vgg16", "resnet50")
# What an int8 graph holds; anything else, such as QUANTIZE or a leftover MUL, costs time.
FUSED = {"CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "ADD", "MEAN", "CONCATENATION", "MAX_POOL_2D", "PAD"}
EXTRA = {
    "mobilenet_v3_large": {"MUL"},
    "mobilenet_v3_small": {"MUL"},
    "efficientnet_b0": {"LOGISTIC", "MUL"},
    "shufflenet_v2": {"RESHAPE", "TRANSPOSE", "STRIDED_SLICE", "SLICE", "SPLIT"},
    "mobilenet_v4_conv_medium": {"RESHAPE"},
    "mobilenet_v4_conv_small": {"RESHAPE"},
    "vgg16": {"RESHAPE"},
}


@pytest.mark.parametrize("name", models.names())
def test_every_network_becomes_entirely_int8(name):
    model = keras_samples.randomize(models.build(name, (32, 32, 3), 10, alpha=0.25 if name in WIDE else 0.5))
    aware = quantization_aware(model, PICTURES)
    content = delegated_forms.rewrite(
        TfliteFile(tflite_converter.convert(aware, "int8", quantization_aware=True))
    ).content
    file = TfliteFile(content)
    difference = Interpreter(content).scores(PICTURES[:8]) - aware(PICTURES[:8].astype(np.float32), training=False)
    assert np.mean(np.abs(difference) < file.outputs[0].scale / 2) >= 0.98
    assert file.fully_int8 and not file.float_ops
    assert {operator for operator, _ in file.op_histogram} <= FUSED | EXTRA.get(name, set())
    assert (file.inputs[0].scale, file.inputs[0].zero_point, file.inputs[0].dtype) == (1.0, -128, "int8")


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A tiny network after a few steps with fake quantization, and its data."""
    data = keras_samples.bright_or_dark(count=192)
    model = keras_samples.tiny_network()
    folder = tmp_path_factory.mktemp("training")
    settings = Train(batch_size=16, learning_rate=0.05, warmup_epochs=0)
    Training(model, data, settings, Augment(), 0, folder / "float").run([Phase("network", 3, 0.05)])
    aware = quantization_aware(model, data.train.images(range(48)))
    before = accuracy_function(aware)(data.test)["top1"]
    clipped = dataclasses.replace(settings, clip_norm=1.0)
    Training(aware, data, clipped, Augment(), 0, folder / "qat").run([Phase("qat", 1, 0.001)])
    return model, aware, data, before


def test_training_with_fake_quantization_keeps_the_accuracy(trained):
    model, aware, data, before = trained
    top1 = accuracy_function(model)(data.test)["top1"]
    assert top1 >= 0.9
    assert before >= top1 - 0.1
    assert accuracy_function(aware)(data.test)["top1"] >= top1 - 0.05


def test_the_file_computes_what_fake_quantization_computes(trained, tmp_path):
    _, aware, data, _ = trained
    content = tflite_converter.convert(aware, "int8", quantization_aware=True)
    (tmp_path / "model.tflite").write_bytes(content)
    pictures = data.test.images(range(len(data.test)))
    np.save(tmp_path / "pictures.npy", pictures)
    expected = aware(pictures.astype(np.float32), training=False).numpy()
    step = TfliteFile(content).outputs[0].scale
    answers = keras_samples.run_on_engines([(tmp_path / "model.tflite", tmp_path / "pictures.npy")])
    assert answers
    for values in answers.values():
        assert np.abs(values - expected).max() <= 3 * step
        assert np.mean(values.argmax(1) == expected.argmax(1)) >= 0.98


def test_the_normalization_is_not_trained():
    model = models.build("mobilenet_v1", (32, 32, 3), 4, alpha=0.25)
    aware = quantization_aware(model, PICTURES)
    assert len(aware.trainable_weights) == 2 * (1 + 13 * 2 + 1)


def test_every_pixel_lies_on_a_step_of_the_normalized_ones():
    image = keras.Input((16, 16, 1))
    x = layers.PixelNormalization([127.5], [127.5])(image)
    aware = quantization_aware(keras.Model(image, keras.layers.Conv2D(1, 1)(x)), np.arange(256).reshape(1, 16, 16, 1))
    pixels = np.arange(256, dtype=np.float32).reshape(1, 16, 16, 1)
    normalized = keras.Model(aware.input, aware.layers[2].output)(pixels).numpy().reshape(-1)
    np.testing.assert_allclose(normalized, (np.arange(256) - 128) / 127.5, atol=1e-5)


def test_values_that_are_no_pixels_lose_their_exact_mean():
    image = keras.Input((8, 8, 3))
    x = keras.layers.Rescaling(1 / 127.5, -1.0)(image)
    x = keras.layers.Rescaling(2.0, -0.9)(keras.layers.Conv2D(4, 3)(x))
    model = keras.Model(image, keras.layers.Dense(3)(keras.layers.GlobalAveragePooling2D()(keras.layers.ReLU()(x))))
    keras_samples.randomize(model)
    pictures = keras_samples.blocky(8, (8, 8, 3))
    expected = model(pictures.astype(np.float32)).numpy()
    folded = fake_quantization.expanded(model)(pictures.astype(np.float32)).numpy()
    np.testing.assert_allclose(folded, expected, atol=0.01 * np.ptp(expected))


def test_the_zero_point_of_what_is_averaged_is_a_whole_number_of_the_steps_of_its_mean():
    image = keras.Input((32, 32, 3))
    x = keras.layers.ReLU()(keras.layers.Conv2D(16, 3, 8)(layers.PixelNormalization([0.0] * 3, [64.0] * 3)(image)))
    model = keras_samples.randomize(keras.Model(image, keras.layers.GlobalAveragePooling2D()(x)))
    aware = quantization_aware(model, PICTURES)
    source, mean = (layer.quantize_config.output_range for layer in aware.layers[-2:])
    steps = 128 * (source[1] - source[0]) / (mean[1] - mean[0])
    assert steps == pytest.approx(round(steps), abs=1e-3) and round(steps) % 2 == 1
    greatest = float(model(PICTURES.astype(np.float32)).numpy().max())
    assert greatest <= mean[1] <= 1.05 * greatest


def test_logits_have_fine_steps_where_they_decide():
    image = keras.Input((32, 32, 3))
    x = keras.layers.GlobalAveragePooling2D()(keras.layers.Conv2D(8, 3, 4)(image))
    model = keras_samples.randomize(keras.Model(image, keras.layers.Dense(5)(x)))
    kernel, bias = model.layers[-1].get_weights()
    answers = model(PICTURES.astype(np.float32)).numpy()
    model.layers[-1].set_weights([kernel * 300 / np.ptp(answers), bias])
    answers = model(PICTURES.astype(np.float32)).numpy()
    second, first = np.sort(answers, axis=1)[:, -2:].T
    least, most = quantization_aware(model, PICTURES).layers[-1].quantize_config.output_range
    assert (least, most) == pytest.approx((min(0, first.min() - 12), second.max() + 12), abs=0.1)
    assert most - least < 0.8 * np.ptp(answers)


def test_a_sigmoid_at_the_end_keeps_the_scale_that_its_operator_demands():
    image = keras.Input((8, 8, 3))
    pooled = keras.layers.GlobalAveragePooling2D()(keras.layers.Conv2D(4, 3)(image))
    model = keras.Model(image, keras.layers.Activation("sigmoid")(keras.layers.Dense(3)(pooled)))
    aware = quantization_aware(model, np.random.default_rng(0).integers(0, 256, (16, 8, 8, 3), np.uint8))
    assert aware.layers[-1].quantize_config.output_range == (0.0, 255 / 256)


def test_each_layer_without_an_int8_form_is_named():
    image = keras.Input((32, 32, 3))
    x = keras.layers.Conv2D(4, 3, activation="tanh", name="fused")(image)
    x = keras.layers.Conv2DTranspose(4, 3, name="upwards")(x)
    model = keras.Model(image, keras.layers.Dense(2)(keras.layers.GlobalAveragePooling2D()(x)))
    with pytest.raises(SuiteError, match=r"'fused_activation' \(Activation tanh\), 'upwards' \(Conv2DTranspose.*=ptq"):
        quantization_aware(model, PICTURES)


def foreign():
    """What other people's models hold and the suite's do not."""
    layers = keras.layers
    inner_input = keras.Input((16, 16, 8))
    inner = keras.Model(inner_input, layers.Conv2D(8, 3, padding="same", activation="relu")(inner_input), name="inner")
    image = keras.Input((32, 32, 1))
    x = layers.Conv2D(8, 3, 2, "same", activation="swish")(layers.Rescaling(1 / 127.5, offset=-1)(image))
    shared = layers.Conv2D(8, 1, name="shared")
    x = layers.Add()([x, shared(inner(shared(x)))])
    x = layers.Activation("relu")(layers.BatchNormalization()(x))
    x = layers.SeparableConv2D(8, 3)(layers.LeakyReLU(0.1)(x))
    return keras.Model(image, layers.Dense(2, activation="softmax")(layers.GlobalAveragePooling2D()(x)))


def test_foreign_models_train_and_become_int8(tmp_path):
    data = keras_samples.bright_or_dark(count=192)
    model = foreign()
    settings = Train(batch_size=16, learning_rate=0.05, warmup_epochs=0, clip_norm=1.0)
    Training(model, data, settings, Augment(), 0, tmp_path / "float").run([Phase("network", 3, 0.05)])
    top1 = accuracy_function(model)(data.test)["top1"]
    assert top1 >= 0.9
    aware = quantization_aware(model, data.train.images(range(48)))
    Training(aware, data, settings, Augment(), 0, tmp_path / "qat").run([Phase("qat", 1, 0.001)])
    assert accuracy_function(aware)(data.test)["top1"] >= top1 - 0.05
    content = delegated_forms.rewrite(
        TfliteFile(tflite_converter.convert(aware, "int8", quantization_aware=True))
    ).content
    file = TfliteFile(content)
    assert file.fully_int8
    assert not {name for name, _ in file.op_histogram} & {"QUANTIZE", "DEQUANTIZE"}
    (tmp_path / "model.tflite").write_bytes(content)
    np.save(tmp_path / "pictures.npy", data.test.images(range(len(data.test))))
    answers = keras_samples.run_on_engines([(tmp_path / "model.tflite", tmp_path / "pictures.npy")])
    expected = accuracy_function(aware)(data.test)["top"][:, 0]
    for values in answers.values():
        assert np.mean(values.argmax(1) == expected) >= 0.98


@pytest.mark.parametrize("technique", ["sparse", "clustered", "both"])
def test_training_keeps_zeros_and_clusters(technique, tmp_path):
    data = keras_samples.bright_or_dark(count=192)
    image = keras.Input((32, 32, 1))
    x = keras.layers.BatchNormalization()(keras.layers.Conv2D(16, 5, 2, use_bias=False)(image))
    x = keras.layers.GlobalAveragePooling2D()(keras.layers.Conv2D(16, 3, 2)(keras.layers.ReLU()(x)))
    model = keras_samples.randomize(keras.Model(image, keras.layers.Dense(2)(x)))
    generator = np.random.default_rng(0)
    for layer in model.layers:
        if sparsity.prunable(layer):
            kernel, *bias = layer.get_weights()
            if technique != "sparse":
                kernel = np.round(kernel / np.abs(kernel).max() * 2) * np.abs(kernel).max() / 2
            if technique != "clustered":
                kernel = kernel * (generator.random(kernel.shape) < 0.3)
            layer.set_weights([kernel, *bias])
    aware = quantization_aware(model, data.train.images(range(48)))
    wrapped = [layer for layer in aware.layers if getattr(layer, "rounded", None)]
    before = [layer.rounded[0][0].numpy() for layer in wrapped]
    settings = Train(batch_size=16, learning_rate=0.05, warmup_epochs=0, clip_norm=1.0, weight_decay=1e-3)
    Training(aware, data, settings, Augment(), 0, tmp_path / "qat").run([Phase("qat", 1, 0.01)])
    moved = 0
    for layer, old in zip(wrapped, before, strict=True):
        new = layer.rounded[0][0].numpy()
        assert ((new == 0) == (old == 0)).all()
        groups = layer.quantize_config.groups
        if groups is not None:
            assert all(len(np.unique(new[groups == number])) == 1 for number in np.unique(groups))
        moved += np.count_nonzero(new != old)
    assert moved
    assert any(layer.quantize_config.groups is not None for layer in wrapped) == (technique != "sparse")
