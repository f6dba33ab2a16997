import numpy as np
import pytest

from tfl_lite_suite.errors import SuiteError
from tfl_lite_suite.runtime.profiling import Trace

OPERATORS = [("first", "CONV"), (None, "ADD"), ("last", "CONV")]


def trace(*runs):
    return Trace("a clock", 1000, OPERATORS, np.array(runs), np.array([sum(run) + 500 for run in runs]))


def test_medians_over_the_runs_and_their_shares():
    found = trace([1000, 2000, 3000], [3000, 0, 5000], [9000, 1000, 4000]).document()
    assert found == {
        "method": "a clock",
        "resolution_ns": 1000,
        "runs": 3,
        "run_ns": 8500,
        "operators": [
            {"name": "first", "type": "CONV", "share": 3 / 8, "median_ns": 3000},
            {"name": None, "type": "ADD", "share": 1 / 8, "median_ns": 1000},
            {"name": "last", "type": "CONV", "share": 4 / 8, "median_ns": 4000},
        ],
    }


def test_what_is_too_short_to_be_timed_is_no_profile():
    with pytest.raises(SuiteError, match="every operator takes less than the 1000 ns that a clock tells apart"):
        trace([0, 0, 0], [0, 0, 0]).document()
