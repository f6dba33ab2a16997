import numpy as np
import pytest

from tfl_lite_suite.core.framework import keras
from tfl_lite_suite.quantize.ptq.sensitivity import sensitivities

PICTURES = np.random.default_rng(0).integers(0, 256, (80, 4, 4, 3), np.uint8)


@pytest.mark.parametrize("activation", [None, "softmax"])
def test_what_classes_share_does_not_move_the_answer_and_the_rest_counts_by_its_square(activation):
    image = keras.Input((4, 4, 3))
    x = keras.layers.Rescaling(1 / 255)(image)
    pooled = keras.layers.GlobalAveragePooling2D()(x)
    model = keras.Model(image, keras.layers.Dense(4, activation=activation)(pooled))
    row = np.array([0.1, -0.2, 0.3, 0.0], np.float32)
    model.layers[-1].set_weights([np.stack([row, 3 * row, np.full(4, 0.7, np.float32)]), np.zeros(4, np.float32)])
    before, after = sensitivities(model, [x, pooled], PICTURES)
    assert after[1] == pytest.approx(9 * after[0], rel=1e-3) and after[2] < 1e-6 * after[0]
    # All classes are about as probable: the covariance is a quarter of the identity, less what all share.
    assert after[0] == pytest.approx(((row - row.mean()) ** 2).mean(), rel=0.5)
    assert before == pytest.approx(after / 16, rel=1e-3, abs=1e-9)  # a mean of 16 pixels, each with noise of its own
