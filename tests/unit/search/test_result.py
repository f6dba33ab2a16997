import pytest

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.search.result import CompleteTrial, Outcome

OUTCOME = {"top1": 0.5, "top1_unseen": 0.4, "n": 5, "n_unseen": 5, "ms": 1.5, "steady": True, "bytes": 9}
OUTCOME |= {"engine": "litert", "loss": 0.0}


def test_a_complete_trial_has_its_outcome_beside_its_values():
    row = CompleteTrial(
        trial=3, state="complete", params={"model.alpha": 0.5}, name="x", folder="trials/x", **OUTCOME
    ).document()
    assert row.items() >= OUTCOME.items() and {"trial", "state", "params", "name", "folder"} <= set(row)
    assert "recipe" not in row and "why" not in row


def test_a_damaged_outcome_is_named():
    with pytest.raises(SuiteError, match="trial 3: ms: expected float. Received: 'fast'"):
        Outcome.from_document({**OUTCOME, "ms": "fast"}, "trial 3")
