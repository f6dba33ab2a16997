import collections

import pytest
import run_states
from pictures import write_classes

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.run import stages
from tfl_lite_suite.run.stages import decide as of_decide


def test_later_stages_take_the_copy_with_the_decision(tmp_path):
    write_classes(tmp_path / "s", {"cat": 2, "dog": 2})
    state, stage = run_states.state(tmp_path), stages.get("decide")
    run_states.tflite(state, "int8_ptq")
    keys = set()
    for share in (0.9, 0.95):
        more = {"decide": {"min_recall": {"cat": share}}, "data": {"source": str(tmp_path / "s")}}
        (task,) = stage.tasks(state, run_states.step("decide", **more))
        keys.add(task.stage.key)
    assert len(keys) == 2
    row = {"name": "int8_ptq", "output": "moved", "wishes": [{"met": False}]}
    stage.take(state, run_states.step("decide"), [row])
    assert state.files["int8_ptq"].output == str(tmp_path / "decide/int8_ptq/int8_ptq.tflite")
    assert stage.outcome(stage.read([row], "decide")) == "1 files: 1 wishes out of reach"


def test_settings_become_flags():
    settings = run_states.settings(decide={"min_recall": {"a": 0.9, "b": 1}, "max_false_alarms": 0.01, "window": 3})
    flags = of_decide._flags(settings.decide)
    assert {"--min_recall=a=0.9,b=1.0", "--max_false_alarms=0.01", "--window=3", "--reject=auto"} <= set(flags)
    assert not any(flag.startswith(("--keep", "--costs")) for flag in flags)
    settings = run_states.settings(decide={"min_recall": {'dent, 2"': 0.9, "b": 1}})
    assert '--min_recall="dent, 2""=0.9",b=1.0' in of_decide._flags(settings.decide)


def test_a_class_that_is_none_is_told_before_training(tmp_path):
    write_classes(tmp_path, {"cat": 1, "dog": 1})
    settings = run_states.settings(data={"source": str(tmp_path)}, decide={"min_recall": {"dgo": 0.9}})
    with pytest.raises(SuiteError, match=r"decide.min_recall: unknown class 'dgo'\. Did you mean 'dog'"):
        stages.get("decide").check(settings, collections.Counter(convert=1), "stages[1]", "decide")
