import collections

import graph_models
import onnx
import pytest
import quadrant_models

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.export.onnx import graph
from tfl_lite_suite.tflite.file import TfliteFile

OPTIMIZED = """
import json, sys, onnx, onnxruntime
options = onnxruntime.SessionOptions()
options.optimized_model_filepath = sys.argv[2]
options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
onnxruntime.InferenceSession(sys.argv[1], options, providers=["CPUExecutionProvider"])
print(json.dumps([node.op_type for node in onnx.load(sys.argv[2]).graph.node]))
"""


def model(path, scheme, io_type="int8"):
    return graph.model_of(TfliteFile.read(graph_models.write(path / "x.tflite", scheme, io_type)))


def kinds(found):
    return collections.Counter(node.op_type for node in found.graph.node)


@pytest.mark.parametrize(("scheme", "io_type"), [("float32", "int8"), ("int8", "int8"), ("int8", "uint8")])
def test_input_and_output_stay(tmp_path, scheme, io_type):
    found = model(tmp_path, scheme, io_type)
    onnx.checker.check_model(found, full_check=True)
    names = {"float32": onnx.TensorProto.FLOAT, "int8": onnx.TensorProto.INT8, "uint8": onnx.TensorProto.UINT8}
    wanted = names["float32" if scheme == "float32" else io_type]
    for value, shape in ((found.graph.input[0], [1, 13, 13, 3]), (found.graph.output[0], [1, 3])):
        assert value.type.tensor_type.elem_type == wanted
        assert [size.dim_value for size in value.type.tensor_type.shape.dim] == shape


def test_float_nodes(tmp_path):
    found = kinds(model(tmp_path, "float32"))
    assert found["Gemm"] == 2 and found["GlobalAveragePool"] == 1 and "Pad" not in found
    assert not {"QuantizeLinear", "DequantizeLinear"} & set(found)


def test_int8_is_in_pairs_and_its_range_does_what_a_clip_would(tmp_path):
    found = kinds(model(tmp_path, "int8"))
    assert found["DequantizeLinear"] > found["QuantizeLinear"] > 10
    assert not {"Clip", "Relu"} & set(found)


def test_onnx_runtime_computes_int8_with_integers(tmp_path):
    onnx.save(model(tmp_path, "int8"), tmp_path / "x.onnx")
    found = set(quadrant_models.answer(OPTIMIZED, tmp_path / "x.onnx", tmp_path / "optimized.onnx"))
    assert {"QLinearConv", "QLinearMul", "QLinearAdd", "QLinearSigmoid", "QGemm"} <= found
    assert not {"Conv", "Mul", "Add", "Sigmoid", "Gemm"} & found


def test_a_bias_behind_single_pixels_is_kept():
    # tf2onnx loses it.
    found = graph.model_of(TfliteFile(quadrant_models.quadrants(dtype="float32")))
    (dense,) = [node for node in found.graph.node if node.op_type == "Gemm"]
    assert len(dense.input) == 3


def test_what_has_no_equal():
    with pytest.raises(SuiteError, match="^not supported by onnxruntime: "):
        graph.model_of(TfliteFile(quadrant_models.quadrants(inputs=2)))
