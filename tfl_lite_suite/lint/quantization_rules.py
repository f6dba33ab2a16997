"""Checks of a model's quantization: what costs accuracy, or leaves operators in float."""

import math
from collections.abc import Iterator

from tfl_lite_suite.lint.graph_rules import WEIGHTED, all_operators, inputs_of, output_name
from tfl_lite_suite.lint.problem import Check, applied, listed
from tfl_lite_suite.lint.result import LintProblem as Problem
from tfl_lite_suite.tflite import operator_versions
from tfl_lite_suite.tflite.file import TfliteFile
from tfl_lite_suite.tflite.graph import Operator, Subgraph, TensorSpec

_RANGES = {"int8": (-128, 127), "uint8": (0, 255), "int16": (-32768, 32767), "int4": (-8, 7), "uint16": (0, 65535)}


def problems(file: TfliteFile, target: str) -> list[Problem]:
    """Runs every check of the quantization; see `problem.applied`."""
    checks: tuple[Check, ...] = (
        _float_islands, _needless_conversions, _hybrid, _int16_activations, _quantization_numbers,
        _weights_per_tensor, _dense_per_channel, _input_quantization, _odd_weights,
    )  # fmt: skip
    return applied(checks, file, target)


def looks_like_image(tensor: TensorSpec) -> bool:
    """Returns whether a tensor has the shape of one picture: `(batch, height, width, 1 or 3)`."""
    return len(tensor.shape) == 4 and tensor.shape[3] in (1, 3)


def _input_quantization(file: TfliteFile, target: str) -> Iterator[Problem]:
    exact = {"int8": (1.0, -128), "uint8": (1.0, 0)}
    for tensor in file.inputs:
        wanted = exact.get(tensor.dtype)
        if wanted and looks_like_image(tensor) and (tensor.scale, tensor.zero_point) != wanted:
            given = f"scale {tensor.scale:.6g} and zero point {tensor.zero_point}" if tensor.scales else "no scale"
            yield Problem(
                "input_quantization",
                "warning",
                f"input '{tensor.name}' has {given}, not scale {wanted[0]:g} and zero point {wanted[1]}",
                "put normalisation inside the graph and calibrate with pictures that hold both 0 and 255: "
                "then the device feeds raw pixels without arithmetic",
            )


def _odd_weights(file: TfliteFile, target: str) -> Iterator[Problem]:
    import numpy as np

    odd = []
    for graph in file.subgraphs:
        for tensor in graph.tensors:
            if tensor.dtype in ("float32", "float16") and graph.is_constant(tensor):
                content = file.buffer(tensor.buffer)
                width = np.dtype(tensor.dtype).itemsize
                values = np.frombuffer(content[: len(content) // width * width], tensor.dtype)
                odd += [] if np.isfinite(values).all() else [tensor.name]
    if odd:
        yield Problem(
            "weights_not_finite",
            "error",
            f"weights hold NaN or infinity: {listed(odd)}",
            "train again with a lower learning rate, and convert: nothing computed from them is a number",
        )


def _is_integer_graph(file: TfliteFile) -> bool:
    return any(
        graph.tensors[index].scales and graph.tensors[index].dtype in _RANGES
        for graph, op in all_operators(file)
        for index in op.outputs
        if index >= 0
    )


def _float_islands(file: TfliteFile, target: str) -> Iterator[Problem]:
    custom = {name for name, _, is_custom in file.operator_codes if is_custom}
    islands = [
        op
        for op in file.float_ops
        # Custom operators, such as those that turn boxes into answers, have no quantized form.
        if op["name"] not in custom and not _widens(file.subgraphs[op["subgraph"]], op["index"])
    ]
    if islands and _is_integer_graph(file):
        names = [f"{op['name']} ('{op['output']}')" for op in islands]
        yield Problem(
            "float_island",
            "warning",
            f"{len(names)} operators compute in float in a quantized graph: {listed(names)}",
            "give each of them a quantized form (fake quantization, or calibration that reaches it) and convert again",
        )
    if _is_integer_graph(file) and any(tensor.is_float for tensor in (*file.inputs, *file.outputs)):
        yield Problem(
            "float_io",
            "info",
            "the graph is quantized, but its input or output is float",
            "convert with --io_type=int8 or uint8, if the device has no float unit",
        )


def _makes_int16(graph: Subgraph, op: Operator) -> bool:
    return any(graph.tensors[i].dtype == "int16" and graph.tensors[i].scales for i in op.outputs if i >= 0)


def _widens(graph: Subgraph, index: int) -> bool:
    """Whether an operator only brings int8 to int16, which older runtimes do by way of float."""
    op = graph.operators[index]
    users = [user for output in op.outputs for user in graph.users.get(output, [])]
    ends = users if op.name == "DEQUANTIZE" else [op]
    return bool(ends) and all(end.name == "QUANTIZE" and _makes_int16(graph, end) for end in ends)


def _needless_conversions(file: TfliteFile, target: str) -> Iterator[Problem]:
    pairs, requantized = [], []
    for graph, op in all_operators(file):
        if op.name != "QUANTIZE" or not op.inputs or op.inputs[0] < 0:
            continue
        maker = graph.makers.get(op.inputs[0])
        if maker and maker.name == "DEQUANTIZE" and not _widens(graph, maker.index):
            pairs.append(output_name(graph, op))
        elif maker and graph.tensors[op.inputs[0]].dtype == "int8":
            requantized.append(output_name(graph, op))
    if pairs:
        yield Problem(
            "dequantize_quantize",
            "warning",
            f"DEQUANTIZE followed at once by QUANTIZE: {listed(pairs)}",
            "let both sides share one scale in training or calibration",
        )
    if requantized:
        yield Problem(
            "requantization",
            "info",
            f"{len(requantized)} QUANTIZE operators change scales inside the graph: {listed(requantized)}",
            "give the inputs of each concatenation or addition one range, where accuracy allows",
        )


def _hybrid(file: TfliteFile, target: str) -> Iterator[Problem]:
    hybrid = []
    for graph, op in all_operators(file):
        tensors = inputs_of(graph, op)
        if op.name in WEIGHTED and len(tensors) > 1 and tensors[0].is_float and tensors[1].dtype in ("int8", "uint8"):
            hybrid.append(op.name)
    if hybrid:
        yield Problem(
            "dynamic_range",
            "info",
            f"{len(hybrid)} operators have 8-bit weights and float activations",
            "convert with --scheme=int8 for integer-only devices and the full speed",
        )


def _int16_activations(file: TfliteFile, target: str) -> Iterator[Problem]:
    wide = [op for graph, op in all_operators(file) if op.name != "QUANTIZE" and _makes_int16(graph, op)]
    if wide:
        yield Problem(
            "int16_activations",
            "warning",
            f"{len(wide)} operators compute with 16-bit activations, for which CPUs have no fast kernels",
            "convert with --scheme=int8, or quantize with --fallback=float, unless the accelerator is made for 16 bits",
        )


def _quantization_numbers(file: TfliteFile, target: str) -> Iterator[Problem]:
    wrong = []
    for graph in file.subgraphs:
        for tensor in graph.tensors:
            low, high = _RANGES.get(tensor.dtype, (0, 0))
            if not all(math.isfinite(scale) and scale > 0 for scale in tensor.scales):
                wrong.append(f"'{tensor.name}' has a scale that is not a positive number")
            elif tensor.dtype in _RANGES and not all(low <= zero <= high for zero in tensor.zero_points):
                wrong.append(f"'{tensor.name}' has a zero point outside {tensor.dtype}")
            elif len(tensor.scales) > 1 and not 0 <= tensor.axis < len(tensor.shape):
                wrong.append(f"'{tensor.name}' has scales along axis {tensor.axis}, and {len(tensor.shape)} axes")
            elif len(tensor.scales) > 1 and tensor.shape[tensor.axis] != len(tensor.scales):
                sizes = f"{len(tensor.scales)} scales for {tensor.shape[tensor.axis]} slices along axis {tensor.axis}"
                wrong.append(f"'{tensor.name}' has {sizes}")
            elif tensor.dtype == "int8" and len(tensor.scales) > 1 and any(tensor.zero_points):
                wrong.append(f"'{tensor.name}' has per-channel zero points, which must be 0")
    if wrong:
        yield Problem(
            "bad_quantization",
            "error",
            listed(wrong),
            "convert again; runtimes refuse such numbers or compute nonsense",
        )


def _quantized_weights(file: TfliteFile) -> Iterator[tuple[Operator, TensorSpec]]:
    for graph, op in all_operators(file):
        tensors = inputs_of(graph, op)
        place = 1 if len(tensors) > 1 else 0
        if op.name in WEIGHTED and len(tensors) > 1 and tensors[place].dtype in ("int8", "uint8", "int4"):
            yield op, tensors[place]


def _weights_per_tensor(file: TfliteFile, target: str) -> Iterator[Problem]:
    names = [
        weights.name
        for op, weights in _quantized_weights(file)
        if op.name != "FULLY_CONNECTED"
        and len(weights.scales) == 1
        and max(weights.shape[:1] + weights.shape[-1:], default=0) > 1
    ]
    if names:
        yield Problem(
            "per_tensor_weights",
            "warning",
            f"{len(names)} convolutions have one weight scale for all channels: {listed(names)}",
            "quantize per channel; one scale for all costs several points of accuracy in networks with batch norm",
        )


def _dense_per_channel(file: TfliteFile, target: str) -> Iterator[Problem]:
    names = [w.name for op, w in _quantized_weights(file) if op.name == "FULLY_CONNECTED" and len(w.scales) > 1]
    if names:
        old = operator_versions.order(operator_versions.target_release(target))[:2] < (2, 14)
        yield Problem(
            "per_channel_dense",
            "error" if old else "warning",
            f"dense layers with one weight scale a channel: {listed(names)}",
            "quantize dense layers per tensor: runtimes before 2.14, NNAPI and several accelerators cannot run these",
        )
