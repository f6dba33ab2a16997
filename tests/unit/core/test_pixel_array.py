import numpy as np
import pytest

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.core.pixel_array import array_pixels

GREY = np.arange(12, dtype=np.uint8).reshape(3, 4)


def test_grey_rgb_and_rgba():
    assert np.array_equal(array_pixels(GREY), GREY[:, :, None])
    rgb = np.stack([GREY, GREY + 1, GREY + 2], axis=2)
    assert array_pixels(rgb) is not None and np.array_equal(array_pixels(rgb), rgb)
    rgba = np.dstack([rgb, np.full((3, 4), 255, np.uint8)])
    assert np.array_equal(array_pixels(rgba), rgb)
    rgba[..., 3] = 0
    assert np.array_equal(array_pixels(rgba), np.full((3, 4, 3), 255))


@pytest.mark.parametrize("dtype", ["int64", "uint16", "float32", "float64"])
def test_other_types_of_pixel_values(dtype):
    pixels = array_pixels((GREY * 20).astype(dtype))
    assert pixels.dtype == np.uint8 and np.array_equal(pixels[:, :, 0], GREY * 20)


def test_floats_are_rounded():
    assert array_pixels(np.array([[0.4, 0.6, 254.6]])).ravel().tolist() == [0, 1, 255]
    assert array_pixels(np.zeros((2, 2))).max() == 0


@pytest.mark.parametrize(
    "array, said",
    [
        (np.zeros((1, 4, 4, 3)), r"^x: expected an array of shape .* Received: \(1, 4, 4, 3\)"),
        (np.zeros((4, 4, 2)), r"Received: \(4, 4, 2\)"),
        (np.zeros((0, 4)), r"Received: \(0, 4\)"),
        (np.full((2, 2), -1), "values from 0 to 255. Received: -1 to -1"),
        (np.full((2, 2), 256.0), "Received: 256 to 256"),
        (np.array([[0.0, np.nan]]), "Received: nan to nan"),
        (np.full((2, 2), 0.7), "look like pixels divided by 255. Multiply them by 255"),
        (np.ones((2, 2), bool), "Received: an array of bool"),
        (np.array([["a"]]), "Received: an array of <U1"),
    ],
)
def test_what_is_no_picture_is_said(array, said):
    with pytest.raises(SuiteError, match=said):
        array_pixels(array, "x")
