import numpy as np
import pytest
import tflite_samples
from ai_edge_litert import schema_py_generated as schema

from tfl_lite_suite.lint import graph_rules
from tfl_lite_suite.tflite.file import TfliteFile

NONE = schema.ActivationFunctionType.NONE


def codes(data, target="tflite_runtime-2.14"):
    return {problem.code for problem in graph_rules.problems(TfliteFile(data), target)}


def convolution_then(*names, activation=NONE, second_user=False):
    """A float convolution of four channels, followed by operators; MUL and ADD with a constant per channel."""
    graph = tflite_samples.Graph()
    image = graph.tensor("image", (1, 8, 8, 3))
    kernel, bias = (
        graph.tensor("kernel", (4, 3, 3, 3), data=np.ones((4, 3, 3, 3))),
        graph.tensor("bias", (4,), data=[0] * 4),
    )
    last = graph.tensor("conv", (1, 8, 8, 4))
    graph.operator("CONV_2D", [image, kernel, bias], [last], options=tflite_samples.convolution(activation, 1))
    outputs = [last] if second_user else []
    for name in names:
        inputs = [last] if name.startswith("RELU") else [last, graph.tensor(f"{name}_by", (4,), data=[2] * 4)]
        last = graph.tensor(name, (1, 8, 8, 4))
        graph.operator(name, inputs, [last])
    if second_user:
        extra = graph.tensor("extra", (1, 8, 8, 4))
        graph.operator("RELU", outputs, [extra])
        return graph.bytes([image], [last, extra])
    return graph.bytes([image], [last])


def single(name, *, version=1, custom=None, shape=(1, 4), signature=None):
    graph = tflite_samples.Graph()
    a, b = graph.tensor("a", shape, signature=signature), graph.tensor("b", shape)
    graph.operator(name, [a], [b], version=version, custom=custom)
    return graph


@pytest.mark.parametrize("data", [tflite_samples.int8_classifier(), tflite_samples.float_classifier()])
def test_a_sound_model_has_no_problem(data):
    assert codes(data) == set()


def test_versions_newer_than_the_target():
    data = single("RSQRT", version=3).bytes([0], [1])
    assert "runtime_too_old" in codes(data)
    assert "runtime_too_old" not in codes(data, "tensorflow-2.15")


def test_versions_that_no_release_has():
    assert "unknown_operator" in codes(single("RSQRT", version=77).bytes([0], [1]))


@pytest.mark.parametrize(
    ("name", "code"),
    [
        (b"FlexErf", "flex_operator"),
        (b"Mine", "custom_operator"),
        (b"TFLite_Detection_PostProcess", "bundled_custom_operator"),
    ],
)
def test_custom_operators(name, code):
    assert codes(single("CUSTOM", custom=name).bytes([0], [1])) == {code}


def test_declared_but_unused_operators():
    graph = single("RELU")
    code = schema.OperatorCodeT()
    code.builtinCode, code.deprecatedBuiltinCode, code.customCode, code.version = 32, 32, b"FlexErf", 1
    graph.model.operatorCodes.append(code)
    assert codes(graph.bytes([0], [1])) == {"unused_operator_code"}


def test_operators_out_of_order():
    graph = tflite_samples.Graph()
    a, b, c = (graph.tensor(name, (1,)) for name in "abc")
    graph.operator("RELU", [b], [c])
    graph.operator("RELU", [a], [b])
    assert "not_in_order" in codes(graph.bytes([a], [c]))


def test_a_cycle_is_told():
    graph = tflite_samples.Graph()
    a, b = graph.tensor("a", (1,)), graph.tensor("b", (1,))
    graph.operator("RELU", [b], [a])
    graph.operator("RELU", [a], [b])
    assert "not_in_order" in codes(graph.bytes([], [b]))


def test_results_that_nobody_reads():
    graph = single("RELU")
    graph.operator("RELU", [0], [graph.tensor("lost", (1, 4))])
    assert codes(graph.bytes([0], [1])) == {"unused_result"}


def test_free_sizes():
    assert codes(single("RELU", signature=[-1, 4]).bytes([0], [1])) == {"dynamic_batch"}
    assert codes(single("RELU", signature=[1, -1]).bytes([0], [1])) == {"dynamic_shape"}


def test_activations_that_did_not_fuse():
    assert codes(convolution_then("RELU")) == {"unfused_activation"}
    assert codes(convolution_then("RELU", second_user=True)) == set()


def test_batch_norm_that_did_not_fold():
    assert codes(convolution_then("MUL", "ADD")) == {"unfused_batch_norm"}
    assert codes(convolution_then("MUL", activation=schema.ActivationFunctionType.RELU)) == set()


def test_constants_that_are_cut_short():
    graph = tflite_samples.Graph()
    a, b = graph.tensor("a", (1, 4)), graph.tensor("b", (1, 4))
    graph.operator("ADD", [a, graph.tensor("short", (1, 4), data=[1, 2])], [b])
    assert codes(graph.bytes([a], [b])) == {"buffer_too_small"}


def test_another_schema_version():
    graph = single("RELU")
    graph.model.version = 2
    assert codes(graph.bytes([0], [1])) == {"schema_version"}


def operator(name, version):
    graph = tflite_samples.Graph()
    a, b = graph.tensor("a", (1, 4)), graph.tensor("b", (1, 4))
    graph.operator(name, [a], [b], version=version)
    return graph.bytes([a], [b])


def test_versions_that_the_wheels_refuse():
    assert "runtime_too_old" in codes(operator("TRANSPOSE", 7))
    assert "runtime_too_old" not in codes(operator("TRANSPOSE", 7), "litert-1.0")
    assert "runtime_too_old" not in codes(operator("TRANSPOSE", 6))
    assert "unknown_operator" in codes(operator("STABLEHLO_CBRT", 1), "litert-2.1")


def test_for_a_microcontroller_what_it_lacks_is_named_with_the_way_around():
    data = single("GELU").bytes([0], [1])
    found = {problem.code: problem for problem in graph_rules.problems(TfliteFile(data), "tflm")}
    assert "GELU" in found["not_in_tflm"].message and "h-swish" in found["not_in_tflm"].fix
    assert "'a' (float32)" in found["wide_io"].message and found["wide_io"].severity == "error"
    assert not codes(tflite_samples.int8_classifier(), "tflm") & {"not_in_tflm", "wide_io", "runtime_too_old"}
    assert "not_in_tflm" not in codes(data)
