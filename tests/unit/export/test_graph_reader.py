import math

import graph_models
import keras_samples
import numpy as np
import pytest
import quadrant_models

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.export.graph_reader import GraphReader, Padding, value_range
from tfl_lite_suite.models import tflite_converter
from tfl_lite_suite.quantize.ptq import int16_fallback
from tfl_lite_suite.tflite.file import TfliteFile
from tfl_lite_suite.tflite.graph import TensorSpec


class Recorder(GraphReader):
    """Notes what it is asked to convert."""

    ENGINE = "recorder"

    def __init__(self, file):
        super().__init__(file)
        self.seen, self.windows = [], []
        self.walk()

    def alias(self, source, target):
        self.seen.append("alias")

    def shuffle(self, source, target, groups):
        assert source.shape == target.shape
        self.seen.append(f"shuffle {groups}")

    def note(self, op):
        self.seen.append(op.name)
        if "CONV" in op.name:
            kernel = self.input(op, 1).shape[1:3]
            self.windows.append(self.window(op, kernel))


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    return TfliteFile.read(graph_models.write(tmp_path_factory.mktemp("x") / "x.tflite", "float32"))


@pytest.fixture
def recorder(file, monkeypatch):
    names = {op.name for op in file.subgraphs[0].operators}
    monkeypatch.setattr(Recorder, "OPERATORS", dict.fromkeys(names - {"TRANSPOSE"}, Recorder.note))
    return Recorder(file)


def test_a_channel_shuffle_is_one_step(recorder):
    assert recorder.seen.count("shuffle 2") == 1 and recorder.seen.count("RESHAPE") == 1


def test_a_pad_is_left_to_the_convolution_that_reads_it(recorder):
    assert "PAD" not in recorder.seen and recorder.seen.count("alias") == 1
    stem = recorder.windows[0]
    assert stem.padding == Padding(left=1, right=0, top=0, bottom=1)
    assert (stem.kernel, stem.strides) == ((3, 3), (2, 2))


def test_same_padding_as_tensorflow_has_it(recorder):
    assert recorder.windows[1].padding == Padding(1, 1, 1, 1)
    dilated = next(window for window in recorder.windows if window.dilations == (2, 2))
    assert dilated.kernel == (2, 2) and dilated.padding == Padding(1, 1, 1, 1)


def test_an_operator_that_is_not_known(file, monkeypatch):
    monkeypatch.setattr(Recorder, "OPERATORS", {})
    with pytest.raises(SuiteError, match="^not supported by recorder: operator "):
        Recorder(file)


def test_a_model_with_two_inputs(monkeypatch):
    with pytest.raises(SuiteError, match="not supported by recorder: a model with several graphs, inputs or outputs"):
        Recorder(TfliteFile(quadrant_models.quadrants(inputs=2)))


def test_a_model_with_16_bit_activations():
    content = tflite_converter.convert(
        keras_samples.tiny_network(), "int8", calibration=keras_samples.blocky(8, (32, 32, 1))
    )
    file = TfliteFile(content)
    wide = int16_fallback.widen(file, sorted(int16_fallback.candidates(file)[0])[:1])
    with pytest.raises(SuiteError, match="not supported by recorder: a model with 16-bit activations"):
        Recorder(wide)


def test_constants_as_real_values(tmp_path):
    real = TfliteFile.read(graph_models.write(tmp_path / "f.tflite", "float32"))
    half = TfliteFile.read(graph_models.write(tmp_path / "h.tflite", "float16"))
    weights = []
    for file in (real, half):
        reader = GraphReader(file)
        constants = [tensor for tensor in reader.graph.tensors if reader.graph.is_constant(tensor)]
        weights.append(sorted(np.abs(reader.real(tensor)).sum() for tensor in constants if len(tensor.shape) == 4))
    assert len(weights[0]) == 6
    assert np.allclose(*weights, rtol=1e-3)


def test_range_of_integers():
    assert value_range(TensorSpec("x", (1,), "int8", scales=(0.5,), zero_points=(-128,))) == (0.0, 127.5)
    assert value_range(TensorSpec("x", (1,), "float32")) == (-math.inf, math.inf)
