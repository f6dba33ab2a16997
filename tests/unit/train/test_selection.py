import numpy as np
import pytest

from tfl_lite_suite.data import Split
from tfl_lite_suite.train import selection


def split(labels, targets=None):
    labels = np.asarray(labels)
    return Split(lambda rows: rows, np.arange(len(labels)), labels, [""] * len(labels), 3, targets)


LOGITS = np.array([[2, 1, 0], [2, 0, 1], [0, 3, 1], [1, 2, 0]], np.float32)


def test_figures_of_one_label():
    found = selection.figures(selection.counts(LOGITS, split([0, 1, 1, 1])), 4)
    assert found["top1"] == 0.75
    assert found["balanced_accuracy"] == pytest.approx((1 + 2 / 3) / 2)
    assert found["macro_f1"] == pytest.approx((2 / 3 + 4 / 5) / 2)
    chosen = np.exp(LOGITS)[range(4), [0, 1, 1, 1]] / np.exp(LOGITS).sum(axis=1)
    assert found["loss"] == pytest.approx(-np.log(chosen).mean(), rel=1e-6)


def test_parts_add_up():
    whole = split([0, 1, 1, 1])
    parts = [selection.counts(LOGITS[rows], whole.subset(rows)) for rows in ([0, 2], [1, 3])]
    np.testing.assert_allclose(sum(parts), selection.counts(LOGITS, whole))


def test_figures_of_several_labels():
    targets = np.array([[1, 1, 0], [0, 0, 0], [0, 1, 0]], bool)
    logits = np.array([[3, -1, -2], [-1, -2, -3], [1, -1, -2]], np.float32)
    found = selection.figures(selection.counts(logits, split([0, -1, 1], targets)), 3)
    assert found["top1"] == 0.5
    assert found["macro_f1"] == pytest.approx((2 / 3 + 0) / 2)
    expected = np.logaddexp(0, np.where(targets, -logits, logits)).sum(axis=1).mean()
    assert found["loss"] == pytest.approx(expected)


def test_less_loss_is_better():
    assert selection.better("loss", 1, 2) and selection.better("top1", 2, 1) and not selection.better("top1", 1, 1)
    assert selection.best("root_kl", [2, 1, 1]) == 1 and selection.best("top1", [1, 2, 2]) == 1


def test_a_gain_is_more_than_its_standard_error():
    before, other = np.array([1.0, 1, 0, 0, 0, 0, 0]), np.array([1.0, 1, 1, 0, 0, 0, 0])
    assert not selection.gains(other, before) and not selection.gains(before, before)
    assert selection.gains(np.array([1.0, 1, 1, 1, 0, 0, 0]), before)
    assert not selection.gains(np.array([0.0, 0, 1, 1, 1, 1, 0]), before)  # Two more, but six of seven changed.


def test_gains_of_divergence_are_compared_alike():
    before = -np.array([0.1, 0.2, 0.3, 0.4])
    assert selection.gains(before + 0.05, before)
    assert not selection.gains(before + [0.3, -0.1, 0, 0], before)  # One picture alone.


def test_answers_are_nearest_to_themselves():
    one = split([0, 1, 1, 1])
    np.testing.assert_allclose(selection.nearness(LOGITS, LOGITS, one), 0, atol=1e-12)
    assert (selection.nearness(LOGITS[:, ::-1], LOGITS, one) < 0).all()
    several = split([0, 1, 1, 1], np.ones((4, 3), bool))
    ours, theirs = (1 / (1 + np.exp(-scores.astype(float))) for scores in (LOGITS + 1, LOGITS))
    expected = theirs * np.log(theirs / ours) + (1 - theirs) * np.log((1 - theirs) / (1 - ours))
    np.testing.assert_allclose(selection.nearness(LOGITS + 1, LOGITS, several) ** 2, expected.sum(axis=1), rtol=1e-6)


def test_right_answers_are_those_among_the_labels():
    np.testing.assert_array_equal(selection.right(LOGITS, split([0, 1, 1, 1])), [1, 0, 1, 1])
