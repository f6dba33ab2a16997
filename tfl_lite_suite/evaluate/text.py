"""The figures of `evaluate` as text for people."""

from typing import Any

from tfl_lite_suite.core.figures import percent

_MOST_CLASSES = 20
_COLUMNS = f"{'recall (95 % interval)':31} {'precision':>9}  {'F1':>8} {'images':>7}"


def show(document: Any) -> str:
    """Returns the figures as text; several engines' as a table."""
    if isinstance(document, list):
        from tfl_lite_suite.evaluate import engine_table

        return engine_table.text(document)
    items = [item for item in document["per_class"] if item["n"]]
    shown = sorted(items, key=lambda item: item["recall"])[:_MOST_CLASSES] if len(items) > _MOST_CLASSES else items
    width = max((len(item["name"]) for item in shown), default=0)
    heading = f"the {_MOST_CLASSES} weakest classes" if len(items) > _MOST_CLASSES else "class"
    skipped = f", {document['skipped']} unreadable left out" if document["skipped"] else ""
    return "\n".join(
        [
            f"top-1 {percent(document['top1'])}, top-5 {percent(document['top5'])} on {document['n']} images{skipped}"
            f"; {document['ties']} ties for first place, won by the lowest index",
            f"balanced accuracy {percent(document['balanced_accuracy'])}, macro F1 {percent(document['macro_f1'])}, "
            f"calibration error {percent(document['calibration_error'])}",
            *_decided_lines(document),
            f"{document['engine']} {document['engine_version']}, {document['images_per_s']:.0f} images/s, "
            f"{document['model_bytes']:,} bytes",
            f"  {heading:{max(width, len(heading))}}  {_COLUMNS}",
            *(f"  {item['name']:{max(width, len(heading))}}  {_class_cells(item)}" for item in shown),
            *(f"warning: {warning}" for warning in document["warnings"]),
        ]
    )


def _decided_lines(document: dict[str, Any]) -> list[str]:
    lines = []
    if "decided" in document:
        found = document["decided"]
        lines.append(
            f"decision: {percent(found['coverage'])} get an answer, {percent(found['accuracy'])} of them rightly; "
            "recall, precision and F1 are of these answers"
        )
    if "unknown" in document:
        found, alone = document["unknown"], document["unknown"]["by_max_probability"]
        lines.append(
            f"unknown: {percent(found['false_alarms'])} of {found['n']} pictures of none of the classes get an answer;"
            f" AUROC {found['auroc']:.4f} (maximum probability alone {alone['auroc']:.4f})"
        )
    return lines


def _class_cells(item: dict[str, Any]) -> str:
    low, high = item["recall_ci95"]
    interval = f"({percent(low)} … {percent(high)})"
    precision = "–" if item["precision"] is None else percent(item["precision"])
    return f"{percent(item['recall']):>8} {interval:22} {precision:>9}  {percent(item['f1']):>8} {item['n']:7}"
