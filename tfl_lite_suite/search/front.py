"""What a trial is judged by, and the trials than which no other is better in everything."""

import hashlib
import pathlib
from collections.abc import Sequence
from typing import Literal, TypeVar

from tfl_lite_suite.core import predictions
from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.core.figures import percent
from tfl_lite_suite.core.page import document, plot, table
from tfl_lite_suite.core.types import Document, JsonObject
from tfl_lite_suite.run import result
from tfl_lite_suite.run.stage_results import Trained
from tfl_lite_suite.search.result import CompleteTrial, Outcome, SearchResult, TrialRow

R = TypeVar("R", bound=Outcome)
OBJECTIVES: dict[str, Literal["maximize", "minimize"]] = {"top1": "maximize", "ms": "minimize", "bytes": "minimize"}


def outcome(results: JsonObject, name: str, workdir: pathlib.Path) -> Outcome:
    """Returns what a run measured of one of its files, on the runtime on which it is fastest.

    Args:
        results: What `run` returned.
        name: The file's name.
        workdir: Where it ran.
    """
    rows = [row for row in result.timed(results) if row.name == name]
    if not rows:
        raise SuiteError(f"the run made no file '{name}'")
    timed = min(rows, key=lambda row: row.latency_ms.p50)
    file = next(row for row in result.converted(results) if row.name == name)
    right = next(row for row in result.evaluated(results) if (row.name, row.engine) == (name, timed.engine))
    answers = predictions.read(workdir / "evaluate" / f"{name}_{timed.engine}" / predictions.FILE)
    halves: tuple[list[bool], list[bool]] = ([], [])
    for key, is_right in zip(answers.keys, answers.right, strict=True):
        halves[is_unseen(key)].append(is_right)
    if not all(halves):
        raise SuiteError(f"a search needs more test images than {len(answers)}; raise data.test_limit or test_fraction")
    chosen, unseen = (sum(half) / len(half) for half in halves)
    trained = Trained.from_document(results["train"], "train")
    return Outcome(
        top1=chosen,
        top1_unseen=unseen,
        n=len(halves[0]),
        n_unseen=len(halves[1]),
        ms=timed.latency_ms.p50,
        steady=timed.valid,
        bytes=file.file_bytes or timed.model_bytes,
        engine=timed.engine,
        loss=max(0.0, (trained.top1 or 0.0) - right.top1),
    )


def is_unseen(key: str) -> bool:
    """Whether a test image is one of the half that the search does not choose by; depends on its name alone."""
    return bool(hashlib.sha256(key.encode("utf-8", "surrogateescape")).digest()[0] & 1)


def front(rows: Sequence[R]) -> list[R]:
    """Returns the rows than which no other is at least as good in every objective and better in one, best top-1 first.

    Of rows that are equal in all of them the first is taken.
    """
    signs = {key: 1 if way == "minimize" else -1 for key, way in OBJECTIVES.items()}
    scored = [tuple(sign * getattr(row, key) for key, sign in signs.items()) for row in rows]
    best = []
    for place, mine in enumerate(scored):
        equal_before = mine in scored[:place]
        dominated = any(other != mine and all(a <= b for a, b in zip(other, mine, strict=True)) for other in scored)
        if not equal_before and not dominated:
            best.append(rows[place])
    return sorted(best, key=lambda row: (-row.top1, row.bytes))


def page(title: str, found: SearchResult) -> str:
    """Returns the search as an HTML page: accuracy against latency and size, the front and every trial.

    Args:
        title: Its title.
        found: The search.
    """
    numbers = [row.trial for row in found.front]
    complete = [row for row in found.trials if isinstance(row, CompleteTrial)]
    plots = []
    for key, caption, x in (("ms", "latency", "ms"), ("bytes", "size", "bytes of the file")):
        points = [
            plot.Point(
                getattr(row, key),
                100 * row.top1,
                str(row.trial) if row.trial in numbers else "",
                0 if row.trial in numbers else 1,
                f"trial {row.trial}: {words(row.params)}",
            )
            for row in complete
        ]
        names = ("on the front", "beaten")
        plots.append(plot.scatter(f"Accuracy against {caption}", x, "top-1, %", points, names=names, most=100))
    header = ["trial", "top-1", "top-1, unseen half", "median latency", "file", "runtime", "values"]
    body = [
        document.section("plots", "Trade-offs", [document.side_by_side(list(filter(None, plots)))]),
        document.section("front", "Pareto front", [table.Table(header, [_cells(row) for row in found.front]).html()]),
        document.section("trials", "Every trial", [_all(found.trials)]),
    ]
    return document.page(title, body)


def _cells(row: CompleteTrial) -> list[object]:
    shares = percent(row.top1), percent(row.top1_unseen)
    return [row.trial, *shares, latency(row), f"{row.bytes:,}", row.engine, words(row.params)]


def _all(rows: Sequence[TrialRow]) -> str:
    cells = [[row.trial, row.state, row.why or "–", words(row.params)] for row in rows]
    return document.details(f"{len(rows)} trials", table.Table(["trial", "state", "why", "values"], cells).html())


def latency(row: Outcome) -> str:
    """Returns a latency as text, marked where the machine was too busy for it to count."""
    return f"{row.ms:.3g} ms" + ("" if row.steady else ", unsteady")


def words(params: Document) -> str:
    """Returns a trial's values as text."""
    return ", ".join(
        f"{name.rpartition('.')[2]} {value:.4g}" if isinstance(value, float) else f"{name.rpartition('.')[2]} {value}"
        for name, value in params.items()
    )
