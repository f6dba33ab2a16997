import numpy as np
import pytest
from keras_samples import blocky, tiny_network

from tfl_lite_suite.models import tflite_converter
from tfl_lite_suite.quantize.ptq import fallback

PICTURES = blocky(8, (32, 32, 1))


@pytest.mark.parametrize("needed", [1, 2, 3, 5, 8])
def test_no_more_layers_than_needed(needed):
    built = []

    def build(names):
        built.append(len(names))
        return bytes(len(names))

    found = fallback.fewest(build, list("abcdefgh"), lambda content: float(len(content) >= needed), 1.0)
    assert found.tensors == tuple("abcdefgh"[:needed]) and len(found.file) == needed
    assert len(built) <= 6


def test_none_if_all_layers_are_not_enough():
    assert fallback.fewest(lambda names: b"", list("abc"), lambda content: 0.5, 0.9) is None


def test_latency_is_compared_in_one_run():
    content = tflite_converter.convert(tiny_network(), "int8", calibration=PICTURES)
    assert np.isfinite(fallback.latency_ratio(content, content, PICTURES[0]))
