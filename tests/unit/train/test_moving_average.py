import numpy as np
import pytest

from tfl_lite_suite.core.framework import tf
from tfl_lite_suite.train.moving_average import MovingAverage


def test_it_follows_slowly_and_takes_the_weights_place():
    weight = tf.Variable(0.0)
    average = MovingAverage([weight], 0.5)
    weight.assign(1.0)
    average.update(1000)
    assert average.values() == [pytest.approx(0.5)]
    with average.in_place():
        assert weight.numpy() == pytest.approx(0.5)
    assert weight.numpy() == 1.0
    other = MovingAverage([weight], 0.5)
    other.set_values([np.float32(0.25)])
    assert other.values() == [0.25]


def test_its_decay_grows_from_small():
    weight = tf.Variable(0.0)
    average = MovingAverage([weight], 0.999)
    weight.assign(1.0)
    average.update(0)
    assert average.values() == [pytest.approx(0.9)]


def test_without_decay_there_is_none():
    weight = tf.Variable(2.0)
    average = MovingAverage([weight], 0.0)
    average.update(1)
    with average.in_place():
        assert weight.numpy() == 2.0
    assert average.values() == []
