import graph_models
import pytest
import quadrant_models

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.export.ncnn import graph
from tfl_lite_suite.tflite.file import TfliteFile


def layers(path, scheme):
    return graph.layers_of(TfliteFile.read(graph_models.write(path / "x.tflite", scheme)))


def test_the_picture_is_planes_and_the_pad_is_in_the_convolution(tmp_path):
    found = layers(tmp_path, "float32")
    assert (found[0].kind, found[0].params) == ("Input", {0: 13, 1: 13, 2: 3})
    assert found[-1].output == "out0"
    kinds = [layer.kind for layer in found]
    assert "Padding" not in kinds and kinds.count("ShuffleChannel") == 1 and kinds.count("Permute") == 1
    stem = found[kinds.index("Convolution")]
    assert [stem.params[key] for key in (4, 15, 14, 16)] == [1, 0, 0, 1]
    assert (stem.params[9], stem.params[10]) == (3, (0.0, 6.0))


def test_int8_layers_keep_their_integers(tmp_path):
    found = [layer for layer in layers(tmp_path, "int8") if layer.kind in ("Convolution", "InnerProduct")]
    assert all(layer.params[8] == 2 and layer.weights[:4] == b"\x38\x4b\x0d\x00" for layer in found)
    floats = [layer for layer in layers(tmp_path, "float32") if layer.kind in ("Convolution", "InnerProduct")]
    assert all(8 not in layer.params and layer.weights[:4] == bytes(4) for layer in floats)


def test_the_layer_that_reads_the_picture_stays_in_float():
    found = graph.layers_of(TfliteFile(quadrant_models.quadrants(dtype="int8")))
    (dense,) = [layer for layer in found if layer.kind in ("Convolution", "InnerProduct")]
    assert 8 not in dense.params


def test_what_ncnn_has_no_equal_of():
    with pytest.raises(SuiteError, match="^not supported by ncnn: "):
        graph.layers_of(TfliteFile(quadrant_models.quadrants(inputs=2)))
