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
