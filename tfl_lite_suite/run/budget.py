"""The limits of a recipe, checked on what a run measured."""

from collections.abc import Sequence

from tfl_lite_suite.core.errors import SuiteError, unknown_name
from tfl_lite_suite.core.recipe import Budget
from tfl_lite_suite.run.result import ConvertedFile, EvaluatedFile, TimedFile
from tfl_lite_suite.run.stage_results import LedgerRow, LimitCheck

# What each limit is measured by.
MEASURED_BY = {
    "max_top1_drop": "evaluate",
    "min_top1": "evaluate",
    "min_agreement": "evaluate",
    "max_bytes": "convert",
    "max_ms": "benchmark",
    "max_memory": "benchmark",
    "min_recall": "evaluate",
    "min_macro_f1": "evaluate",
    "max_calibration_error": "evaluate",
}
_WORDS = {
    "max_top1_drop": ("top-1 falls by", 100, "points", ".2f"),
    "min_top1": ("top-1 is", 100, "%", ".2f"),
    "min_agreement": ("same answers as its Keras model:", 100, "%", ".2f"),
    "max_bytes": ("the file has", 1, "bytes", ",d"),
    "max_ms": ("median latency is", 1, "ms", ".3f"),
    "max_memory": ("resident memory is", 1, "bytes", ",d"),
    "min_recall": ("recall is", 100, "%", ".2f"),
    "min_macro_f1": ("macro F1 is", 100, "%", ".2f"),
    "max_calibration_error": ("calibration error is", 100, "%", ".2f"),
}


def check(
    chosen: Budget,
    files: Sequence[ConvertedFile],
    ledger: Sequence[LedgerRow],
    timed: Sequence[TimedFile],
    evaluated: Sequence[EvaluatedFile] = (),
) -> list[LimitCheck]:
    """Compares every limit that is set with every file that must keep it.

    Args:
        chosen: The limits.
        files: Every file.
        ledger: From `ledger.rows`.
        timed: From `benchmark`.
        evaluated: From `evaluate`.

    Returns:
        A check for each file and limit.

    Raises:
        SuiteError: If a file that is named does not exist, or was not measured.
    """
    names = [file.name for file in files]
    for index, name in enumerate(chosen.files):
        if name not in names:
            raise unknown_name(f"budget.files[{index}]", name, names, "file")
    default = [file.name for file in files if file.scheme == "int8"] or names
    checks = []
    for name in chosen.files or default:
        for limit, allowed in chosen.limits.items():
            kind, _, of_class = limit.partition(".")
            if kind in ("min_recall", "min_macro_f1", "max_calibration_error"):
                received = _of_answers(kind, of_class, [row for row in evaluated if row.name == name])
            else:
                received = _received(limit, name, files, ledger, timed)
            ok = received <= allowed if limit.startswith("max_") else received >= allowed
            checks.append(LimitCheck(file=name, limit=limit, allowed=allowed, received=received, ok=ok))
    return checks


def _received(
    limit: str,
    name: str,
    files: Sequence[ConvertedFile],
    ledger: Sequence[LedgerRow],
    timed: Sequence[TimedFile],
) -> float:
    answered = [row for row in ledger if row.name == name]
    measured = [row for row in timed if row.name == name]
    values: dict[str, Sequence[float]] = {
        "max_top1_drop": [-row.against_float.points for row in answered if row.against_float],
        "min_top1": [row.top1 for row in answered],
        "min_agreement": [row.agreement for row in answered if row.agreement is not None],
        "max_bytes": [file.file_bytes for file in files if file.name == name and file.file_bytes is not None],
        "max_ms": [row.latency_ms.p50 for row in measured],
        "max_memory": [row.peak_rss_bytes for row in measured if row.peak_rss_bytes is not None],
    }
    if not values[limit]:
        raise SuiteError(f"budget.{limit}: {name} was not measured; {MEASURED_BY[limit]} comes before budget")
    return max(values[limit]) if limit == "max_top1_drop" else min(values[limit])


def measured_by(limit: str) -> str:
    """Returns the stage that measures what a limit limits."""
    return MEASURED_BY[limit.partition(".")[0]]


def _of_answers(kind: str, of_class: str, rows: Sequence[EvaluatedFile]) -> float:
    """Returns the worst engine's figure."""
    if kind == "min_recall":
        recalls = [{item.name: item.recall for item in row.per_class} for row in rows]
        if recalls and of_class not in recalls[0]:
            raise unknown_name("budget.min_recall", of_class, recalls[0], "class")
        values = [recall[of_class] for recall in recalls]
    else:
        values = [row.macro_f1 if kind == "min_macro_f1" else row.calibration_error for row in rows]
    known = [value for value in values if value is not None]
    if not known:
        raise SuiteError(f"budget.{kind}: nothing measured it; evaluate comes before budget, on pictures of the class")
    return max(known) if kind.startswith("max_") else min(known)


def failure(checks: Sequence[LimitCheck]) -> str:
    """Returns which limits were broken by how much, in one line; empty if none was."""
    return "; ".join(f"{check.file}: {_broken(check)}" for check in checks if not check.ok)


def _broken(check: LimitCheck) -> str:
    kind, _, of_class = check.limit.partition(".")
    words, factor, unit, form = _WORDS[kind]
    words = f"{of_class}: {words}" if of_class else words
    received, allowed = check.received * factor, check.allowed * factor
    side = "more" if received > allowed else "less"
    by = format(abs(received - allowed), form)
    return f"{words} {received:{form}} {unit}, {by} {side} than {check.limit} allows ({allowed:{form}})"
