import numpy as np
import pytest

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.runtime import pixels
from tfl_lite_suite.runtime.session import TensorSpec

ALL = np.arange(256, dtype=np.uint8).reshape(1, 16, 16, 1)


def spec(dtype, scale=0.0, zero_point=0):
    return TensorSpec("image", (1, 16, 16, 1), dtype, scale, zero_point)


@pytest.mark.parametrize(
    ("given", "shift"), [(spec("int8", 1.0, -128), -128), (spec("uint8", 1.0, 0), 0), (spec("float32"), 0)]
)
def test_raw_pixels_are_taken_exactly(given, shift):
    encoder = pixels.encoder(given)
    tensor = encoder.encode(ALL)
    assert tensor.dtype == given.dtype and tensor.shape == ALL.shape
    assert np.array_equal(tensor.astype(int), ALL.astype(int) + shift)
    assert encoder.note == ""


def test_another_quantization_is_followed_and_told():
    encoder = pixels.encoder(spec("int8", 2.0, 3))
    expected = np.clip(np.floor(np.arange(256) / 2 + 0.5) + 3, -128, 127)
    assert np.array_equal(encoder.encode(ALL).ravel(), expected)
    assert "scale 2 and zero point 3" in encoder.note and "-262 to 248" in encoder.note


def test_an_input_of_another_kind_is_refused():
    with pytest.raises(SuiteError, match="expected int8, uint8 or float32. Received: int16"):
        pixels.encoder(spec("int16", 1.0))
    with pytest.raises(SuiteError, match="without a scale"):
        pixels.encoder(spec("int8"))


def test_equal_scores_are_ranked_by_index():
    scores = np.array([[5, 9, 9, -128], [-128, -128, -128, -128]], np.int8)
    assert pixels.rank(scores, 3).tolist() == [[1, 2, 0], [0, 1, 2]]
    assert pixels.first_place_ties(scores).tolist() == [True, True]
    assert pixels.first_place_ties(np.array([[1.0, 2.0]])).tolist() == [False]


def test_dequantize():
    tensor = np.array([[-128, 0, 127]], np.int8)
    assert np.allclose(pixels.dequantize(tensor, spec("int8", 0.5, -28)), [[-50, 14, 77.5]])
    assert pixels.dequantize(np.float32([[1.5]]), spec("float32")).tolist() == [[1.5]]
