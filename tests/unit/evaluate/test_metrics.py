import numpy as np
import pytest

from tfl_lite_suite.evaluate import metrics

LABELS = np.array([0, 0, 0, 1, 1, 2])
TOP = np.array([0, 0, 1, 1, -1, 0])
NAMES = ("a", "b", "c", "d")


def test_each_class_by_hand():
    found = metrics.measure(LABELS, TOP, NAMES)
    a, b, c, d = found.per_class
    assert (a.n, a.precision, a.recall, a.f1) == (3, pytest.approx(2 / 3), pytest.approx(2 / 3), pytest.approx(2 / 3))
    assert (b.precision, b.recall, b.f1) == (0.5, 0.5, 0.5)
    assert (c.precision, c.recall, c.f1, c.precision_ci95) == (None, 0.0, 0.0, None)
    assert (d.n, d.precision, d.recall, d.f1, d.recall_ci95) == (0, None, None, None, None)
    # What scikit-learn's balanced_accuracy_score and f1_score(average="macro", zero_division=0) give.
    assert found.balanced_accuracy == pytest.approx((2 / 3 + 1 / 2 + 0) / 3)
    assert found.macro_f1 == pytest.approx((2 / 3 + 1 / 2 + 0) / 3)
    assert found.calibration_error is None and found.risk_coverage == ()


def test_wilson_as_in_the_tables():
    assert metrics.wilson(0, 0) is None
    assert metrics.wilson(0, 10) == (0.0, pytest.approx(0.2775, abs=1e-4))
    assert metrics.wilson(10, 10) == (pytest.approx(0.7225, abs=1e-4), 1.0)
    assert metrics.wilson(95, 100) == (pytest.approx(0.8882, abs=1e-4), pytest.approx(0.9785, abs=1e-4))


def test_ranking_with_ties():
    truth = np.array([True, True, False, False, True])
    assert metrics.ranking(truth, np.array([0.9, 0.8, 0.7, 0.6, 0.5])) == (
        pytest.approx(4 / 6),
        pytest.approx((1 + 1 + 3 / 5) / 3),
    )
    assert metrics.ranking(truth, np.zeros(5)) == (0.5, pytest.approx(0.6))
    assert metrics.ranking(np.array([True]), np.ones(1)) == (None, 1.0)
    assert metrics.ranking(np.array([False]), np.ones(1)) == (None, None)
    assert metrics.ranking(np.array([True, False, True]), np.array([1.0, 0.5, np.nan]))[0] == 1.0


def test_calibration_error_and_its_diagram():
    sure, right = np.array([1.0, 1.0, 0.5, 0.5]), np.array([True, False, True, False])
    assert metrics.calibration_error(sure, right) == pytest.approx(0.25)
    assert metrics.calibration_error(sure, right, np.array([2.0, 0, 1, 1])) == pytest.approx(0.0)
    low, high = metrics.reliability(sure, right)
    assert (low["n"], low["probability"], low["accuracy"]) == (2, 0.5, 0.5)
    assert (high["high"], high["probability"], high["accuracy"]) == (1.0, 1.0, 0.5)


def test_risk_falls_with_coverage():
    sure = np.linspace(1, 0, 100)
    points = metrics.risk_coverage(sure, np.arange(100) < 80)
    assert points[-1]["coverage"] == 1.0 and points[-1]["risk"] == pytest.approx(0.2)
    assert points[0]["coverage"] == 0.05 and points[0]["risk"] == 0.0


def test_nan_counts_as_wrong_and_leaves_the_rest():
    scores = np.array([[0.9, 0.1], [np.nan, np.nan]])
    found = metrics.measure(np.array([0, 1]), np.array([0, -1]), ("a", "b"), scores)
    assert found.calibration_error == pytest.approx(0.1)
    assert found.per_class[1].recall == 0.0


def test_what_is_not_answered_does_not_spoil_the_calibration():
    scores = np.array([[0.9, 0.1]] * 10)
    labels = np.array([0] * 9 + [1])
    assert metrics.measure(labels, np.full(10, -1), ("a", "b"), scores).calibration_error == pytest.approx(0.0)


def test_several_labels_a_picture():
    truth = np.array([[1, 1], [0, 1], [0, 0]], bool)
    chances = np.array([[0.9, 0.8], [0.2, 0.4], [0.1, 0.3]])
    found = metrics.measure_multi(truth, chances >= 0.5, ("a", "b"), chances)
    assert found.mean_average_precision == 1.0
    assert found.macro_f1 == pytest.approx((1 + 2 / 3) / 2)


def test_a_better_model_shows_in_the_paired_interval():
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 3, 600)
    worse = np.where(rng.random(600) < 0.3, (labels + 1) % 3, labels)
    better = np.where(rng.random(600) < 0.1, (labels + 1) % 3, labels)
    sure = np.full(600, 0.9)
    found = metrics.paired_intervals(labels, (worse, sure), (better, sure), 3)
    assert found["balanced_accuracy"]["shown"] and found["balanced_accuracy"]["ci95"][0] > 0.1
    assert found["calibration_error"]["difference"] == pytest.approx(
        found["calibration_error"]["after"] - found["calibration_error"]["before"]
    )
    same = metrics.paired_intervals(labels, (worse, None), (worse, None), 3)
    assert set(same) == {"balanced_accuracy", "macro_f1"} and same["macro_f1"]["ci95"] == [0.0, 0.0]
