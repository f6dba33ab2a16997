"""One model on several engines: accuracy, agreement with the first of them, and latency, side by side."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tfl_lite_suite.benchmark.job import Job
from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.evaluate.answers import Answers
from tfl_lite_suite.runtime import exporting
from tfl_lite_suite.runtime.session import Kernels

Evaluation = Callable[[str], tuple[dict[str, Any], Answers]]
_COLUMNS = ("engine", "top-1", "top-5", "same top-1", "logits differ", "latency", "bytes")


def rows(model: str, names: Sequence[str], evaluation: Evaluation, threads: int, kernels: Kernels) -> list[Any]:
    """Evaluates and times a model on several engines.

    Args:
        model: The model's file.
        names: Names of the engines; the first that runs the model is what the others are compared with.
        evaluation: Evaluates it on an engine, by name; the answers must hold the logits.
        threads: Threads of the runtime while it is timed, alone.
        kernels: See `Engine.open`.

    Returns:
        For each engine the document of `evaluation`, with `agreement` (`with`, `top1`, `max_abs_diff`), `latency_ms`
        (the median) and `latency_valid`; for one that does not run the model, `engine` and `unsupported`, why.

    Raises:
        SuiteError: If none runs it.
    """
    found: list[Any] = []
    reference: tuple[str, Answers] | None = None
    for name in names:
        try:
            document, answers = evaluation(name)
            reference = reference or (name, answers)
            found.append(document | _agreement(*reference, answers) | _latency(model, name, threads, kernels))
        except SuiteError as error:
            found.append({"engine": name, "unsupported": str(error)})
    if reference is None:
        raise SuiteError(found[0]["unsupported"])
    return found


def text(documents: Sequence[dict[str, Any]]) -> str:
    """Returns the rows as a table."""
    cells = [list(_COLUMNS)]
    cells += [_cells(document) for document in documents if "unsupported" not in document]
    widths = [max(len(row[place]) for row in cells) for place in range(len(_COLUMNS))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells]
    lines += [f"{document['engine']}: {document['unsupported']}" for document in documents if "unsupported" in document]
    ran = [document for document in documents if "unsupported" not in document]
    lines.append(f"{ran[0]['n']} images; latency: median of single inferences, {ran[0]['threads']} thread(s)")
    if not all(document["latency_valid"] for document in ran):
        lines.append("warning: other programs disturbed the timing; benchmark says how much")
    return "\n".join(lines)


def _agreement(name: str, reference: Answers, answers: Answers) -> dict[str, Any]:
    difference = None
    if reference.logits is not None and answers.logits is not None:
        difference = float(np.abs(reference.logits - answers.logits).max())
    return {
        "agreement": {
            "with": name,
            "top1": float((reference.top[:, 0] == answers.top[:, 0]).mean()),
            "max_abs_diff": difference,
        }
    }


def _latency(model: str, name: str, threads: int, kernels: Kernels) -> dict[str, Any]:
    from tfl_lite_suite.runtime.targets.local import Local

    measured = Local().benchmark(Job(exporting.file_for(model, name), name, threads, kernels))
    return {"latency_ms": measured["latency_ms"]["p50"], "latency_valid": measured["valid"]}


def _cells(document: dict[str, Any]) -> list[str]:
    agreement = document["agreement"]
    return [
        f"{document['engine']} {document['engine_version']}",
        f"{100 * document['top1']:.2f} %",
        f"{100 * document['top5']:.2f} %",
        f"{100 * agreement['top1']:.2f} %",
        "–" if agreement["max_abs_diff"] is None else f"{agreement['max_abs_diff']:.2g}",
        f"{document['latency_ms']:.3f} ms",
        f"{document['model_bytes']:,}",
    ]
