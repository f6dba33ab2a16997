import pytest
from keras_samples import blocky, tiny_network

from tfl_lite_suite.models import tflite_converter
from tfl_lite_suite.quantize.ptq import float_fallback, layer_error
from tfl_lite_suite.tflite.file import TfliteFile

PICTURES = blocky(8, (32, 32, 1))


@pytest.mark.parametrize("io_type", ["int8", "float32"])
def test_named_operators_stay_in_float(io_type):
    model = tiny_network()
    mixed = float_fallback.Mixed(model, PICTURES, io_type)
    whole = TfliteFile(mixed.quantize([]))
    plain = TfliteFile(tflite_converter.convert(model, "int8", io_type=io_type, calibration=PICTURES))
    assert whole.fully_int8 and whole.inputs[0].dtype == io_type
    assert [op.name for op in whole.subgraphs[0].operators] == [op.name for op in plain.subgraphs[0].operators]
    graph = whole.subgraphs[0]
    name = next(graph.tensors[op.outputs[0]].name for op in graph.operators if op.name == "DEPTHWISE_CONV_2D")
    file = TfliteFile(mixed.quantize([name]))
    assert "DEPTHWISE_CONV_2D" in [op["name"] for op in file.float_ops] and not file.fully_int8
    assert file.inputs[0].dtype == io_type


@pytest.mark.parametrize("io_type", ["uint8", "float32"])
def test_the_last_layer_goes_to_float_by_its_name_in_the_float_file(io_type):
    model = tiny_network()
    content = tflite_converter.convert(model, "int8", io_type=io_type, calibration=PICTURES)
    reference = TfliteFile(tflite_converter.convert(model, "float32"))
    last = layer_error.layer_errors(TfliteFile(content), reference, PICTURES)[-1]
    file = TfliteFile(float_fallback.Mixed(model, PICTURES, io_type).quantize([last.tensor]))
    assert "FULLY_CONNECTED" in [op["name"] for op in file.float_ops]
