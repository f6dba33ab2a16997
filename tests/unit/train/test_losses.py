import numpy as np
import pytest

from tfl_lite_suite.core.recipe import Train
from tfl_lite_suite.train import losses
from tfl_lite_suite.train.losses import cross_entropy


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_smoothing_spreads_a_share_over_all_classes(smoothing):
    logits = np.float32([[2, 0, -1], [0, 1, 0]])
    targets = np.float32([[1, 0, 0], [0, 0, 1]])
    log_softmax = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    smooth = targets * (1 - smoothing) + smoothing / 3
    expected = -(smooth * log_softmax).sum(axis=1).mean()
    assert float(cross_entropy(smoothing)(None, targets, logits)) == pytest.approx(expected, rel=1e-5)


LOGITS = np.array([[2.0, 0.5, -1.0], [0.0, 1.0, 0.5]], np.float32)
ONE_HOT = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]], np.float32)
LOG = LOGITS - np.log(np.exp(LOGITS).sum(axis=1, keepdims=True))


def value(loss, targets=ONE_HOT):
    return float(loss(None, targets, LOGITS))


def test_focal_loss():
    own = LOG[[0, 1], [0, 2]]
    assert value(losses.focal(0.0)) == pytest.approx((-((1 - np.exp(own)) ** 2) * own).mean(), rel=1e-5)


def test_logit_adjusted_loss_adds_the_logarithm_of_the_shares():
    shifted = LOGITS + np.log([0.6, 0.3, 0.1])
    log = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    assert value(losses.logit_adjusted(0.0, [60, 30, 10])) == pytest.approx(-log[[0, 1], [0, 2]].mean(), rel=1e-5)


def test_weighted_loss():
    weights = np.array([0.5, 1.0, 4.0], np.float32)
    expected = -(0.5 * LOG[0, 0] + 4.0 * LOG[1, 2]) / 2
    assert value(losses.cross_entropy(0.0, weights)) == pytest.approx(expected, rel=1e-5)


def test_binary_loss_asks_each_class():
    several = np.array([[1.0, 1.0, 0.0], [0.0, 0.0, 0.0]], np.float32)
    expected = np.logaddexp(0, np.where(several > 0, -LOGITS, LOGITS)).sum(axis=1).mean()
    assert value(losses.binary(0.0), several) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("name", ["cross_entropy", "focal", "logit_adjusted", "binary"])
def test_every_loss_of_a_recipe_is_made(name):
    assert value(losses.loss_by_labels(Train(loss=name), [3, 2, 1], False)) > 0
