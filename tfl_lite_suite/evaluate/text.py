"""The figures of `evaluate` as text for people."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tfl_lite_suite.core.figures import percent

if TYPE_CHECKING:
    from tfl_lite_suite.evaluate.result import ClassResult, EngineRow, Evaluation, UnsupportedEngine

_MOST_CLASSES = 20
_COLUMNS = f"{'recall (95 % interval)':31} {'precision':>9}  {'F1':>8} {'images':>7}"


def show(evaluation: "Evaluation | Sequence[EngineRow | UnsupportedEngine]") -> str:
    """Returns the figures as text; several engines' as a table."""
    if isinstance(evaluation, Sequence):
        from tfl_lite_suite.evaluate import engine_table

        return engine_table.text(evaluation)
    items = [item for item in evaluation.per_class if item.n]
    shown = sorted(items, key=lambda item: item.recall or 0.0)[:_MOST_CLASSES] if len(items) > _MOST_CLASSES else items
    width = max((len(item.name) for item in shown), default=0)
    heading = f"the {_MOST_CLASSES} weakest classes" if len(items) > _MOST_CLASSES else "class"
    skipped = f", {evaluation.skipped} unreadable left out" if evaluation.skipped else ""
    return "\n".join(
        [
            f"top-1 {percent(evaluation.top1)}, top-5 {percent(evaluation.top5)} on {evaluation.n} images{skipped}"
            f"; {evaluation.ties} ties for first place, won by the lowest index",
            f"balanced accuracy {percent(evaluation.balanced_accuracy)}, macro F1 {percent(evaluation.macro_f1)}, "
            f"calibration error {percent(evaluation.calibration_error)} "
            f"(by chance {percent(evaluation.calibration_error_by_chance)})",
            *_several_labels_line(evaluation),
            *_decided_lines(evaluation),
            f"{evaluation.engine} {evaluation.engine_version}, {evaluation.images_per_s:.0f} images/s, "
            f"{evaluation.model_bytes:,} bytes",
            f"  {heading:{max(width, len(heading))}}  {_COLUMNS}",
            *(f"  {item.name:{max(width, len(heading))}}  {_class_cells(item)}" for item in shown),
            *(f"warning: {warning}" for warning in evaluation.warnings),
        ]
    )


def _several_labels_line(evaluation: "Evaluation") -> list[str]:
    if evaluation.exact_match is None:
        return []
    return [
        f"several labels: mAP {percent(evaluation.mean_average_precision)}, micro F1 {percent(evaluation.micro_f1)}, "
        f"exactly the right classes {percent(evaluation.exact_match)}"
    ]


def _decided_lines(evaluation: "Evaluation") -> list[str]:
    lines, decided, unknown = [], evaluation.decided, evaluation.unknown
    if decided is not None:
        lines.append(
            f"decision: {percent(decided.coverage)} get an answer, of which {percent(decided.accuracy)} are right; "
            "recall, precision and F1 are of these answers"
        )
    if unknown is not None:
        lines.append(
            f"unknown: {percent(unknown.false_alarms)} of {unknown.n} pictures of none of the classes get an answer;"
            f" AUROC {unknown.auroc:.4f} (maximum probability alone {unknown.by_max_probability.auroc:.4f})"
        )
    return lines


def _class_cells(item: "ClassResult") -> str:
    interval = "" if item.recall_ci95 is None else "({} … {})".format(*map(percent, item.recall_ci95))
    precision = "–" if item.precision is None else percent(item.precision)
    return f"{percent(item.recall):>8} {interval:22} {precision:>9}  {percent(item.f1):>8} {item.n:7}"
