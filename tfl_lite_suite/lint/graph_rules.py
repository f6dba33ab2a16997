"""Checks of a model's graph: what keeps its operators from running, or from running fast."""

import math
from collections.abc import Iterator

from tfl_lite_suite.lint.problem import Check, applied, listed
from tfl_lite_suite.lint.result import LintProblem as Problem
from tfl_lite_suite.tflite import micro_operators, operator_versions
from tfl_lite_suite.tflite.file import TfliteFile
from tfl_lite_suite.tflite.graph import Operator, Subgraph, TensorSpec

# Custom operators whose kernels every TensorFlow Lite runtime brings.
_BUNDLED = frozenset({"TFLite_Detection_PostProcess", "Convolution2DTransposeBias", "AudioSpectrogram", "Mfcc"})
WEIGHTED = frozenset({"CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "TRANSPOSE_CONV"})
_FUSABLE = frozenset({*WEIGHTED - {"TRANSPOSE_CONV"}, "ADD", "MUL", "SUB", "DIV"})
_ACTIVATIONS = frozenset({"RELU", "RELU6", "RELU_N1_TO_1"})


def problems(file: TfliteFile, target: str) -> list[Problem]:
    """Runs every check of the graph; see `problem.applied`."""
    checks: tuple[Check, ...] = (
        _old_runtime, _unknown_operators, _custom_operators, _unused_codes, _order_of_execution, _unused_results,
        _dynamic_shapes, _unfused_activations, _unfused_batch_norm, _alignment, _buffer_sizes, _schema_version,
        _microcontroller,
    )  # fmt: skip
    return applied(checks, file, target)


def all_operators(file: TfliteFile) -> Iterator[tuple[Subgraph, Operator]]:
    """Yields every operator with its graph."""
    return ((graph, op) for graph in file.subgraphs for op in graph.operators)


def inputs_of(graph: Subgraph, op: Operator) -> list[TensorSpec]:
    """Returns the tensors that an operator reads."""
    return [graph.tensors[index] for index in op.inputs if index >= 0]


def output_name(graph: Subgraph, op: Operator) -> str:
    """Returns the name of an operator's first output."""
    return graph.tensors[op.outputs[0]].name if op.outputs and op.outputs[0] >= 0 else f"operator {op.index}"


def _old_runtime(file: TfliteFile, target: str) -> Iterator[Problem]:
    release = operator_versions.target_release(target)
    for name, version in file.op_histogram:
        first = operator_versions.first_release(name, version)
        if first and operator_versions.order(first) > (*operator_versions.order(release), 0)[:3]:
            yield Problem(
                "runtime_too_old",
                "error",
                f"{name} version {version} needs TensorFlow {first} or later; {target} runs what {release} ran",
                "use a newer runtime, or convert with an older TensorFlow",
            )


def _unknown_operators(file: TfliteFile, target: str) -> Iterator[Problem]:
    custom = {name for name, _, is_custom in file.operator_codes if is_custom}
    for name, version in file.op_histogram:
        if name not in custom and operator_versions.first_release(name, version) is None:
            yield Problem(
                "unknown_operator",
                "error",
                f"{name} version {version} is in no release's table",
                "convert again with a released converter; runtimes refuse what they do not know",
            )


def _custom_operators(file: TfliteFile, target: str) -> Iterator[Problem]:
    used = {op.name for _, op in all_operators(file) if op.is_custom}
    flex = sorted(name for name in used if name.startswith("Flex"))
    other = sorted(used - set(flex) - _BUNDLED)
    if flex:
        yield Problem(
            "flex_operator",
            "error",
            f"{listed(flex)}: TensorFlow operators, which plain runtimes do not have",
            "replace them in the network, or ship the Flex delegate, which adds tens of megabytes",
        )
    if other:
        yield Problem(
            "custom_operator",
            "error",
            f"{listed(other)}: custom operators, for which the app must bring the kernels",
            "replace them in the network, or register their kernels in the app",
        )
    if used & _BUNDLED:
        yield Problem(
            "bundled_custom_operator",
            "info",
            f"{listed(sorted(used & _BUNDLED))}: a custom operator that TensorFlow Lite's usual builds bring",
            "nothing, unless the runtime is built with selected operators",
        )


def _unused_codes(file: TfliteFile, target: str) -> Iterator[Problem]:
    used = {(op.name, op.version) for _, op in all_operators(file)}
    unused = [name for name, version, _ in file.operator_codes if (name, version) not in used]
    if unused:
        custom = any(is_custom for name, _, is_custom in file.operator_codes if name in unused)
        yield Problem(
            "unused_operator_code",
            "warning" if custom else "info",
            f"declared, but used by no operator: {listed(unused)}",
            "convert again; some runtimes refuse a model for a declared operator they lack",
        )


def _order_of_execution(file: TfliteFile, target: str) -> Iterator[Problem]:
    for graph in file.subgraphs:
        made = {tensor.index for tensor in graph.tensors if tensor.is_variable or graph.is_constant(tensor)}
        made |= {*graph.input_indices, -1}
        for op in graph.operators:
            early = [index for index in op.inputs if index in graph.makers and index not in made]
            if early:
                yield Problem(
                    "not_in_order",
                    "error",
                    f"operator {op.index}, {op.name}, reads '{graph.tensors[early[0]].name}' before it is computed",
                    "convert again; the file is damaged or was edited wrongly",
                )
                break
            made.update(op.outputs)


def _unused_results(file: TfliteFile, target: str) -> Iterator[Problem]:
    for graph in file.subgraphs:
        wanted = set(graph.output_indices)
        dead = [
            output_name(graph, op)
            for op in graph.operators
            if op.outputs
            and op.name not in ("ASSIGN_VARIABLE", "CALL_ONCE", "HASHTABLE_IMPORT")
            and not any(index in wanted or index in graph.users for index in op.outputs)
        ]
        if dead:
            yield Problem(
                "unused_result",
                "warning",
                f"computed, but never used: {listed(dead)}",
                "remove the branch from the network",
            )


def _dynamic_shapes(file: TfliteFile, target: str) -> Iterator[Problem]:
    free = [tensor for tensor in file.inputs if tensor.is_dynamic]
    batch_only = all(
        all(size >= 0 for size in (tensor.shape_signature or tensor.shape)[1:])
        and (tensor.shape_signature or tensor.shape)[:1] == (-1,)
        for tensor in free
    )
    if free:
        shapes = [f"{tensor.name} {tensor.shape_signature or tensor.shape}" for tensor in free]
        yield Problem(
            "dynamic_batch" if batch_only else "dynamic_shape",
            "info" if batch_only else "warning",
            f"inputs with free sizes: {listed(shapes)}",
            "convert with a fixed shape: GPU and NNAPI delegates refuse free sizes, and memory cannot be planned",
        )
    inner = [
        tensor.name for graph in file.subgraphs for tensor in graph.tensors if tensor.is_dynamic and tensor not in free
    ]
    if inner and not free:
        yield Problem(
            "dynamic_tensor",
            "warning",
            f"sizes known only at run time inside the graph: {listed(inner)}",
            "fix the shapes in the network; such tensors are allocated anew in each inference",
        )


def _unfused_activations(file: TfliteFile, target: str) -> Iterator[Problem]:
    names = [output_name(graph, op) for graph, op in all_operators(file) if _could_be_fused(graph, op)]
    if names:
        yield Problem(
            "unfused_activation",
            "warning",
            f"{len(names)} activations run as operators of their own: {listed(names)}",
            "put the activation right behind the convolution or addition, and convert again",
        )


def _could_be_fused(graph: Subgraph, op: Operator) -> bool:
    maker = graph.makers.get(op.inputs[0]) if op.name in _ACTIVATIONS and op.inputs else None
    if maker is None or maker.name not in _FUSABLE or maker.activation != "NONE":
        return False
    return len(graph.users[op.inputs[0]]) == 1


def _unfused_batch_norm(file: TfliteFile, target: str) -> Iterator[Problem]:
    names = []
    for graph, op in all_operators(file):
        tensors = inputs_of(graph, op)
        if op.name not in ("MUL", "ADD", "SUB") or len(tensors) != 2:
            continue
        constants = [tensor for tensor in tensors if graph.is_constant(tensor)]
        maker = next((graph.makers[tensor.index] for tensor in tensors if tensor.index in graph.makers), None)
        if not constants or not maker or maker.name not in WEIGHTED or maker.activation != "NONE":
            continue
        made = maker.outputs[0]
        channels = graph.tensors[made].shape[-1:]
        alone = len(graph.users.get(made, ())) == 1
        if alone and constants[0].shape[-1:] == channels and constants[0].size == math.prod(channels):
            names.append(output_name(graph, op))
    if names:
        yield Problem(
            "unfused_batch_norm",
            "warning",
            f"{len(names)} scalings by channel behind a convolution were not folded into it: {listed(names)}",
            "fold batch norm before converting: put it right behind its convolution, and convert in inference mode",
        )


def _alignment(file: TfliteFile, target: str) -> Iterator[Problem]:
    wide = {
        tensor.buffer
        for graph in file.subgraphs
        for tensor in graph.tensors
        if tensor.dtype in ("float32", "int32", "int64", "float64") and graph.is_constant(tensor)
    }
    crooked = [index for index in sorted(wide) if file.buffer_place(index) % 4]
    if crooked:
        yield Problem(
            "unaligned_buffer",
            "warning",
            f"{len(crooked)} buffers of 32-bit values do not begin at a multiple of 4 bytes",
            "write the file with the converter: some CPUs read such values slowly or not at all",
        )


def _buffer_sizes(file: TfliteFile, target: str) -> Iterator[Problem]:
    wrong = [
        f"'{tensor.name}' has {file.buffer_bytes(tensor.buffer)} of {tensor.bytes} bytes"
        for graph in file.subgraphs
        for tensor in graph.tensors
        if graph.is_constant(tensor) and not tensor.is_sparse and tensor.bytes
        if file.buffer_bytes(tensor.buffer) < tensor.bytes
    ]
    if wrong:
        yield Problem(
            "buffer_too_small",
            "error",
            f"constants whose values are not all there: {listed(wrong)}",
            "convert again; the file is damaged or was edited wrongly",
        )


def _schema_version(file: TfliteFile, target: str) -> Iterator[Problem]:
    if file.version != 3:
        yield Problem(
            "schema_version", "error", f"schema version {file.version}; runtimes read version 3 only", "convert again"
        )


def _microcontroller(file: TfliteFile, target: str) -> Iterator[Problem]:
    if target != micro_operators.RUNTIME:
        return
    for name, way in micro_operators.missing(name for name, _ in file.op_histogram).items():
        yield Problem("not_in_tflm", "error", f"TensorFlow Lite Micro has no {listed([name])}", way)
    wide = [f"'{tensor.name}' ({tensor.dtype})" for tensor in (*file.inputs, *file.outputs) if not _has_8_bits(tensor)]
    if wide:
        yield Problem(
            "wide_io",
            "error",
            f"input or output is not of 8 bits: {listed(wide)}; export --to=micro refuses that",
            "convert with --scheme=int8 --io_type=int8",
        )


def _has_8_bits(tensor: TensorSpec) -> bool:
    return tensor.dtype in ("int8", "uint8")
