"""What is inside a `.tflite` file."""

import dataclasses
from typing import Literal

from tfl_lite_suite.core.result import Document, Result


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
    """Something that will go wrong.

    Attributes:
        code: Short name of the problem.
        severity: How bad it is.
        message: What was found.
        fix: What to do.
    """

    code: str
    severity: Literal["error", "warning", "info"]
    message: str
    fix: str


@dataclasses.dataclass(frozen=True)
class LintReport(Result):
    """What `lint` prints; `docs/lint.md` describes the keys in `others`.

    Attributes:
        file: The file.
        file_bytes: Its size.
        ops: Its operators.
        fully_int8: Whether every operator computes in integers.
        float_ops: Operators that compute in float.
        min_runtime: Oldest TensorFlow release that runs it; `None` if none does.
        contract: How pictures become its input; `None` without a contract.
        labels: Class names.
        problems: What will go wrong, the gravest first.
        macs: Multiply-adds.
        weight_bytes: Bytes of weights.
        arena_bytes: Bytes of activations and scratch memory that LiteRT's builtin kernels need at once.
        trials: Whether the installed runtimes run it.

    Example:
        >>> report = tls.TfliteModel("leaf.tflite").lint(trial=False)
        >>> [problem.code for problem in report.problems if problem.severity == "error"]
        []
    """

    file: str
    file_bytes: int
    ops: tuple[OperatorCount, ...]
    fully_int8: bool
    float_ops: tuple[Document, ...]
    min_runtime: str | None
    contract: Document | None
    labels: tuple[str, ...]
    problems: tuple[LintProblem, ...]
    macs: int
    weight_bytes: int
    arena_bytes: int
    trials: tuple[Document, ...]
