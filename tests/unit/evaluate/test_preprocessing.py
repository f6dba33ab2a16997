import pytest

from tfl_lite_suite.core.contract import Contract
from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.evaluate import preprocessing
from tfl_lite_suite.tflite.normalization import RAW, SOURCES, Normalization

CONTRACT = Contract(8, 8, 3, 8, 8)


def test_flags_in_the_files_place():
    assert preprocessing.normalization_of(None, None) is None
    assert preprocessing.normalization_of(["127.5"], ["2"]) == Normalization((127.5,), (2.0,), "flags")
    assert preprocessing.normalization_of(None, ["1", "2", "3"]) == Normalization((0.0,), (1.0, 2.0, 3.0), "flags")
    with pytest.raises(SuiteError, match="`mean`, `std`: expected numbers.*Received: mean x, std"):
        preprocessing.normalization_of(["x"], None)


def test_what_cannot_be_followed_names_the_file():
    assert preprocessing.checked("x.tflite", RAW, CONTRACT) is RAW
    with pytest.raises(SuiteError, match="^x.tflite: normalisation has 2 means"):
        preprocessing.checked("x.tflite", Normalization((1.0, 2.0), (1.0, 2.0), "metadata"), CONTRACT)


def test_how_pictures_were_prepared_is_said_without_a_contract():
    assert preprocessing.warnings(CONTRACT, CONTRACT, RAW) == ()
    for source in SOURCES:
        (warning,) = preprocessing.warnings(None, CONTRACT, Normalization((1.0,), (2.0,), source))
        assert warning.startswith("no preprocessing contract: pictures were scaled to cover 8x8")
        assert ("mean 1, std 2" in warning) == (source in ("metadata", "quantization", "flags"))
