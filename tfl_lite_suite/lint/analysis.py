"""Analyses a `.tflite` file without a runtime: operators, cost, and what will go wrong on which device.

`lint_process` runs this in a child process, because files may be hostile.
"""

import collections
import dataclasses
import functools
import math
import os
from typing import Any

from tfl_lite_suite.lint import cost, delegates, graph_rules, metadata_rules, quantization_rules
from tfl_lite_suite.lint.problem import SEVERITIES, Problem, listed
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


def analyse(path: str | os.PathLike[str], target: str = DEFAULT_TARGET) -> dict[str, Any]:
    """Analyses one file.

    Args:
        path: The `.tflite` file.
        target: The runtime it must run on, such as `tflite_runtime-2.14`, `litert-2.1` or `tflm`.

    Returns:
        A JSON-serialisable document; its keys are described in `docs/lint.md`.

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
    document = {
        "file": str(path),
        "file_bytes": file.file_bytes,
        "description": file.description,
        "target_runtime": target,
        "ops": [{"name": name, "version": version, "count": n} for (name, version), n in file.op_histogram.items()],
        "fully_int8": file.fully_int8,
        "float_ops": [{**op, "output": _short(op["output"])} for op in file.float_ops[:_MOST_LISTED]],
        "min_runtime": _min_runtime(file),
        "contract": dataclasses.asdict(contract) if contract else None,
        "labels": list(labels),
        "metadata": dataclasses.asdict(metadata) if metadata else None,
        "problems": [dataclasses.asdict(problem) for problem in sort(found)],
        "inputs": [_describe(tensor) for tensor in file.inputs],
        "outputs": [_describe(tensor) for tensor in file.outputs],
        "weight_bytes": cost.weight_bytes(file),
        "arena_bytes": memory.bytes,
        "arena_method": memory.method,
        "macs": min(sum(costs), MOST),
        "operators": _operators(graph, costs)[:_MOST_LISTED],
        "delegates": {
            name: {"partitions": delegates.partitions(graph, entries), "refused": entries}
            for name, entries in refused.items()
        },
        "subgraphs": len(file.subgraphs),
    }
    return dict(_finite(document))


def _finite(value: Any) -> Any:
    """Returns a document without the numbers that JSON lacks: they become `None`."""
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


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


def _delegate_problems(graph: Subgraph, refused: dict[str, list[dict[str, Any]]]) -> list[Problem]:
    found = []
    for delegate, entries in refused.items():
        if not entries:
            continue
        counts = collections.Counter((entry["name"], entry["why"]) for entry in entries)
        reasons = [f"{count} {name} ({why})" for (name, why), count in counts.items()]
        ways = dict.fromkeys(f"{entry['name']}: {entry['instead']}" for entry in entries if "instead" in entry)
        pieces = delegates.partitions(graph, entries)
        found.append(
            Problem(
                f"delegate_{delegate}",
                "warning" if delegate == "xnnpack" and pieces > 1 else "info",
                f"{delegate.upper()} leaves out {len(entries)} of {len(graph.operators)} operators, and takes the rest "
                f"in {pieces} pieces: {listed(reasons, most=len(reasons) if delegate == 'xnnpack' else 4)}",
                "; ".join(ways) or _ADVICE[delegate],
            )
        )
    return found


def _operators(graph: Subgraph, costs: list[int]) -> list[dict[str, Any]]:
    describe = functools.lru_cache(maxsize=None)(lambda index: _describe(graph.tensors[index]))
    return [
        {
            "index": op.index,
            "name": op.name,
            "version": op.version,
            "activation": op.activation,
            "macs": macs,
            "min_runtime": operator_versions.first_release(op.name, op.version),
            "inputs": list(op.inputs),
            "outputs": list(op.outputs),
            "output": describe(op.outputs[0]) if op.outputs and op.outputs[0] >= 0 else None,
        }
        for op, macs in zip(graph.operators, costs, strict=True)
    ]


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else f"{name[:_LONGEST_NAME]}…"


def _describe(tensor: TensorSpec) -> dict[str, Any]:
    return {
        "name": _short(tensor.name),
        "shape": list(tensor.shape_signature or tensor.shape),
        "dtype": tensor.dtype,
        "scale": tensor.scale if len(tensor.scales) == 1 else None,
        "zero_point": tensor.zero_point if len(tensor.scales) == 1 else None,
    }
