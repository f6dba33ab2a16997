import numpy as np
import pytest

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.runtime import pixels
from tfl_lite_suite.tflite.graph import TensorSpec
from tfl_lite_suite.tflite.normalization import RAW, Normalization

ALL = np.arange(256, dtype=np.uint8).reshape(1, 16, 16, 1)


def spec(dtype, scale=0.0, zero_point=0):
    return TensorSpec.per_tensor("image", (1, 16, 16, 1), dtype, scale, zero_point)


@pytest.mark.parametrize(
    ("given", "shift"), [(spec("int8", 1.0, -128), -128), (spec("uint8", 1.0, 0), 0), (spec("float32"), 0)]
)
def test_raw_pixels_are_taken_exactly(given, shift):
    encoder = pixels.encoder(given, RAW)
    tensor = encoder.encode(ALL)
    assert tensor.dtype == given.dtype and tensor.shape == ALL.shape
    assert np.array_equal(tensor.astype(int), ALL.astype(int) + shift)
    assert encoder.note == ""


def test_another_quantization_is_followed_and_told():
    encoder = pixels.encoder(spec("int8", 2.0, 3), RAW)
    expected = np.clip(np.floor(np.arange(256) / 2 + 0.5) + 3, -128, 127)
    assert np.array_equal(encoder.encode(ALL).ravel(), expected)
    assert "scale 2 and zero point 3" in encoder.note and "-262 to 248" in encoder.note


def expected(values, mean, std, scale, zero_point, low):
    """`(value - mean) / std`, quantized as TensorFlow Lite does: rounded half away from zero, clipped."""
    steps = [(value - mean) / std / scale for value in values]
    rounded = [int(step + 0.5) if step > 0 else -int(0.5 - step) for step in steps]
    return [min(max(step + zero_point, low), low + 255) for step in rounded]


@pytest.mark.parametrize(
    ("dtype", "scale", "zero_point", "low"),
    [("int8", 1 / 128, 0, -128), ("int8", 0.02, -10, -128), ("uint8", 1 / 128, 128, 0), ("uint8", 0.01, 100, 0)],
)
def test_a_normalised_value_is_quantized(dtype, scale, zero_point, low):
    tensor = pixels.encoder(spec(dtype, scale, zero_point), Normalization((127.5,), (127.5,), "metadata")).encode(ALL)
    assert tensor.dtype == dtype
    assert tensor.ravel().tolist() == expected(range(256), 127.5, 127.5, scale, zero_point, low)


def test_each_channel_has_its_own_mean_and_deviation():
    mean, std = (10.0, 100.0, 200.0), (2.0, 50.0, 4.0)
    picture = np.random.default_rng(0).integers(0, 256, (2, 4, 5, 3), np.uint8)
    for dtype, scale, zero_point in (("float32", 0.0, 0), ("int8", 0.5, 3)):
        given = TensorSpec.per_tensor("image", (1, 4, 5, 3), dtype, scale, zero_point)
        tensor = pixels.encoder(given, Normalization(mean, std, "metadata")).encode(picture)
        assert tensor.shape == picture.shape and tensor.dtype == dtype
        for channel in range(3):
            values = picture[..., channel].ravel().tolist()
            if dtype == "float32":
                wanted = np.float32([(value - mean[channel]) / std[channel] for value in values])
                assert np.allclose(tensor[..., channel].ravel(), wanted, rtol=1e-6)
            else:
                wanted = expected(values, mean[channel], std[channel], scale, zero_point, -128)
                assert tensor[..., channel].ravel().tolist() == wanted


def test_what_cannot_be_followed_is_refused():
    with pytest.raises(SuiteError, match="input 'image': normalisation has 2 means"):
        pixels.encoder(spec("float32"), Normalization((1.0, 2.0), (1.0, 2.0), "metadata"))
    with pytest.raises(SuiteError, match="input 'image': it is odd"):
        pixels.encoder(spec("float32"), Normalization(problem="it is odd"))


def test_an_input_of_another_kind_is_refused():
    with pytest.raises(SuiteError, match="expected int8, uint8 or float32. Received: int16"):
        pixels.encoder(spec("int16", 1.0), RAW)
    with pytest.raises(SuiteError, match="without a scale"):
        pixels.encoder(spec("int8"), RAW)


def test_equal_scores_are_ranked_by_index():
    scores = np.array([[5, 9, 9, -128], [-128, -128, -128, -128]], np.int8)
    assert pixels.rank(scores, 3).tolist() == [[1, 2, 0], [0, 1, 2]]
    assert pixels.first_place_ties(scores).tolist() == [True, True]
    assert pixels.first_place_ties(np.array([[1.0, 2.0]])).tolist() == [False]


def test_dequantize():
    tensor = np.array([[-128, 0, 127]], np.int8)
    assert np.allclose(pixels.dequantize(tensor, spec("int8", 0.5, -28)), [[-50, 14, 77.5]])
    assert pixels.dequantize(np.float32([[1.5]]), spec("float32")).tolist() == [[1.5]]
