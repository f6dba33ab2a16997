"""What is inside a `.tflite` file."""

import dataclasses
from collections.abc import Mapping
from typing import Literal

from tfl_lite_suite.core.result import Result, omitted
from tfl_lite_suite.core.types import Document


@dataclasses.dataclass(frozen=True)
class OperatorCount(Result):
    """How often an operator occurs.

    Attributes:
        name: Its name, such as `CONV_2D`.
        version: Its version.
        count: How many there are.
    """

    name: str
    version: int
    count: int


@dataclasses.dataclass(frozen=True)
class LintProblem(Result):
    """Something about a model that will cost its user time, accuracy or speed.

    Attributes:
        code: A name that does not change, for scripts.
        severity: `error`: it will not run, or answers wrongly; `warning`: slower or less accurate than it should be, or
            apps cannot use it; `info`: worth knowing.
        message: What was found, and where.
        fix: What to do about it.
    """

    code: str
    severity: Literal["error", "warning", "info"]
    message: str
    fix: str


@dataclasses.dataclass(frozen=True)
class Tensor(Result):
    """A tensor as the file describes it.

    Attributes:
        name: Its name.
        shape: Its dimensions; −1 where one is known only at run time.
        dtype: Its type.
        scale: Real value of one step; `None` where it has none, or several.
        zero_point: Integer that stands for the real value 0; likewise.
    """

    name: str
    shape: tuple[int, ...]
    dtype: str
    scale: float | None
    zero_point: int | None


@dataclasses.dataclass(frozen=True)
class OperatorFacts(Result):
    """One operator of the main graph.

    Attributes:
        index: Its place in the order of execution.
        name: Its name, such as `CONV_2D`.
        version: Its version.
        activation: What is fused to it, or `NONE`.
        macs: Its multiply-adds.
        min_runtime: Oldest TensorFlow release that has it.
        inputs: Places of its input tensors; −1 for one that is left out.
        outputs: Places of its output tensors.
        output: Its first output.
    """

    index: int
    name: str
    version: int
    activation: str
    macs: int
    min_runtime: str | None
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    output: Tensor | None


@dataclasses.dataclass(frozen=True)
class RefusedOperator(Result):
    """An operator that a delegate leaves to the slower kernels.

    Attributes:
        index: Its place in the order of execution.
        name: Its name.
        why: Why it is left out.
        instead: A way around it, where one is known.
        share: Share of the measured time, if a profile was given and names it.
    """

    index: int
    name: str
    why: str
    instead: str | None = omitted()
    share: float | None = omitted()


@dataclasses.dataclass(frozen=True)
class DelegateReport(Result):
    """What a delegate takes.

    Attributes:
        partitions: Into how many pieces the refused operators cut what it takes.
        refused: The operators that it leaves out.
    """

    partitions: int
    refused: tuple[RefusedOperator, ...]


@dataclasses.dataclass(frozen=True)
class Trial(Result):
    """One inference on an installed runtime, with zeros as input; `error` says why it failed."""

    engine: str
    version: str
    ok: bool
    error: str | None = omitted()


@dataclasses.dataclass(frozen=True)
class LintReport(Result):
    """What `lint` prints; see `docs/lint.md`.

    Attributes:
        file: The file.
        file_bytes: Its size.
        description: The description in the file's metadata.
        target_runtime: The runtime it must run on.
        ops: Its operators by name and version.
        fully_int8: Whether every operator computes in integers.
        float_ops: Operators that compute in float.
        min_runtime: Oldest TensorFlow release that runs it; `None` if none does.
        contract: How pictures become its input; `None` without a contract.
        labels: Class names.
        metadata: Its TensorFlow Lite metadata; `None` without any.
        problems: Problems of the file, the most severe first.
        inputs: Its input tensors.
        outputs: Its output tensors.
        weight_bytes: Bytes of weights.
        arena_bytes: Estimated memory for activations and work buffers, with LiteRT's builtin kernels.
        arena_method: `planned`, or `bound` for a graph too large to plan.
        macs: Multiply-adds.
        operators: Its operators in the order of execution.
        delegates: The operators that each delegate does not support.
        subgraphs: Number of graphs.
        trials: Results of running the file once on each installed runtime.

    Example:
        >>> report = tls.TfliteModel("leaf.tflite").lint(trial=False)
        >>> [problem.code for problem in report.problems if problem.severity == "error"]
        []
    """

    file: str
    file_bytes: int
    description: str
    target_runtime: str
    ops: tuple[OperatorCount, ...]
    fully_int8: bool
    float_ops: tuple[Document, ...]
    min_runtime: str | None
    contract: Document | None
    labels: tuple[str, ...]
    metadata: Document | None
    problems: tuple[LintProblem, ...]
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]
    weight_bytes: int
    arena_bytes: int
    arena_method: str
    macs: int
    operators: tuple[OperatorFacts, ...]
    delegates: Mapping[str, DelegateReport]
    subgraphs: int
    trials: tuple[Trial, ...] = ()
