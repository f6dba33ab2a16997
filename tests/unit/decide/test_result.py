import numpy as np
import round_trips

from tfl_lite_suite import decide
from tfl_lite_suite.decide.result import DecideResult
from tfl_lite_suite.decide.wishes import Wishes

SCORES = np.array([[3.0, 0.0], [2.0, 1.0], [0.0, 2.5], [1.0, 1.5]])


def test_what_a_decision_does_is_kept():
    scored = decide.Scored(SCORES, np.eye(2, dtype=bool)[[0, 0, 1, 1]], ("a", "b"), np.array([[0.4, 0.5], [0.1, 0.0]]))
    decision = decide.fit(scored, Wishes({"a": 0.5}))
    report = decide.report(decision, scored, Wishes({"a": 0.5}))
    found = round_trips.check(DecideResult, {"model": "x", "output": "y", **report, "warnings": []})
    assert (found.n, found.n_unknown, found.unknown.n) == (4, 2, 2)
    assert found.wishes[0].wish == "min_recall"
