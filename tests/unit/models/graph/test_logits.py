import numpy as np
import pytest

from tfl_lite_suite.core.framework import keras
from tfl_lite_suite.models.graph.logits import as_logits, decisive_range, divergence, ends_in_softmax, root

layers = keras.layers


def model(*last):
    return keras.Sequential([keras.Input((4,)), *last])


@pytest.mark.parametrize(
    ("last", "expected"),
    [
        ([layers.Dense(3)], False),
        ([layers.Dense(3, activation="relu")], False),
        ([layers.Dense(3, activation="softmax")], True),
        ([layers.Dense(3), layers.Softmax()], True),
        ([layers.Dense(3), layers.Activation("softmax")], True),
        ([model(layers.Dense(3, activation="softmax"))], True),
        ([layers.Dense(3, activation="softmax"), layers.Dense(3)], False),
    ],
)
def test_a_softmax_at_the_end_is_seen(last, expected):
    assert ends_in_softmax(model(*last)) is expected


def test_the_softmax_of_the_logits_is_what_the_model_gave():
    classifier = model(layers.Dense(3, activation="softmax"))
    given = classifier(np.random.default_rng(0).normal(size=(5, 4)))
    np.testing.assert_allclose(keras.activations.softmax(as_logits(classifier, given)), given, rtol=1e-5)


def test_logits_stay_and_impossible_classes_are_finite():
    scores = np.array([[0.0, 1.0]], np.float32)
    np.testing.assert_array_equal(as_logits(model(layers.Dense(2)), scores), scores)
    np.testing.assert_array_equal(as_logits(lambda images: images, scores), scores)
    assert np.isfinite(as_logits(model(layers.Dense(2, activation="softmax")), scores)).all()


def test_logits_decide_near_the_greatest_two_of_each_picture():
    logits = np.array([[30.0, 10.0, -90.0], [60.0, 20.0, -80.0]], np.float32)
    assert decisive_range(logits, -90.0, 60.0) == (0.0, 32.0)
    assert decisive_range(logits - 40, -130.0, 20.0) == (-22.0, 1.0)
    assert decisive_range(logits / 10, -9.0, 6.0) == (-9.0, 6.0)
    assert decisive_range(logits[:, :1], 0.0, 60.0) == (0.0, 60.0)


def test_the_range_that_an_operator_demands_is_not_narrowed_further():
    scores = np.array([[0.5, 0.2, 0.1], [0.3, 0.6, 0.1]], np.float32)
    assert decisive_range(scores, 0.0, 255 / 256) == (0.0, 255 / 256)


def test_divergence_of_logits_and_of_probabilities():
    logits = np.array([[1.0, 2.0, 3.0], [0.0, 0.0, 5.0]])
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(divergence(logits, logits + 7), 0, atol=1e-12)
    even = np.full((2, 3), 1 / 3)
    wanted = (shares * np.log(shares * 3)).sum(axis=1)
    np.testing.assert_allclose(divergence(logits, np.zeros((2, 3))), wanted)
    np.testing.assert_allclose(divergence(shares, even), wanted, atol=1e-9)


def test_a_picture_that_lies_far_off_does_not_decide_alone():
    np.testing.assert_allclose(root(np.array([-1e-18, 0.01, 0.09])), [0, 0.1, 0.3])
