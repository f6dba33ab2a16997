import made_up_results
import run_states

from tfl_lite_suite.lint.result import LintProblem
from tfl_lite_suite.run import stages


def test_a_task_a_file_that_depends_on_its_content(tmp_path):
    state, step = run_states.state(tmp_path), run_states.step("lint")
    run_states.tflite(state, "int8_ptq", b"one")
    (first,) = stages.get("lint").tasks(state, step)
    run_states.tflite(state, "int8_ptq", b"two")
    (second,) = stages.get("lint").tasks(state, step)
    assert first.stage.folder == second.stage.folder == tmp_path / "lint" / "int8_ptq"
    assert first.stage.key != second.stage.key


def test_outcome():
    found = [("error", "warning"), ("info",)]
    rows = [
        made_up_results.linted(problems=tuple(LintProblem("c", severity, "m", "f") for severity in severities))
        for severities in found
    ]
    assert stages.get("lint").outcome(rows) == "2 files: 1 errors, 1 warnings"
