import numpy as np
import pytest

from tfl_lite_suite.benchmark import job
from tfl_lite_suite.core.contract import Contract
from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.tflite.graph import TensorSpec


@pytest.mark.parametrize(
    ("dtype", "low", "high"), [("int8", -128, 127), ("uint8", 0, 255), ("float32", 0, 255), ("int32", 0, 1)]
)
def test_the_input_is_noise_over_the_range_of_its_type(dtype, low, high):
    tensor = job.random_tensor(TensorSpec("x", (1, 64, 64, 3), dtype), seed=1)
    assert tensor.dtype == dtype and tensor.shape == (1, 64, 64, 3)
    assert (tensor.min(), tensor.max()) == (low, high)
    assert np.array_equal(tensor, job.random_tensor(TensorSpec("x", (1, 64, 64, 3), dtype), seed=1))


def test_an_input_of_strings_is_refused():
    with pytest.raises(SuiteError, match="expected integers or floats"):
        job.random_tensor(TensorSpec("x", (1,), "object"), seed=0)


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ((1, 32, 24, 3), Contract(32, 24, 3, 32, 24)),
        ((1, 28, 28, 1), Contract(28, 28, 1, 28, 28)),
        ((4, 28, 28, 1), None),
        ((1, 28, 28, 2), None),
        ((1, 784), None),
        ((1, 0, 28, 3), None),
    ],
)
def test_the_plainest_contract_of_a_shape(shape, expected):
    assert job.contract_of(shape) == expected


def test_peak_memory_grows_with_use():
    before = job.peak_rss_bytes()
    block = np.ones(2 * before // 8)
    assert job.peak_rss_bytes() > 1.5 * before and block[0] == 1
