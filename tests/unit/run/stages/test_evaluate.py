import made_up_results
import run_states

from tfl_lite_suite.run import stages


def test_answers_enter_the_ledger_under_file_and_runtime(tmp_path):
    state = run_states.state(tmp_path)
    run_states.tflite(state, "int8_ptq")
    run_states.answered(tmp_path / "evaluate" / "int8_ptq_litert", top1=(0, 0))
    row = made_up_results.evaluated("int8_ptq").document()
    stages.get("evaluate").take(state, run_states.step("evaluate"), [row])
    (entry,) = state.entries
    assert (entry.name, entry.runtime, entry.source, entry.is_baseline) == ("int8_ptq", "litert 2.3", "train", False)
    assert entry.answers.accuracy == 0.5 and state.results["evaluate"] == [row]
