import numpy as np
import pytest

from tfl_lite_suite.core.framework import keras, tf
from tfl_lite_suite.quantize.ptq import equalization
from tfl_lite_suite.quantize.ptq.equalization import channel_maxima, equalize
from tfl_lite_suite.quantize.ptq.sensitivity import sensitivities

PICTURES = np.random.default_rng(0).integers(0, 256, (12, 16, 16, 3), np.uint8)


def uneven(model, seed=1):
    """Gives kernels channels of very different strength, as folded batch normalization does."""
    generator = np.random.default_rng(seed)
    for layer in model.layers:
        if layer.get_weights():
            kernel, *bias = layer.get_weights()
            spread = 4.0 ** generator.uniform(-2, 1, kernel.shape[-1])
            scale = spread if not isinstance(layer, keras.layers.DepthwiseConv2D) else 1.0
            layer.set_weights([kernel * scale, *(generator.normal(0, 0.1, values.shape) for values in bias)])
    return model


def residual_net(clip=6.0):
    x = image = keras.Input((16, 16, 3))
    x = keras.layers.Rescaling(1 / 64, -2)(x)
    x = keras.layers.Conv2D(8, 3, padding="same", name="stem")(x)
    for index in range(2):
        y = keras.layers.Conv2D(16, 1, name=f"expand_{index}")(x)
        y = keras.layers.ReLU(clip)(y)
        y = keras.layers.ZeroPadding2D(1)(y)
        y = keras.layers.DepthwiseConv2D(3, name=f"depthwise_{index}")(y)
        y = keras.layers.ReLU(clip)(y)
        y = keras.layers.Conv2D(8, 1, name=f"project_{index}")(y)
        x = keras.layers.Add()([x, y])
    x = keras.layers.Conv2D(12, 1, name="head")(x)
    x = keras.layers.GlobalAveragePooling2D()(keras.layers.ReLU(clip)(x))
    return uneven(keras.Model(image, keras.layers.Dense(5, name="classifier")(x)))


def logits(model, pictures=PICTURES):
    return model(tf.cast(pictures, tf.float32), training=False).numpy()


def stage_maxima(model):
    stage = [layer.output for layer in model.layers if isinstance(layer, keras.layers.Add) or layer.name == "stem"]
    return np.max(channel_maxima(model, stage, PICTURES), axis=0)


@pytest.mark.parametrize("clip", [6.0, None])
def test_outputs_stay_and_channels_become_even(clip):
    model = residual_net(clip)
    result = equalize(model, PICTURES)
    np.testing.assert_allclose(logits(result.model), logits(model), atol=1e-4 * np.abs(logits(model)).max())
    assert ("stem", "project_0", "project_1") in result.groups
    assert ("expand_0",) in result.groups
    assert result.largest_scale > 2 and result.difference < 1e-4
    before, after = (maxima.max() / maxima.min() for maxima in map(stage_maxima, (model, result.model)))
    assert before > 3 and after < 0.7 * before


def stage_noise(model):
    """How far rounding the tensors of the residual stage moves the answers."""
    stage = [layer.output for layer in model.layers if isinstance(layer, keras.layers.Add) or layer.name == "stem"]
    steps = [maxima.max() for maxima in channel_maxima(model, stage, PICTURES)]
    return sum(step**2 * found.sum() for step, found in zip(steps, sensitivities(model, stage, PICTURES), strict=True))


def test_tensors_to_which_the_answers_are_sensitive_get_the_finer_steps(monkeypatch):
    model = residual_net()
    model.get_layer("project_1").set_weights([20 * weights for weights in model.get_layer("project_1").get_weights()])
    found = stage_noise(equalize(model, PICTURES).model)
    monkeypatch.setattr(equalization, "sensitivities", lambda model, tensors, _: [np.zeros(1) for _ in tensors])
    assert found < 0.9 * stage_noise(equalize(model, PICTURES).model)


def test_pictures_that_reach_further_than_calibration_are_not_clipped():
    model, dimmer = residual_net(), (128 + 0.88 * (PICTURES - 128.0)).astype(np.uint8)
    equalized = equalize(model, dimmer)
    expected = logits(model)
    assert equalized.largest_scale > 2
    np.testing.assert_allclose(logits(equalized.model), expected, atol=1e-4 * np.abs(expected).max())


def test_what_feeds_a_dense_layer_or_comes_from_a_depthwise_convolution_is_left():
    names = {name for group in equalize(residual_net(), PICTURES).groups for name in group}
    assert not names & {"head", "depthwise_0", "depthwise_1", "classifier"}


def test_clipped_channels_keep_their_scale():
    model = residual_net()
    kernel, bias = model.get_layer("expand_0").get_weights()
    bias[3] = 50.0
    model.get_layer("expand_0").set_weights([kernel, bias])
    result = equalize(model, PICTURES)
    old, new = (m.get_layer("depthwise_0").get_weights()[0][:, :, 3] for m in (model, result.model))
    np.testing.assert_array_equal(old, new)


@pytest.mark.parametrize(
    "between",
    [
        lambda x: keras.layers.Activation("sigmoid")(x),
        lambda x: keras.layers.ReLU(threshold=0.5)(x),
        lambda x: keras.layers.Softmax()(x),
        lambda x: keras.layers.Multiply()([x, x]),
        lambda x: keras.layers.Lambda(lambda y: y * y)(x),
        lambda x: keras.layers.BatchNormalization()(x),
    ],
)
def test_anything_that_is_not_homogeneous_is_left(between):
    image = keras.Input((16, 16, 3))
    x = between(keras.layers.Conv2D(8, 1)(image))
    x = keras.layers.Conv2D(4, 1)(x)
    model = keras.Model(image, keras.layers.GlobalAveragePooling2D()(x))
    result = equalize(model, PICTURES)
    assert result.groups == () and result.largest_scale == 1.0
    np.testing.assert_allclose(logits(result.model), logits(model), rtol=1e-6)


def test_a_subclass_may_compute_anything_and_is_left():
    class Squared(keras.layers.Conv2D):
        def call(self, inputs):
            return super().call(inputs) ** 2

    image = keras.Input((16, 16, 3))
    x = Squared(8, 1, name="squared")(image)
    model = keras.Model(image, keras.layers.GlobalAveragePooling2D()(keras.layers.Conv2D(4, 1)(x)))
    assert equalize(model, PICTURES).groups == ()


def test_fused_activations_and_pooling_are_followed():
    x = image = keras.Input((16, 16, 3))
    x = keras.layers.Conv2D(8, 3, activation="relu", name="first")(x)
    x = keras.layers.MaxPooling2D()(x)
    x = keras.layers.Conv2D(4, 1, name="second")(x)
    model = uneven(keras.Model(image, keras.layers.GlobalAveragePooling2D()(x)))
    result = equalize(model, PICTURES)
    assert result.groups == (("first",),)
    np.testing.assert_allclose(logits(result.model), logits(model), atol=1e-4 * np.abs(logits(model)).max())
