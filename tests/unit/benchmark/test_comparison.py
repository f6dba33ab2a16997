import numpy as np

from tfl_lite_suite.benchmark import comparison
from tfl_lite_suite.benchmark.job import Job


def run(monkeypatch, answers):
    """Runs a comparison whose rounds found `answers`, `(pairs, reasons)` each."""
    given = iter(answers)
    monkeypatch.setattr(comparison.isolation, "call", lambda work, doing: next(given))
    return comparison.run(Job("a.tflite", "litert"), Job("b.tflite", "litert"), rounds=len(answers))


def test_a_rounds_ratio_is_that_of_the_lower_quartiles(monkeypatch):
    pairs = np.array([[100, 110], [120, 132], [140, 500], [9000, 160], [300, 7000]])
    found = run(monkeypatch, [(pairs, []), (pairs[:, ::-1], [])])
    assert np.allclose(found.ratios, [132 / 120, 120 / 132])
    assert found.reasons == []


def test_a_few_disturbed_rounds_do_not_count(monkeypatch):
    pairs = np.array([[100, 100]])
    quiet, disturbed = (pairs, []), (pairs, ["noise"])
    assert run(monkeypatch, [disturbed] * 3 + [quiet] * 9).reasons == []
    assert run(monkeypatch, [disturbed] * 4 + [quiet] * 8).reasons == ["4 of 12 rounds: noise"]
