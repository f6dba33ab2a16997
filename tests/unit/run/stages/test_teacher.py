import run_states

from tfl_lite_suite.run import stages


def test_a_teacher_is_no_baseline_and_no_model_of_later_steps(tmp_path):
    state = run_states.state(tmp_path)
    run_states.answered(tmp_path / "teacher")
    stages.get("teacher").take(state, run_states.step("teacher"), [{"top1": 0.5}])
    assert state.float_model is None and state.results["teacher"] == {"top1": 0.5}
    assert [(entry.name, entry.source, entry.is_baseline) for entry in state.entries] == [("teacher", None, False)]
