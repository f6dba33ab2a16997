import collections

import keras_samples
import numpy as np
import pytest

from tfl_lite_suite.core.framework import keras
from tfl_lite_suite.models import blocks, layers, tflite_converter
from tfl_lite_suite.models.tflite_interpreter import Interpreter
from tfl_lite_suite.quantize.qat.fake_quantization import quantization_aware
from tfl_lite_suite.tflite import delegated_forms
from tfl_lite_suite.tflite.file import TfliteFile

PICTURES = keras_samples.blocky(24, (16, 16, 3))
# So that every normalized pixel lies on a step.
PICTURES[0, 0, 0], PICTURES[0, 0, 1] = 0, 255


def network(middle):
    """A network of a convolution, h-swish, and what `middle` makes of its output."""
    image = keras.Input((16, 16, 3))
    x = keras.layers.Conv2D(8, 3, 2, "same", name="first")(layers.PixelNormalization([127.5] * 3, [60.0] * 3)(image))
    x = middle(layers.HardSwish(name="swish")(x))
    model = keras.Model(image, x)
    keras_samples.randomize(model)
    return model


def pooled(x):
    return keras.layers.Dense(4)(keras.layers.GlobalAveragePooling2D()(x))


# For each network the operators that one HARD_SWISH becomes: those with a weight beside it take the factor along.
MIDDLES = {
    "convolution": (lambda x: pooled(keras.layers.Conv2D(8, 1)(x)), 0),
    "depthwise": (lambda x: pooled(keras.layers.DepthwiseConv2D(3)(keras.layers.ZeroPadding2D(1)(x))), 0),
    "pool and dense": (pooled, 0),
    "squeeze and excite": (
        lambda x: pooled(blocks.squeeze_excite(x, 4, name="se", activation="relu", gate="sigmoid")),
        0,
    ),
    "shortcut": (lambda x: pooled(keras.layers.Add()([x, keras.layers.Conv2D(8, 1)(x)])), 1),
    "concatenation": (lambda x: pooled(keras.layers.Concatenate()([x, keras.layers.Conv2D(8, 1)(x)])), 1),
    "twice": (lambda x: pooled(keras.layers.Conv2D(4, 1)(layers.HardSwish()(x))), 1),
    "sigmoid": (lambda x: pooled(keras.layers.Activation("sigmoid")(x)), 1),
    "output": (lambda x: keras.layers.Reshape((-1,))(x), 1),
}


@pytest.mark.parametrize("name", MIDDLES)
def test_the_file_computes_the_same_without_hard_swish(name):
    middle, rescaled = MIDDLES[name]
    aware = quantization_aware(network(middle), PICTURES)
    content = tflite_converter.convert(aware, "int8", quantization_aware=True)
    split = delegated_forms.rewrite(TfliteFile(content)).content
    before, after = (collections.Counter(op.name for op in file_operators(each)) for each in (content, split))
    swishes = before["HARD_SWISH"]
    assert swishes and not after["HARD_SWISH"]
    assert (after["ADD"] - before["ADD"], after["MUL"] - before["MUL"]) == (1 + swishes, swishes + rescaled)
    assert after["DEPTHWISE_CONV_2D"] == before["DEPTHWISE_CONV_2D"] - 1
    interpreter = Interpreter(split)
    assert not interpreter.refusal
    step, expected = TfliteFile(split).outputs[0].scale, aware(PICTURES.astype(np.float32), training=False).numpy()
    assert TfliteFile(content).outputs[0].scale == step
    assert np.abs(interpreter.scores(PICTURES) - expected).max() < 1.5 * step
    assert np.mean(np.abs(interpreter.scores(PICTURES) - expected) < step / 2) > 0.97


def file_operators(content):
    return TfliteFile(content).subgraphs[0].operators


def test_weights_that_two_layers_share_are_divided_for_one():
    shared = keras.layers.Conv2D(8, 1, use_bias=False)
    model = network(lambda x: pooled(keras.layers.Concatenate()([shared(x), shared(keras.layers.ReLU()(x))])))
    content = tflite_converter.convert(model, "int8", calibration=PICTURES)
    plain, split = (
        Interpreter(each).scores(PICTURES) for each in (content, delegated_forms.rewrite(TfliteFile(content)).content)
    )
    assert np.abs(plain - split).max() <= 4 * TfliteFile(content).outputs[0].scale


def test_normalization_of_each_channel_by_its_own_mean_stays():
    image = keras.Input((16, 16, 3))
    x = layers.PixelNormalization([123.0, 116.0, 103.0], [60.0] * 3)(image)
    model = keras_samples.randomize(keras.Model(image, pooled(keras.layers.Conv2D(8, 3)(x))))
    content = tflite_converter.convert(model, "int8", calibration=PICTURES)
    assert delegated_forms.rewrite(TfliteFile(content)).content is content


@pytest.mark.parametrize("io_type", ["uint8", "float32"])
def test_pixels_of_other_types_are_normalized_by_an_add_too(io_type):
    content = tflite_converter.convert(network(pooled), "int8", io_type=io_type, calibration=PICTURES)
    names = [op.name for op in file_operators(delegated_forms.rewrite(TfliteFile(content)).content)]
    assert names[:3] == ["QUANTIZE", "ADD", "CONV_2D"]


def test_steps_too_small_for_xnnpack_keep_the_operator():
    model = network(pooled)
    first = model.get_layer("first")
    first.set_weights([weights * 1e-5 for weights in first.get_weights()])
    content = tflite_converter.convert(model, "int8", calibration=PICTURES)
    assert "HARD_SWISH" in [op.name for op in file_operators(delegated_forms.rewrite(TfliteFile(content)).content)]


def test_hard_swish_stays_where_asked():
    content = tflite_converter.convert(network(pooled), "int8", calibration=PICTURES)
    file = delegated_forms.rewrite(TfliteFile(content), split_hard_swish=False)
    names = [op.name for op in file.subgraphs[0].operators]
    assert names[:3] == ["ADD", "CONV_2D", "HARD_SWISH"]


def test_float_files_stay_as_they_are():
    content = tflite_converter.convert(network(pooled), "float32")
    assert delegated_forms.rewrite(TfliteFile(content)).content is content
