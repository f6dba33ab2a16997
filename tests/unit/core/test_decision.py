import json

import pytest

from tfl_lite_suite.core import decision
from tfl_lite_suite.core.decision import Decision, Frames, Reject
from tfl_lite_suite.core.errors import SuiteError

WHOLE = Decision("single", "logits", 1.25, (0.1, 0.9), Reject("energy", -2.5), Frames(5, 0.6, 0.2))


def test_what_is_written_is_read():
    for written in (Decision(), WHOLE, Decision(mode="multi", scores="probabilities", thresholds=(0.3,))):
        assert decision.from_json(written.to_json()) == written
    assert json.loads(WHOLE.to_json())["version"] == 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"version": 2}, "reads version 1 only"),
        ({"mode": "none"}, "decision.mode"),
        ({"temperature": 0}, "decision.temperature"),
        ({"temperature": "hot"}, "decision.temperature"),
        ({"thresholds": [0.5, 0]}, r"decision.thresholds\[1\]"),
        ({"thresholds": [0.5, "x"]}, r"decision.thresholds\[1\]"),
        ({"reject": {"score": "max_prob", "threshold": 0.5}}, "Did you mean 'max_probability'"),
        ({"frames": {"window": 0, "share": 1.0, "hysteresis": 0.0}}, "decision.frames.window"),
        ({"extra": 1}, "unknown key 'extra'"),
        ({"scores": "probabilities"}, "decision.temperature"),
        ({"scores": "probabilities", "temperature": 1.0}, "energy needs logits"),
        ({"mode": "multi", "reject": {"score": "margin", "threshold": 0.5}}, "margin is for one class"),
    ],
)
def test_a_strange_decision_is_refused(change, message):
    with pytest.raises(SuiteError, match=message):
        decision.from_json(json.dumps({**json.loads(WHOLE.to_json()), **change}))


@pytest.mark.parametrize("text", ["", "[]", "{}", "[" * 100_000, '{"version": 1}'])
def test_other_texts_are_refused(text):
    with pytest.raises(SuiteError, match="decision: "):
        decision.from_json(text)
