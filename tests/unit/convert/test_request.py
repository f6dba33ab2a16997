import pytest

from tfl_lite_suite.convert import request
from tfl_lite_suite.core.errors import SuiteError

PLAIN = {
    "model": "mobilenet_v2",
    "output": "x.tflite",
    "scheme": "int8",
    "io_type": "int8",
    "calibration": None,
    "calibration_images": 4,
    "ptq": "auto",
    "hard_swish": "auto",
    "scores": "logits",
    "resolution": 32,
    "channels": 1,
    "classes": 3,
    "alpha": 1.0,
    "weights": "none",
}


@pytest.mark.parametrize("flag", ["scheme", "io_type", "ptq", "hard_swish", "scores"])
def test_an_unknown_choice_names_its_argument(flag):
    with pytest.raises(SuiteError, match=f"^{flag}: unknown .* 'int9'"):
        request.Request(**{**PLAIN, flag: "int9"})


def test_an_untrained_network_is_calibrated_with_noise_and_keeps_no_accuracy(monkeypatch):
    calls = []
    monkeypatch.setattr(request, "convert", lambda *given: calls.append(given))
    monkeypatch.setattr(
        request.Request, "_fresh", lambda self: ("net", request.contract.of_model("net", (1, 32, 32, 1)), None)
    )
    monkeypatch.setattr("tfl_lite_suite.models.tflite_converter.is_quantization_aware", lambda model: False)
    request.Request(**PLAIN).convert()
    model, of, output, scheme, io_type, pictures, ptq, hard_swish, scores = calls[0]
    assert (model, output, scheme, io_type, ptq) == ("net", "x.tflite", "int8", "int8", "plain")
    assert pictures.shape == (8, 32, 32, 1)
    assert of.image_shape == (32, 32, 1)
    assert (hard_swish, scores) == ("auto", "logits")
