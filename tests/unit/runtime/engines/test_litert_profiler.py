import numpy as np
import pytest
import quadrant_models
import tflite_samples

from tfl_lite_suite.runtime.engines import _litert_profiler
from tfl_lite_suite.tflite.file import TfliteFile

# Answers and operators of the profiled session, beside the answers of the one that gives the latency.
RUN = """
import json, sys, numpy as np
from tfl_lite_suite.runtime import engines
engine, (path, kernels) = engines.get("litert"), sys.argv[1:]
plain, profiled = engine.open(path, kernels=kernels), engine.open_profiled(path, kernels=kernels)
pictures = np.random.default_rng(1).integers(0, 128, (5, *plain.input.shape)).astype(plain.input.dtype)
answers = [[session.invoke(picture).tolist() for picture in pictures] for session in (plain, profiled)]
assert (profiled.input, profiled.output) == (plain.input, plain.output)
trace = profiled.profile(7)
print(json.dumps([*answers, trace.operators, trace.ns.shape, trace.run_ns.tolist()]))
"""


@pytest.mark.parametrize("dtype", ["float32", "int8"])
@pytest.mark.parametrize(("kernels", "kind"), [("default", "Fully Connected"), ("builtin", "FULLY_CONNECTED")])
def test_the_same_answers_and_each_operator_by_name(dtype, kernels, kind, tmp_path):
    path = tmp_path / "model.tflite"
    path.write_bytes(quadrant_models.quadrants(dtype=dtype, side=64))
    plain, profiled, operators, shape, run_ns = quadrant_models.answer(RUN, path, kernels)
    assert plain == profiled
    named = [(name, found.split(" (")[0]) for name, found in operators if name]
    assert named == [("mean0", kind)]
    assert shape == [7, len(operators)] and len(run_ns) == 7 and min(run_ns) > 0


def graph(*names):
    made = tflite_samples.Graph()
    for place, name in enumerate(names):
        made.operator(
            name, [made.tensor(f"in{place} {port}", (1,)) for port in range(2)], [made.tensor(f"{place} {name}", (1,))]
        )
    return TfliteFile(made.bytes([0], [1])).subgraphs[0]


def names(recorded, *operators):
    events = [(tag, 2 if index is not None else 8, index or 0) for tag, index in recorded]
    return _litert_profiler.names_of(events, graph(*operators))


def test_delegated_operators_are_named_between_litert_s_own():
    operators = ["PAD", "CONV_2D", "HARD_SWISH", "MEAN", "FULLY_CONNECTED"]
    recorded = [("Convolution (NHWC, QC8) IGEMM", None), ("HARD_SWISH", 2), ("Mean (ND) Reduce2", None)]
    recorded += [("Static Reshape (NC)", None), ("Fully Connected (NC, QS8, QC8W) GEMM", None)]
    expected = ["1 CONV_2D", "2 HARD_SWISH", "3 MEAN", None, "4 FULLY_CONNECTED"]
    assert names(recorded, *operators) == expected


def test_a_relu_that_xnnpack_adds_has_no_name_and_the_file_s_has_one():
    assert names([("Add (ND)", None), ("Clamp (NC)", None)], "ADD") == ["0 ADD", None]
    assert names([("Add (ND)", None), ("Clamp (NC)", None)], "ADD", "RELU") == ["0 ADD", "1 RELU"]


@pytest.mark.parametrize(
    "recorded",
    [
        [("Add (ND)", None)],  # One too few.
        [("Multiply (ND)", None), ("Add (ND)", None)],  # In another order.
        [("Add (ND)", None), ("Invalid Unary Op", None)],  # Not known.
    ],
)
def test_what_does_not_fit_has_no_names(recorded):
    assert names(recorded, "ADD", "MUL") == [None] * len(recorded)


def test_an_event_is_as_large_as_in_c():
    # Two pointers' worth of tag and type, two times, six sizes, two indices, and the source, padded.
    assert _litert_profiler.ctypes.sizeof(_litert_profiler._Event) == 8 * (2 + 2 + 6 + 2 + 1)
    assert np.dtype(np.int32).itemsize * _litert_profiler._RANKED_TENSOR_TYPE_INTEGERS == 72
