import numpy as np
import pytest

from tfl_lite_suite.benchmark import statistics


def test_percentiles_are_numpys():
    times = np.random.default_rng(3).gamma(2, size=500)
    summary = statistics.summarise(times)
    found = (summary.p50, summary.p90, summary.p95, summary.p99)
    assert np.allclose(found, np.percentile(times, (50, 90, 95, 99)))
    assert np.allclose((summary.mean, summary.std), (times.mean(), times.std(ddof=1)))
    assert (summary.min, summary.max) == (times.min(), times.max())
    assert summary.ci95[0] <= summary.p50 <= summary.ci95[1]


def test_one_time_is_enough():
    summary = statistics.summarise(np.array([2.5]))
    assert (summary.p50, summary.std, summary.ci95) == (2.5, 0.0, (2.5, 2.5))


def test_the_bootstrap_depends_on_the_seed_alone():
    times = np.random.default_rng(3).gamma(2, size=200)
    assert statistics.median_interval(times, seed=1) == statistics.median_interval(times, seed=1)
    assert statistics.median_interval(times, seed=1) != statistics.median_interval(times, seed=2)


def test_the_interval_holds_the_true_median_as_often_as_it_says():
    generator = np.random.default_rng(0)
    hits = 0
    for seed in range(200):
        low, high = statistics.median_interval(generator.normal(10, 1, 120), seed=seed)
        hits += low <= 10 <= high
    assert 0.88 <= hits / 200 <= 0.99


def test_neighbours_that_are_alike_widen_the_interval():
    generator = np.random.default_rng(0)
    independent = generator.normal(10, 1, 1000)
    blocks = np.repeat(generator.normal(10, 1, 100), 10)
    low, high = statistics.median_interval(independent)
    low_alike, high_alike = statistics.median_interval(blocks)
    assert high_alike - low_alike > 1.5 * (high - low)


def test_the_ratio_interval_is_made_of_order_statistics():
    ratios = np.array([1.0, 0.9, 1.1, 0.8, 1.2, 0.95, 1.05, 0.7, 1.3, 1.01, 0.99, 5.0])
    middle, low, high = statistics.ratio_interval(ratios)
    # Of 12 rounds the second smallest and largest: coverage 1 − 2·(1 + 12)/4096 = 99.4 %.
    assert (middle, low, high) == (pytest.approx(1.005), 0.8, 1.3)


def test_the_ratio_interval_misses_as_rarely_as_it_says():
    generator = np.random.default_rng(0)
    missed = 0
    for _ in range(2000):
        _, low, high = statistics.ratio_interval(generator.lognormal(0, 0.05, 12))
        missed += not low <= 1 <= high
    assert missed / 2000 <= 0.012


def test_unsteadiness_is_told():
    steady = np.full(90, 2.0)
    assert statistics.unsteadiness(steady) == []
    assert "drifted by +58%" in " ".join(statistics.unsteadiness(np.linspace(2, 4, 90)))
    spread = np.tile([2.0, 2.0, 2.0, 4.0], 20)
    assert "latency varies" in " ".join(statistics.unsteadiness(spread))
