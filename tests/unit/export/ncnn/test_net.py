import numpy as np

from tfl_lite_suite.export.ncnn import net
from tfl_lite_suite.export.ncnn.net import Layer


def test_a_blob_with_two_readers_is_split():
    layers = [
        Layer("Input", [], "in0", {0: 4}),
        Layer("ReLU", ["in0"], "a", {}),
        Layer("BinaryOp", ["in0", "a"], "out0", {0: 2}),
    ]
    text, weights = net.save(layers)
    assert weights == b""
    assert text.splitlines() == [
        "7767517",
        "4 5",
        "Input input_0 0 1 in0 0=4",
        "Split split_0 1 2 in0 in0_0 in0_1",
        "ReLU relu_1 1 1 in0_0 a",
        "BinaryOp binaryop_2 2 1 in0_1 a out0 0=2",
    ]


def test_parameters_and_weights():
    layer = Layer("Clip", ["a"], "b", {1: 0.5, 10: [0.0, 6.0], 11: [1, 2]}, net.plain([1.0]))
    text, weights = net.save([layer])
    assert (
        text.splitlines()[2]
        == "Clip clip_0 1 1 a b 1=5.000000000e-01 -23310=2,0.000000000e+00,6.000000000e+00 -23311=2,1,2"
    )
    assert weights == np.float32(1).tobytes()


def test_int8_weights_are_tagged_and_padded():
    assert net.tagged(np.array([1, 2, 3], np.int8)) == b"\x38\x4b\x0d\x00\x01\x02\x03\x00"
    assert net.tagged(np.array([1], np.float32))[:4] == bytes(4)
