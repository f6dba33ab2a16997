import numpy as np
import pytest

from tfl_lite_suite.evaluate.paired_difference import Paired, compare


@pytest.mark.parametrize(
    ("n", "gained", "lost", "interval"),
    [(21, 1, 7, (-0.5084, -0.0133)), (161, 6, 16, (-0.1195, -0.0032))],
    ids=["Bentur et al., 2009", "Cavo et al., 2012"],
)
def test_the_examples_of_fagerland_and_others(n, gained, lost, interval):
    found = Paired(n, gained, lost)
    assert found.difference == pytest.approx((gained - lost) / n)
    assert found.interval == pytest.approx(interval, abs=1e-4)
    assert found.verdict == "loss"


@pytest.mark.parametrize(
    ("gained", "lost", "verdict"),
    [(260, 250, "not shown"), (250, 260, "not shown"), (300, 200, "gain"), (200, 300, "loss"), (0, 0, "not shown")],
)
def test_a_tenth_of_a_point_on_ten_thousand_pictures_is_no_gain(gained, lost, verdict):
    found = Paired(10_000, gained, lost)
    assert found.verdict == verdict
    least, most = found.interval
    assert least < found.difference < most


def test_the_interval_holds_the_truth_as_often_as_it_says():
    generator = np.random.default_rng(0)
    probabilities = (0.03, 0.05)
    draws = generator.multinomial(500, [*probabilities, 1 - sum(probabilities)], 4000)
    inside = [
        least <= probabilities[0] - probabilities[1] <= most
        for least, most in (Paired(500, int(gained), int(lost)).interval for gained, lost, _ in draws)
    ]
    assert np.mean(inside) == pytest.approx(0.95, abs=0.01)


def test_extremes_stay_within_bounds():
    assert Paired(1, 1, 0).interval[1] <= 1 and Paired(1, 0, 1).interval[0] >= -1


def test_pictures_are_counted():
    assert compare([True, True, False, False, True], [True, False, True, False, False]) == Paired(5, 1, 2)
    with pytest.raises(ValueError):
        compare([True], [True, False])
