import round_trips

from tfl_lite_suite.quantize.result import PtqResult, QatResult, QuantizeResult

QAT = {"top1_float": 0.9, "top1_qat": 0.89, "top5_qat": 1.0, "epochs": 2, "seconds": 3.0, "history": [{"epoch": 1}]}
PTQ = {
    "output": "work/quantize_ptq/model.tflite",
    "top1_float": None,
    "top1_ptq": None,
    "ptq": {"techniques": [], "agreement": 0.98},
    "calibration": [],
    "float_ops": [{"name": "SOFTMAX"}],
    "seconds": 1.0,
}


def test_the_keys_tell_which_of_the_two_it_is():
    assert isinstance(round_trips.check(QuantizeResult, QAT), QatResult)
    ptq = round_trips.check(QuantizeResult, {**PTQ, "worst_layers": []})
    assert isinstance(ptq, PtqResult) and ptq.others == {"worst_layers": []}
