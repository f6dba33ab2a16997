import made_up_results
import run_states

from tfl_lite_suite.run import stages


def test_settings_are_part_of_the_key(tmp_path):
    state, keys = run_states.state(tmp_path), set()
    run_states.tflite(state, "float32")
    for runs in (10, 20):
        step = run_states.step("benchmark", benchmark={"engines": ["litert"], "runs": runs})
        (task,) = stages.get("benchmark").tasks(state, step)
        keys.add(task.stage.key)
    assert len(keys) == 2


def test_a_disturbed_timing_is_one_note(tmp_path, capsys):
    names = ("float32", "int8_ptq", "x")
    rows = [made_up_results.timed(name, valid=name == "float32").document() for name in names]
    stages.get("benchmark").take(run_states.state(tmp_path), run_states.step("benchmark"), rows)
    told = capsys.readouterr().err
    assert told.startswith("note: other programs disturbed the timing of int8_ptq on litert, x on litert; ")
    assert told.count("\n") == 1
    stages.get("benchmark").take(run_states.state(tmp_path), run_states.step("benchmark"), rows[1:])
    assert "the timing of all 2 files;" in capsys.readouterr().err
