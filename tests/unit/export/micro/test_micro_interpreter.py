import numpy as np
import pytest
import quadrant_models
import tflite_samples

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.export.micro import micro_interpreter

pytest.importorskip("tflite_micro")


@pytest.fixture
def model(tmp_path):
    path = tmp_path / "model.tflite"
    path.write_bytes(quadrant_models.quadrants(dtype="int8"))
    return path


def test_the_least_arena_is_enough_and_one_byte_less_is_not(model):
    least = micro_interpreter.least_arena(model)
    shape = (2, quadrant_models.SIDE, quadrant_models.SIDE, 1)
    assert micro_interpreter.outputs(model, np.zeros(shape, np.int8), least).dtype == np.int8
    with pytest.raises(SuiteError):
        micro_interpreter.outputs(model, np.zeros(shape, np.int8), least - 1)


def test_too_small_an_arena_is_said_in_the_interpreters_words(model):
    shape = (1, quadrant_models.SIDE, quadrant_models.SIDE, 1)
    with pytest.raises(SuiteError, match="TFLM failed to allocate tensors"):
        micro_interpreter.outputs(model, np.zeros(shape, np.int8), 512)


def test_why_a_model_runs_in_no_arena_is_said_in_the_interpreters_words(tmp_path):
    graph = tflite_samples.Graph()
    image, answer = graph.tensor("image", (1, 4)), graph.tensor("answer", (1, 4))
    graph.operator("CUSTOM", [image], [answer], custom=b"Mine")
    path = tmp_path / "model.tflite"
    path.write_bytes(graph.bytes([image], [answer]))
    with pytest.raises(SuiteError, match=r"not supported by tflm: .*CUSTOM"):
        micro_interpreter.least_arena(path)
