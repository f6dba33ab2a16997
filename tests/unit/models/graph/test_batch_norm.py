import numpy as np

from tfl_lite_suite.core.framework import keras
from tfl_lite_suite.models.graph import batch_norm


def test_scale_and_offset_are_what_is_computed_at_inference():
    values = np.random.default_rng(0).uniform(0.5, 2.0, (5, 8)).astype(np.float32)
    for settings in ({}, {"scale": False}, {"center": False, "epsilon": 0.1}):
        norm = keras.layers.BatchNormalization(**settings)
        norm.build((None, 8))
        norm.set_weights([np.linspace(0.5, 1.5, 8) for _ in norm.weights])
        scale, offset = batch_norm.scale_and_offset(norm)
        np.testing.assert_allclose(values * scale + offset, norm(values, training=False), atol=1e-5)


def test_only_the_last_axis_is_the_channels():
    found = [batch_norm.normalizes_channels(keras.layers.BatchNormalization(axis=axis), 4) for axis in (-1, 3, 1)]
    assert found == [True, True, False]
    assert not batch_norm.normalizes_channels(keras.layers.LayerNormalization(), 4)
