"""One model on several engines: accuracy, agreement with the first of them, and latency, side by side."""

from collections.abc import Callable, Sequence

import numpy as np

from tfl_lite_suite.benchmark.job import Job
from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.evaluate.answers import Answers
from tfl_lite_suite.evaluate.result import Agreement, EngineRow, Evaluation, UnsupportedEngine
from tfl_lite_suite.runtime import exporting
from tfl_lite_suite.runtime.session import Kernels
from tfl_lite_suite.runtime.targets.local import Local

Evaluate = Callable[[str], tuple[Evaluation, Answers]]
_COLUMNS = ("engine", "top-1", "top-5", "same top-1", "logits differ", "latency", "bytes")


def rows(
    model: str, names: Sequence[str], evaluate: Evaluate, threads: int, kernels: Kernels
) -> list[EngineRow | UnsupportedEngine]:
    """Evaluates and times a model on several engines.

    Args:
        model: The model's file.
        names: Names of the engines; the first that runs the model is what the others are compared with.
        evaluate: Evaluates it on an engine, by name; the answers must hold the logits.
        threads: Threads of the runtime while it is timed, alone.
        kernels: See `Engine.open`.

    Returns:
        One row an engine.

    Raises:
        SuiteError: If none runs it.
    """
    found: list[EngineRow | UnsupportedEngine] = []
    reference: tuple[str, Answers] | None = None
    for name in names:
        try:
            evaluation, answers = evaluate(name)
            reference = reference or (name, answers)
            measured = Local().benchmark(Job(exporting.file_for(model, name), name, threads, kernels))
            found.append(
                EngineRow(
                    **evaluation.fields(),
                    agreement=_agreement(*reference, answers),
                    latency_ms=measured.latency_ms.p50,
                    latency_valid=measured.valid,
                )
            )
        except SuiteError as error:
            found.append(UnsupportedEngine(name, str(error)))
    if reference is None:
        raise SuiteError(next(row.unsupported for row in found if isinstance(row, UnsupportedEngine)))
    return found


def text(rows: Sequence[EngineRow | UnsupportedEngine]) -> str:
    """Returns the rows as a table."""
    ran = [row for row in rows if isinstance(row, EngineRow)]
    cells = [list(_COLUMNS), *map(_cells, ran)]
    widths = [max(len(row[place]) for row in cells) for place in range(len(_COLUMNS))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells]
    lines += [f"{row.engine}: {row.unsupported}" for row in rows if isinstance(row, UnsupportedEngine)]
    lines.append(f"{ran[0].n} images; latency: median of single inferences, {ran[0].threads} thread(s)")
    if not all(row.latency_valid for row in ran):
        lines.append("warning: other programs disturbed the timing; benchmark says how much")
    return "\n".join(lines)


def _agreement(name: str, reference: Answers, answers: Answers) -> Agreement:
    difference = None
    if reference.logits is not None and answers.logits is not None:
        difference = float(np.abs(reference.logits - answers.logits).max())
    same = float((reference.top[:, 0] == answers.top[:, 0]).mean())
    return Agreement(same, difference, others={"with": name})


def _cells(row: EngineRow) -> list[str]:
    agreement = row.agreement
    return [
        f"{row.engine} {row.engine_version}",
        f"{100 * row.top1:.2f} %",
        f"{100 * row.top5:.2f} %",
        f"{100 * agreement.top1:.2f} %",
        "–" if agreement.max_abs_diff is None else f"{agreement.max_abs_diff:.2g}",
        f"{row.latency_ms:.3f} ms",
        f"{row.model_bytes:,}",
    ]
