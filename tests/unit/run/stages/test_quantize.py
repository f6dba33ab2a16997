import run_states

from tfl_lite_suite.run import stages
from tfl_lite_suite.run.stage_results import Quantized
from tfl_lite_suite.run.state import KerasModel

PTQ = {"top1_float": 0.9, "top1_ptq": 0.8, "ptq": {"kl": 0.1}, "calibration": [], "float_ops": []}
PTQ |= {"seconds": 5.0, "output": "elsewhere"}
QAT = {"top1_float": 0.9, "top1_qat": 0.85, "seconds": 60.0}


def taken(tmp_path, done):
    model = tmp_path / "train" / "model.keras"
    model.parent.mkdir()
    model.write_bytes(b"x")
    state = run_states.state(tmp_path)
    state.float_model = KerasModel("train", str(model))
    run_states.answered(tmp_path / "quantize")
    stages.get("quantize").take(state, run_states.step("quantize"), done)
    return state, str(model)


def test_both_keep_their_own_results_beside_those_together(tmp_path):
    state, model = taken(tmp_path, [PTQ, QAT])
    results = state.results["quantize"]
    assert results["tasks"] == {"ptq": PTQ, "qat": QAT}
    assert (results["top1_ptq"], results["top1_qat"], results["seconds"]) == (0.8, 0.85, 60.0)
    assert state.aware_model.step == "quantize"
    assert state.post_training[model].output == str(tmp_path / "quantize_ptq" / "model.tflite")
    words = "top-1 90.00 % float, 85.00 % fake-quantized, 80.00 % int8, without training"
    assert stages.get("quantize").outcome(Quantized.from_document(results)) == words


def test_one_scheme_alone(tmp_path):
    state, _ = taken(tmp_path, [PTQ])
    assert state.results["quantize"] == PTQ and state.aware_model is None and not state.entries
