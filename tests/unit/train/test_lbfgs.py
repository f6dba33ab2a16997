import numpy as np
import pytest

from tfl_lite_suite.train.lbfgs import minimize


def _quadratic(scales):
    def function(point):
        return float(0.5 * np.sum(scales * (point - 3) ** 2)), scales * (point - 3)

    return function


@pytest.mark.parametrize("size", [1, 5, 200])
def test_finds_the_minimum_of_an_ill_conditioned_quadratic(size):
    scales = np.geomspace(1e-2, 1e1, size)
    found = minimize(_quadratic(scales), np.zeros(size), tolerance=1e-14)
    np.testing.assert_allclose(found, np.full(size, 3.0), rtol=1e-4)


def test_finds_the_minimum_of_a_curved_valley():
    def rosenbrock(point):
        x, y = point
        value = (1 - x) ** 2 + 100 * (y - x * x) ** 2
        return value, np.array([-2 * (1 - x) - 400 * x * (y - x * x), 200 * (y - x * x)])

    np.testing.assert_allclose(minimize(rosenbrock, np.array([-1.2, 1.0]), tolerance=1e-15), [1, 1], atol=1e-5)


def test_stays_at_the_minimum_and_obeys_the_limit_of_steps():
    start = np.full(4, 3.0)
    np.testing.assert_array_equal(minimize(_quadratic(np.ones(4)), start), start)
    calls = []

    def counted(point):
        calls.append(point)
        return _quadratic(np.geomspace(1e-2, 1e3, 50))(point)

    minimize(counted, np.zeros(50), most_steps=2, tolerance=0)
    assert len(calls) < 2 * 31
