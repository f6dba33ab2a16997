"""What `decide` did, as text for people."""

from collections.abc import Sequence

from tfl_lite_suite.core.figures import percent
from tfl_lite_suite.core.types import Document
from tfl_lite_suite.decide.result import DecideResult, WishCheck


def show(result: DecideResult) -> str:
    """Returns the decision, what it does, and which wishes it keeps."""
    error, said = result.calibration_error, result.decision
    lines = [
        f"{result.output}: fitted on {result.n} pictures"
        + (f" and {result.n_unknown} of none of the classes" if result.n_unknown else ""),
        f"temperature {result.temperature:.4g}; calibration error {percent(error.before)} before, "
        f"{percent(error.after)} on pictures not fitted on"
        + (f" (by chance {percent(error.by_chance)})" if error.by_chance is not None else ""),
        f"{percent(result.coverage)} get an answer; balanced accuracy {percent(result.balanced_accuracy)}, "
        f"macro F1 {percent(result.macro_f1)}",
    ]
    reject, unknown = said["reject"], result.unknown
    if reject["score"] != "none":
        lines.append(f"none of these where {reject['score'].replace('_', ' ')} is below {reject['threshold']:.4g}")
    if unknown is not None:
        lines.append(
            f"unknown pictures: {percent(unknown.false_alarms)} get an answer; AUROC {unknown.auroc:.4f} "
            f"(maximum probability alone {unknown.by_max_probability.auroc:.4f})"
        )
    lines += [_wish(row) for row in result.wishes]
    if result.costs is not None:
        low, high = result.costs.saved_ci95
        lines.append(
            f"costs on these pictures: {result.costs.reached:.4g} an answer, {result.costs.without:.4g} without "
            f"thresholds (saves {low:.4g} … {high:.4g}, 95 % interval)"
        )
    frames = said["frames"]
    lines.append(
        f"frames: of the latest {frames['window']}, {percent(frames['share'])} must agree; a class stays until "
        f"{percent(max(0.0, frames['share'] - frames['hysteresis']))}"
    )
    return "\n".join([*lines, *(f"warning: {note}" for note in result.warnings)])


def _wish(row: WishCheck) -> str:
    name = f"{row.wish} of {row.of}"
    if row.received is None or row.ci95 is None:
        return f"{name}: no picture of it to tell by"
    low, high = row.ci95
    return (
        f"{name}: wanted {percent(row.wanted)}, {'kept' if row.met else 'NOT kept'}: "
        f"{percent(row.received)} of {row.n} pictures (95 % interval {percent(low)} … {percent(high)})"
    )


def warnings(wishes: Sequence[WishCheck], per_class: Sequence[Document] = ()) -> list[str]:
    """Returns what a user should know.

    Args:
        wishes: Which may be out of reach, or need more pictures to show.
        per_class: Recall of each class; one that is never found may be the price of the wishes for others.
    """
    found = [
        f"none of the {item['n']} pictures of {item['name']} is found" + (", with these wishes" if wishes else "")
        for item in per_class
        if item["n"] and item["recall"] == 0
    ]
    for row in wishes:
        if row.received is None or row.ci95 is None:
            found.append(f"{row.wish} of {row.of}: there is no picture of it among the validation pictures")
        elif not row.met:
            low, high = row.ci95
            found.append(
                f"{row.wish} of {row.of}: {percent(row.wanted)} cannot be kept on these pictures; "
                f"this file gives {percent(row.received)} (95 % interval {percent(low)} … {percent(high)})"
            )
        elif row.wish == "min_recall" and row.n * (1 - row.wanted) < row.wanted:
            needed = -(-row.wanted // (1 - row.wanted)) if row.wanted < 1 else None
            more = "no number of pictures can promise it" if needed is None else f"at least {needed:.0f} are needed"
            found.append(
                f"min_recall of {row.of}: {row.n} pictures of it are too few to promise "
                f"{percent(row.wanted)} on new ones; {more}"
            )
    return found
