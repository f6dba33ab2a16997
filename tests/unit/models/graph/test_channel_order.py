import numpy as np
import pytest

from tfl_lite_suite.core.framework import keras, tf
from tfl_lite_suite.models.graph import channel_order

IMAGE = keras.Input((4, 4, 3))
VALUES = np.random.default_rng(0).normal(size=(2, 4, 4, 3)).astype(np.float32)
ORDERS = {
    "ellipsis": lambda x: x[..., ::-1],
    "colons": lambda x: x[:, :, :, ::-1],
    "reverse": lambda x: tf.reverse(x, [-1]),
    "gather": lambda x: tf.gather(x, [1, 2, 0], axis=-1),
    "stack": lambda x: tf.stack([x[..., 2], x[:, :, :, 0], x[..., -2]], axis=-1),
}
OTHERS = {
    "part": lambda x: x[..., ::2],
    "rows": lambda x: x[:, ::-1],
    "rows too": lambda x: x[:, ::-1, :, ::-1],
    "twice one": lambda x: tf.gather(x, [0, 0, 1], axis=-1),
    "first of many": lambda x: tf.gather(keras.layers.Dense(4)(x), [0, 1, 2], axis=-1),
    "rows reversed": lambda x: tf.reverse(x, [1]),
    "of two": lambda x: tf.stack([x[..., 2], x[..., 1], (x + 1)[..., 0]], axis=-1),
}


@pytest.mark.parametrize("apply", ORDERS.values(), ids=ORDERS.keys())
def test_the_order_of_channels_is_found_and_applied(apply):
    output = apply(IMAGE)
    found = channel_order.reordered(output)
    assert found is not None and found.source is IMAGE
    expected = keras.Model(IMAGE, output)(VALUES)
    np.testing.assert_array_equal(VALUES[..., list(found.order)], expected)
    np.testing.assert_array_equal(found.to_source(np.array(found.order)), [0, 1, 2])
    for made in (found.applied(IMAGE), channel_order.as_convolution("order", found)):
        np.testing.assert_allclose(keras.Model(IMAGE, made)(VALUES), expected, rtol=1e-6)


@pytest.mark.parametrize("apply", OTHERS.values(), ids=OTHERS.keys())
def test_other_slices_are_none(apply):
    assert channel_order.reordered(apply(IMAGE)) is None
