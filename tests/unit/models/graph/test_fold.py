import keras_samples
import numpy as np

from tfl_lite_suite.core.framework import keras
from tfl_lite_suite.models.graph.fold import fold_batch_norm

PICTURES = keras_samples.blocky(4, (32, 32, 1)).astype(np.float32)


def kinds(model):
    return [type(layer).__name__ for layer in model.layers]


def test_outputs_are_equal_and_no_norm_is_left():
    model = keras_samples.randomize(keras_samples.tiny_network())
    folded = fold_batch_norm(model)
    expected = model(PICTURES, training=False).numpy()
    received = folded(PICTURES, training=False).numpy()
    assert np.abs(received - expected).max() <= 1e-5 * np.abs(expected).max()
    assert np.ptp(expected) > 0.1
    assert "BatchNormalization" not in kinds(folded) and "Dropout" not in kinds(folded)
    assert all(folded.get_layer(name).use_bias for name in ("stem", "depthwise", "project"))


def test_the_model_itself_does_not_change():
    model = keras_samples.randomize(keras_samples.tiny_network())
    before = [weight.copy() for weight in model.get_weights()]
    fold_batch_norm(model)
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def test_a_norm_stays_where_folding_would_be_wrong():
    image = keras.Input((32, 32, 1))
    norm = keras.layers.BatchNormalization(name="after_input")(image)
    x = keras.layers.Conv2D(4, 3, name="used_twice")(norm)
    normed = keras.layers.BatchNormalization(name="one_of_two")(x)
    x = keras.layers.Add()([x, normed])
    x = keras.layers.Conv2D(4, 3, activation="relu", name="activated")(x)
    x = keras.layers.BatchNormalization(name="after_relu")(x)
    x = keras.layers.Conv2DTranspose(4, 3, name="transposed")(x)
    x = keras.layers.BatchNormalization(name="after_transposed")(x)
    model = keras_samples.randomize(keras.Model(image, keras.layers.GlobalAveragePooling2D()(x)))
    folded = fold_batch_norm(model)
    assert kinds(folded).count("BatchNormalization") == 4
    np.testing.assert_allclose(folded(PICTURES).numpy(), model(PICTURES).numpy(), rtol=1e-5, atol=1e-4)
