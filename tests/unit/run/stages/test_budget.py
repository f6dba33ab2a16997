import collections

import pytest
import run_states
from pictures import write_classes

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.run import stages


@pytest.mark.parametrize(("most", "ok"), [(3, False), (4, True)])
def test_a_broken_limit_ends_the_run(tmp_path, most, ok):
    state, stage = run_states.state(tmp_path), stages.get("budget")
    run_states.tflite(state, "int8_ptq", b"1234")
    step = run_states.step("budget", budget={"max_bytes": most})
    assert stage.tasks(state, step) == []
    stage.take(state, step, [])
    assert state.results["budget"]["ok"] is ok
    assert bool(stage.unmet(state, step)) is not ok
    assert stage.outcome(stage.read(state.results["budget"], "budget")) == ("kept" if ok else "broken")


def test_limits_need_a_stage_that_measures_them():
    settings = run_states.settings(budget={"max_ms": 1})
    before = collections.Counter(convert=1)
    with pytest.raises(SuiteError, match="budget.max_ms: the stage benchmark must come before it"):
        stages.get("budget").check(settings, before, "budget", "budget")


def test_a_class_that_is_none_is_told_before_training(tmp_path):
    write_classes(tmp_path, {"cat": 1, "dog": 1})
    settings = run_states.settings(data={"source": str(tmp_path)}, budget={"min_recall": {"dgo": 0.9}})
    with pytest.raises(SuiteError, match=r"budget.min_recall: unknown class 'dgo'\. Did you mean 'dog'"):
        stages.get("budget").check(settings, collections.Counter(convert=1, evaluate=1), "stages[2]", "budget")
