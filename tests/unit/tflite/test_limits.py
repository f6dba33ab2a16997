import numpy as np
import pytest
import tflite_samples

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.tflite import limits
from tfl_lite_suite.tflite.file import TfliteFile


def model(shapes):
    """A chain of RESHAPEs through float tensors of these shapes."""
    graph = tflite_samples.Graph()
    tensors = [graph.tensor(f"t{place}", shape) for place, shape in enumerate(shapes)]
    for before, after in zip(tensors, tensors[1:], strict=False):
        graph.operator("RESHAPE", [before], [after])
    return TfliteFile(graph.bytes(tensors[:1], tensors[-1:]), "x.tflite")


@pytest.mark.parametrize(
    ("shapes", "name"),
    [
        ([(1, 8), (1, 2_000_000_000)], "t1"),
        ([(1, 30_000, 30_000, 3), (1, 8)], "t0"),
        ([(1, 8), (1, 1 << 14, 1 << 14), (1, 8)], "t1"),
    ],
)
def test_a_claim_that_no_memory_holds_is_named(shapes, name):
    with pytest.raises(SuiteError, match=rf"x.tflite: tensor '{name}' claims [\d,]+ bytes, in a file of \d+"):
        limits.check_claims(model(shapes))


def test_large_pictures_and_constants_are_fine():
    limits.check_claims(model([(1, 4096, 4096, 3), (1, 100_000)]))
    graph = tflite_samples.Graph()
    graph.tensor("weights", (1 << 30,), np.int8, data=np.zeros(4, np.int8))
    given = graph.tensor("given", (1, 4))
    limits.check_claims(TfliteFile(graph.bytes([given], [given])))
