import json

import numpy as np
import pytest
from places import ROOT

from tfl_lite_suite.core import decision
from tfl_lite_suite.core import decision_rules as rules
from tfl_lite_suite.core.decision import Decision, Frames, Reject
from tfl_lite_suite.core.errors import SuiteError

GOLDEN = json.loads((ROOT / "tests/golden_decisions.json").read_text())["cases"]


def number(value):
    return np.nan if value is None else float(value)


@pytest.mark.parametrize("place", range(len(GOLDEN)))
def test_the_golden_vectors(place):
    case = GOLDEN[place]
    raw = np.array([[number(value) for value in frame["raw"]] for frame in case["frames"]], np.float32)
    scores = (raw - case["zero_point"]) * np.float32(case["scale"])
    said = decision.from_json(json.dumps(case["decision"]))
    found, consensus = rules.decide(said, scores), rules.Consensus(said.frames)
    for row, frame in enumerate(case["frames"]):
        assert [number(value) for value in frame["probabilities"]] == pytest.approx(
            found.probabilities[row].tolist(), abs=0, rel=0, nan_ok=True
        )
        assert number(frame["certainty"]) == pytest.approx(found.certainty[row], abs=0, rel=0, nan_ok=True)
        assert np.flatnonzero(found.answered[row]).tolist() == frame["answered"]
        assert found.top[row] == frame["top"]
        assert list(consensus.add(frame["answered"])) == frame["announced"]


def test_exponential_and_logarithm_are_those_of_the_books():
    rng = np.random.default_rng(0)
    values = np.concatenate([-rng.random(5000) * 700, [0.0, -1e-300]])
    assert np.allclose(rules.exponential(values), np.exp(values), rtol=4e-16, atol=0)
    assert rules.exponential(np.array([-1e30, -701.0])).tolist() == [0.0, 0.0]
    values = np.concatenate([1 + rng.random(5000) * 1000, [1.0]])
    assert np.allclose(rules.logarithm(values), np.log(values), rtol=1e-15, atol=1e-15)


def test_without_settings_the_greatest_score_wins_and_ties_go_to_the_lowest_index():
    scores = np.random.default_rng(1).integers(-9, 9, (500, 6)).astype(np.float32)
    assert np.array_equal(rules.decide(Decision(temperature=3.0), scores).top, scores.argmax(1))


def test_a_low_threshold_prefers_its_class_and_a_high_one_needs_certainty():
    scores = np.log(np.array([[0.8, 0.2], [0.97, 0.03]]))
    assert rules.decide(Decision(thresholds=(0.5, 0.1)), scores).top.tolist() == [1, 0]
    assert rules.decide(Decision(thresholds=(0.9, 0.9)), scores).top.tolist() == [-1, 0]


def test_several_labels():
    found = rules.decide(Decision(mode="multi", thresholds=(0.5, 0.5, 0.9)), np.array([[1.0, 2.0, 2.0], [-1, -1, -1]]))
    assert found.answered.tolist() == [[True, True, False], [False] * 3]
    assert found.top.tolist() == [1, -1] and found.rejected.tolist() == [False, True]


def test_what_rejects():
    scores = np.array([[5.0, 0.0], [0.1, 0.0], [np.nan, 3.0]])
    for reject in (Reject("max_probability", 0.6), Reject("margin", 0.2), Reject("energy", 3.0)):
        assert rules.decide(Decision(reject=reject), scores).top.tolist() == [0, -1, -1]
    assert rules.decide(Decision(), scores).top.tolist() == [0, 0, -1]


def test_many_pictures_are_as_few():
    scores = np.random.default_rng(2).normal(size=(333, 4))
    said = Decision(temperature=0.7, thresholds=(0.1, 0.2, 0.3, 0.4), reject=Reject("energy", 1.0))
    whole = rules.decide(said, scores)
    assert np.array_equal(whole.top, [rules.decide(said, row[None]).top[0] for row in scores])


def test_thresholds_of_another_number_of_classes():
    with pytest.raises(SuiteError, match=r"expected one a class, 3\. Received: 2"):
        rules.decide(Decision(thresholds=(0.5, 0.5)), np.zeros((1, 3)))


def test_frames_agree_late_and_part_later():
    consensus = rules.Consensus(Frames(4, 0.5, 0.25))
    answers = [[1], [1], [], [2], [2], [], [], []]
    assert [list(consensus.add(answer)) for answer in answers] == [[], [1], [1], [1], [2, 1], [2], [2], [2]]
    assert consensus.add([]) == ()
