import numpy as np
import pytest

from tfl_lite_suite.core.framework import keras, tf
from tfl_lite_suite.models.architectures import squeezenet


@pytest.mark.parametrize("size", [(7, 9), (8, 8), (7, 8), (8, 7)])
def test_pooling_rounds_up(size):
    inputs = keras.layers.Input((*size, 2))
    model = keras.Model(inputs, squeezenet.max_pool(inputs, "pool"))
    images = tf.random.stateless_uniform((1, *size, 2), (1, 2))
    padded = np.pad(images.numpy(), ((0, 0), (0, 2), (0, 2), (0, 0)), constant_values=-1)
    rows, columns = (-(-(side - 3) // 2) + 1 for side in size)
    expected = [
        [padded[0, 2 * row : 2 * row + 3, 2 * column : 2 * column + 3].max((0, 1)) for column in range(columns)]
        for row in range(rows)
    ]
    np.testing.assert_array_equal(model(images)[0], expected)
