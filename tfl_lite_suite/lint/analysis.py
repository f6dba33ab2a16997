"""Analyses a `.tflite` file without a runtime: operators, cost, and what will go wrong on which device.

`lint_process` runs this in a child process, because files may be hostile.
"""

import collections
import dataclasses
import functools
import os

from tfl_lite_suite.lint import cost, delegates, graph_rules, metadata_rules, quantization_rules
from tfl_lite_suite.lint.problem import SEVERITIES, listed
from tfl_lite_suite.lint.result import DelegateReport, LintReport, OperatorCount, OperatorFacts, RefusedOperator, Tensor
from tfl_lite_suite.lint.result import LintProblem as Problem
from tfl_lite_suite.tflite import micro_operators, operator_versions
from tfl_lite_suite.tflite.file import TfliteFile
from tfl_lite_suite.tflite.graph import MOST, Subgraph, TensorSpec

# What a small file can repeat without end is cut: names, and lists of operators (`ops` counts them all).
_LONGEST_NAME, _MOST_LISTED = 500, 10_000
DEFAULT_TARGET = "litert-2.1"
_ADVICE = {
    "xnnpack": "replace them in the network; each piece that XNNPACK does not take runs on slower kernels",
    "gpu": "nothing for the CPU; for the GPU, replace them, as each copies activations to and fro",
    "nnapi": "nothing, unless you use NNAPI, which Android 15 gave up",
}


def analyse(path: str | os.PathLike[str], target: str = DEFAULT_TARGET) -> LintReport:
    """Analyses one file.

    Args:
        path: The `.tflite` file.
        target: The runtime it must run on, such as `tflite_runtime-2.14`, `litert-2.1` or `tflm`.

    Returns:
        The report, without trials.

    Raises:
        SuiteError: If the file is not a whole TensorFlow Lite file, or `target` is unknown.
    """
    operator_versions.target_release(target)
    file = TfliteFile.read(path)
    graph = file.subgraphs[0]
    metadata, contract, labels, found = metadata_rules.read(file)
    refused = delegates.refusals(graph, target)
    found += graph_rules.problems(file, target) + quantization_rules.problems(file, target)
    if target != micro_operators.RUNTIME:
        found += _delegate_problems(graph, refused)
    costs = [cost.multiply_adds(graph, op) for op in graph.operators]
    memory = cost.arena(graph)
    float_ops = tuple({**op, "output": _short(op["output"])} for op in file.float_ops[:_MOST_LISTED])
    return LintReport(
        file=str(path),
        file_bytes=file.file_bytes,
        description=file.description,
        target_runtime=target,
        ops=tuple(OperatorCount(name, version, count) for (name, version), count in file.op_histogram.items()),
        fully_int8=file.fully_int8,
        float_ops=float_ops,
        min_runtime=_min_runtime(file),
        contract=dataclasses.asdict(contract) if contract else None,
        labels=labels,
        metadata=dataclasses.asdict(metadata) if metadata else None,
        problems=tuple(sort(found)),
        inputs=tuple(map(_describe, file.inputs)),
        outputs=tuple(map(_describe, file.outputs)),
        weight_bytes=cost.weight_bytes(file),
        arena_bytes=memory.bytes,
        arena_method=memory.method,
        macs=min(sum(costs), MOST),
        operators=tuple(_operators(graph, costs)[:_MOST_LISTED]),
        delegates={
            name: DelegateReport(delegates.partitions(graph, entries), tuple(entries))
            for name, entries in refused.items()
        },
        subgraphs=len(file.subgraphs),
    )


def sort(problems: list[Problem]) -> list[Problem]:
    """Returns problems, the gravest first."""
    return sorted(problems, key=lambda problem: (SEVERITIES.index(problem.severity), problem.code, problem.message))


def _min_runtime(file: TfliteFile) -> str | None:
    """The oldest TensorFlow release that runs every operator; `None` where none does, or all operators are custom."""
    needed = []
    custom = {name for name, _, is_custom in file.operator_codes if is_custom}
    for name, version in file.op_histogram:
        first = operator_versions.first_release(name, version)
        if first is None and name not in custom:
            return None
        needed += [first] if first else []
    return max(needed, key=operator_versions.order, default=None)


def _delegate_problems(graph: Subgraph, refused: dict[str, list[RefusedOperator]]) -> list[Problem]:
    found = []
    for delegate, entries in refused.items():
        if not entries:
            continue
        counts = collections.Counter((entry.name, entry.why) for entry in entries)
        reasons = [f"{count} {name} ({why})" for (name, why), count in counts.items()]
        ways = dict.fromkeys(f"{entry.name}: {entry.instead}" for entry in entries if entry.instead)
        pieces = delegates.partitions(graph, entries)
        taken = f"the rest in {pieces} piece{'s' if pieces > 1 else ''}" if pieces else "none"
        found.append(
            Problem(
                f"delegate_{delegate}",
                "warning" if delegate == "xnnpack" and pieces > 1 else "info",
                f"{delegate.upper()} leaves out {len(entries)} of {len(graph.operators)} operators, and takes {taken}: "
                f"{listed(reasons, most=len(reasons) if delegate == 'xnnpack' else 4)}",
                "; ".join(ways) or _ADVICE[delegate],
            )
        )
    return found


def _operators(graph: Subgraph, costs: list[int]) -> list[OperatorFacts]:
    describe = functools.lru_cache(maxsize=None)(lambda index: _describe(graph.tensors[index]))
    return [
        OperatorFacts(
            op.index,
            op.name,
            op.version,
            op.activation,
            macs,
            operator_versions.first_release(op.name, op.version),
            op.inputs,
            op.outputs,
            describe(op.outputs[0]) if op.outputs and op.outputs[0] >= 0 else None,
        )
        for op, macs in zip(graph.operators, costs, strict=True)
    ]


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else f"{name[:_LONGEST_NAME]}…"


def _describe(tensor: TensorSpec) -> Tensor:
    scale, zero_point = (tensor.scale, tensor.zero_point) if len(tensor.scales) == 1 else (None, None)
    return Tensor(_short(tensor.name), tensor.shape_signature or tensor.shape, tensor.dtype, scale, zero_point)
