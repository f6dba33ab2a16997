import keras_samples
import numpy as np
import pytest

from tfl_lite_suite.core.framework import keras, tf
from tfl_lite_suite.core.recipe import Train
from tfl_lite_suite.train.losses import loss_by_labels
from tfl_lite_suite.train.moving_average import MovingAverage
from tfl_lite_suite.train.step import train_step


def test_a_step_lowers_the_loss_and_counts_the_right_answers():
    keras.utils.set_random_seed(0)
    model, split = keras_samples.tiny_network(), keras_samples.bright_or_dark().train
    optimizer = keras.optimizers.SGD(0.05)
    optimizer.build(model.trainable_variables)
    average = MovingAverage(model.trainable_variables, 0.0)
    step = train_step(
        model, optimizer, average, loss_by_labels(Train(), split.class_counts, False), tf.distribute.get_strategy()
    )
    images, targets = split.images(np.arange(16)), split.one_hot()[:16].astype(np.float32)
    first, _ = step(images, targets)
    for _ in range(20):
        loss, right = step(images, targets)
    assert float(loss) < float(first) / 2 and float(right) == pytest.approx(16, abs=1)
