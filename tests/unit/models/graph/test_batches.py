import keras_samples
import numpy as np
import pytest

from tfl_lite_suite.core.framework import keras, tf
from tfl_lite_suite.models.graph.batches import batches_of, for_batches

PICTURES = keras_samples.blocky(7, (16, 16, 3)).astype(np.float32)


@pytest.fixture(scope="module")
def model():
    image = keras.Input((16, 16, 3))
    x = keras.layers.GlobalAveragePooling2D()(keras.layers.Conv2D(4, 3)(image))
    return keras_samples.randomize(keras.Model(image, keras.layers.Dense(2)(x)))


def test_batches_of_every_size_share_one_graph(model):
    made = []

    def compute(images):
        made.append(images.shape)
        return model(images, training=False)

    forward = for_batches(model, compute)
    found = np.concatenate([forward(PICTURES[:4]).numpy(), forward(PICTURES[4:]).numpy()])
    assert made == [(None, 16, 16, 3)]
    np.testing.assert_allclose(found, for_batches(model)(PICTURES).numpy(), rtol=1e-5, atol=1e-6)


def test_what_is_computed_may_take_more(model):
    weighted = for_batches(
        model, lambda images, weights: weights[:, None] * model(images), tf.TensorSpec((None,), tf.float32)
    )
    expected = np.arange(7, dtype=np.float32)[:, None] * for_batches(model)(PICTURES).numpy()
    np.testing.assert_allclose(weighted(PICTURES, np.arange(7, dtype=np.float32)).numpy(), expected, rtol=1e-5)


def test_pictures_come_in_batches_of_which_the_last_is_smaller():
    batches = list(batches_of(PICTURES.astype(np.uint8), 3))
    assert [len(batch) for batch in batches] == [3, 3, 1] and batches[0].dtype == tf.float32
    np.testing.assert_array_equal(np.concatenate(batches), PICTURES.astype(np.uint8))
