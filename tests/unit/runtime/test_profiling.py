import numpy as np
import pytest

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.runtime.profiling import Trace

OPERATORS = [("first", "CONV"), (None, "ADD"), ("last", "CONV")]


def trace(*runs):
    return Trace("a clock", 1000, OPERATORS, np.array(runs), np.array([sum(run) + 500 for run in runs]))


def test_medians_over_the_runs_and_their_shares():
    found = trace([1000, 2000, 8000], [4000, 0, 9000], [9000, 3000, 10000]).profile().document()
    assert found == {
        "method": "a clock",
        "resolution_ns": 1000,
        "runs": 3,
        "run_ns": 13500,
        "operators": [
            {"name": "first", "type": "CONV", "share": 4 / 15, "median_ns": 4000},
            {"name": None, "type": "ADD", "share": 2 / 15, "median_ns": 2000},
            {"name": "last", "type": "CONV", "share": 9 / 15, "median_ns": 9000},
        ],
    }


def test_what_is_too_short_to_be_timed_is_no_profile():
    with pytest.raises(SuiteError, match="the operators are too short for a clock, which counts 1000 ns"):
        trace([2000, 3000, 4000]).profile()
    assert trace([2000, 3000, 5000]).profile().operators
