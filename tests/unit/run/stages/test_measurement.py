import made_up_results
import numpy as np
import own_folders
import pytest
import quadrant_models
import run_states

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.run import stages
from tfl_lite_suite.run.result import EvaluatedFile, TimedFile
from tfl_lite_suite.run.stages import _measurement


def test_every_file_on_every_engine(tmp_path):
    step = run_states.step("benchmark", benchmark={"engines": ["litert", "tflite_runtime"]})
    state = run_states.state(tmp_path)
    for name in ("float32", "int8_ptq"):
        run_states.tflite(state, name)
    names = [task.stage.folder.name for task in _measurement.tasks("benchmark", TimedFile, state, step, {}, [])]
    assert names == ["float32_litert", "float32_tflite_runtime", "int8_ptq_litert", "int8_ptq_tflite_runtime"]


def test_a_verb_that_fails_ends_the_run(tmp_path, capfd):
    state, step = run_states.state(tmp_path), run_states.step("benchmark", benchmark={"engines": ["litert"]})
    run_states.tflite(state, "float32", b"no model")
    (task,) = _measurement.tasks("benchmark", TimedFile, state, step, {}, [])
    with pytest.raises(SuiteError, match="benchmark of .*float32.tflite on litert failed with status 1"):
        task.make()
    assert "error: " in capfd.readouterr().err and task.kept() is None


def test_the_processes_know_an_engine_of_the_users(tmp_path, monkeypatch):
    own_folders.add(monkeypatch, tmp_path / "own", "runtime/engines/reversed.py", own_folders.REVERSED)
    bright = np.zeros((4, 4, 4, 1), np.uint8)
    bright[:, :2, :2] = 255
    quadrant_models.write_folder(tmp_path / "pictures", bright, [f"quadrant {number}" for number in range(4)])
    state, step = run_states.state(tmp_path), run_states.step("evaluate", benchmark={"engines": ["litert", "reversed"]})
    run_states.tflite(state, "int8_ptq", quadrant_models.quadrants())
    options = [f"--data={tmp_path / 'pictures'}"]
    found = [task.make() for task in _measurement.tasks("evaluate", EvaluatedFile, state, step, {}, options)]
    # All four pictures are bright in the first quadrant.
    assert [row["engine"] for row in found] == ["litert", "reversed"]
    assert [np.sum(row["confusion"], axis=0).tolist() for row in found] == [[4, 0, 0, 0], [0, 0, 0, 4]]


def test_outcome():
    assert (
        stages.get("benchmark").outcome([made_up_results.timed()] * 2)
        == "2 measurements, one for each file and runtime"
    )
