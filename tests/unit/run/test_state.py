import pytest
import run_states

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.run.state import KerasModel


def test_the_latest_model_is_this_runs_or_an_earlier_ones(tmp_path):
    state = run_states.state(tmp_path)
    with pytest.raises(SuiteError, match="stages: train must come first; there is no"):
        state.latest_model()
    (tmp_path / "train").mkdir()
    (tmp_path / "train" / "model.keras").write_bytes(b"x")
    assert state.latest_model().step == "train"
    state.float_model = KerasModel("prune", str(tmp_path / "train" / "model.keras"))
    assert state.latest_model().step == "prune"


def test_answers_are_entered_once(tmp_path):
    state = run_states.state(tmp_path)
    run_states.answered(tmp_path / "train")
    for _ in range(2):
        state.enter_keras("train")
    assert len(state.entries) == 1
