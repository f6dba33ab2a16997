"""What a run measured of each file, as `results.json` keeps it: the verbs' own results, each with the file's name."""

import dataclasses
from typing import TypeVar

from tfl_lite_suite.benchmark.result import Measurement
from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.core.result import Result, omitted
from tfl_lite_suite.core.types import Document
from tfl_lite_suite.core.work_folder import kind_of
from tfl_lite_suite.evaluate.result import Evaluation
from tfl_lite_suite.lint.result import LintReport
from tfl_lite_suite.run.stage_results import BudgetResult, DecidedFile, LedgerRow, LimitCheck

R = TypeVar("R", bound=Result)
LEDGER = "ledger"


@dataclasses.dataclass(frozen=True, kw_only=True)
class EvaluatedFile(Evaluation):
    """A file on an engine, evaluated; `name` is the file's."""

    name: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class TimedFile(Measurement):
    """A file on an engine, timed; `name` is the file's."""

    name: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class LintedFile(LintReport):
    """What is inside a file; `name` is the file's."""

    name: str


@dataclasses.dataclass(frozen=True)
class HowQuantized(Result):
    """What making an int8 file without training kept: techniques, and layers in float or 16 bits."""

    techniques: tuple[str, ...] = ()
    float_layers: tuple[str, ...] = ()
    int16_layers: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class ConvertedFile(Result):
    """A file that was converted; of a former release, or a record, more than the name may be missing.

    Attributes:
        name: Its name.
        scheme: `float32`, `float16`, `dynamic` or `int8`.
        file_bytes: Its size.
        ptq: How it was made int8 without training.
        source: The step whose model it was made from.
        output: Where it was written; the work folder may have been moved since.
        seconds: Time of the conversion.
    """

    name: str
    scheme: str | None = None
    file_bytes: int | None = None
    ptq: HowQuantized | None = omitted()
    source: str | None = None
    output: str = ""
    seconds: float | None = None

    @property
    def words(self) -> str:
        """Its name, and how it was quantized."""
        how = self.ptq or HowQuantized()
        techniques = [name.replace("_", " ") for name in how.techniques]
        for layers, words in ((how.float_layers, "in float"), (how.int16_layers, "in 16 bits")):
            techniques += [f"{len(layers)} layer{'s' * (len(layers) > 1)} {words}"] if layers else []
        return ", ".join([self.name, *techniques])


@dataclasses.dataclass(frozen=True)
class Flip(Result):
    """A picture that a model answers otherwise than the one it was made from; all three are names of classes."""

    key: str
    label: str
    before: str
    after: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class ModelFlips(Result):
    """The pictures that flipped from the model `source` to the model `name`, as `flips.json` keeps them."""

    name: str
    runtime: str
    source: str | None = None
    flips: tuple[Flip, ...]


def converted(results: Document, where: str = "results") -> list[ConvertedFile]:
    """Returns every file; see `evaluated`."""
    return _rows(ConvertedFile, "convert", results, where)


def evaluated(results: Document, where: str = "results") -> list[EvaluatedFile]:
    """Returns every file on every engine that evaluated it.

    Args:
        results: Results of a run by stage.
        where: What errors call them, such as the path of their file.

    Raises:
        SuiteError: If one is damaged; the message names its place.
    """
    found = _rows(EvaluatedFile, "evaluate", results, where)
    for row in found:
        classes = len(row.per_class)
        if row.confusion and {len(row.confusion), *map(len, row.confusion)} != {classes}:
            raise SuiteError(f"{where}: evaluate: confusion: expected {classes} rows and columns, one a class")
    return found


def timed(results: Document, where: str = "results") -> list[TimedFile]:
    """Returns every file on every engine that timed it; see `evaluated`."""
    return _rows(TimedFile, "benchmark", results, where)


def linted(results: Document, where: str = "results") -> list[LintedFile]:
    """Returns every file that was looked into; see `evaluated`."""
    return _rows(LintedFile, "lint", results, where)


def decided(results: Document, where: str = "results") -> list[tuple[str, DecidedFile]]:
    """Returns every file whose decision was fitted, with the name of the step; see `evaluated`."""
    return [
        (name, row)
        for name, rows in results.items()
        if kind_of(name) == "decide"
        for row in _rows(DecidedFile, "decide", {name: rows}, where)
    ]


def checked(results: Document, where: str = "results") -> list[LimitCheck]:
    """Returns every limit that was checked; see `evaluated`."""
    found = [
        BudgetResult.from_document(row, f"{where}: {name}")
        for name, row in results.items()
        if kind_of(name) == "budget"
    ]
    return [check for one in found for check in one.checks]


def ledger(results: Document, where: str = "results") -> list[LedgerRow]:
    """Returns the rows of the ledger, none where there is no ledger; see `evaluated`."""
    return _rows(LedgerRow, LEDGER, {LEDGER: results.get(LEDGER, [])}, where)


def _rows(kind: type[R], stage: str, results: Document, where: str) -> list[R]:
    found = []
    for name, rows in results.items():
        if kind_of(name) != stage:
            continue
        if not isinstance(rows, list):
            raise SuiteError(f"{where}: {name}: expected a list. Received: {type(rows).__name__}")
        found += [kind.from_document(row, f"{where}: {name}[{index}]") for index, row in enumerate(rows)]
    return found
