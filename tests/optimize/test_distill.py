import keras_samples
import numpy as np
import pytest

from tfl_lite_suite.framework import tf
from tfl_lite_suite.optimize import distill
from tfl_lite_suite.optimize.training import cross_entropy


@pytest.fixture
def teacher():
    return keras_samples.randomize(keras_samples.tiny_network(classes=3))


def test_loss_is_hintons(teacher):
    pictures = keras_samples.blocky(5, (32, 32, 1)).astype(np.float32)
    targets = np.eye(3, dtype=np.float32)[[0, 1, 2, 0, 1]]
    logits = np.random.default_rng(0).normal(size=(5, 3)).astype(np.float32)
    found = float(distill.loss(teacher, cross_entropy(0.1), 0.3, 4.0)(pictures, targets, tf.constant(logits)))

    def log_softmax(values):
        return values - np.log(np.exp(values).sum(axis=1, keepdims=True))

    soft = np.exp(log_softmax(teacher(pictures, training=False).numpy() / 4))
    hard = -((0.9 * targets + 0.1 / 3) * log_softmax(logits)).sum(axis=1).mean()
    expected = 0.7 * hard - 0.3 * 16 * (soft * log_softmax(logits / 4)).sum(axis=1).mean()
    assert found == pytest.approx(expected, rel=1e-5)


def test_only_the_student_has_a_gradient_and_it_vanishes_at_the_teachers_answer(teacher):
    pictures = keras_samples.blocky(5, (32, 32, 1)).astype(np.float32)
    logits = tf.Variable(teacher(pictures, training=False))
    with tf.GradientTape() as tape:
        value = distill.loss(teacher, cross_entropy(0.0), 1.0, 2.0)(pictures, tf.one_hot([0] * 5, 3), logits)
    gradient, *others = tape.gradient(value, [logits, *teacher.trainable_variables])
    np.testing.assert_allclose(gradient, 0, atol=1e-6)
    assert all(other is None for other in others)
