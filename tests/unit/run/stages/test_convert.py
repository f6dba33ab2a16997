import run_states

from tfl_lite_suite.run import stages
from tfl_lite_suite.run.result import ConvertedFile
from tfl_lite_suite.run.state import KerasModel


def prepared(tmp_path, **more):
    state = run_states.state(tmp_path, **more)
    for name in ("train", "quantize"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "model.keras").write_bytes(name.encode())
    state.float_model = KerasModel("train", str(tmp_path / "train" / "model.keras"))
    return state


def folders(state, step):
    return [task.stage.folder.name for task in stages.get("convert").tasks(state, step)]


def test_a_file_for_each_scheme_and_one_for_what_was_trained_for_int8(tmp_path):
    state = prepared(tmp_path)
    assert folders(state, run_states.step("convert")) == ["float32", "int8_ptq"]
    state.aware_model = KerasModel("quantize", str(tmp_path / "quantize" / "model.keras"))
    assert folders(state, run_states.step("convert")) == ["float32", "int8_ptq", "int8_qat"]


def test_nothing_is_converted_twice_and_later_models_get_names_of_their_own(tmp_path):
    state, step = prepared(tmp_path), run_states.step("convert")
    rows = [{"name": name, "source": "train", "scheme": name, "output": "moved"} for name in ("float32",)]
    stages.get("convert").take(state, step, rows)
    assert state.files["float32"].output == str(state.tflite_file("float32"))
    assert folders(state, step) == ["int8_ptq"]
    state.float_model = KerasModel("prune", state.float_model.file)
    assert folders(state, step) == ["prune_float32", "int8_ptq"]


def test_outcome():
    assert stages.get("convert").outcome([ConvertedFile("int8_qat", None, 901_374)]) == "int8_qat 901 kB"
