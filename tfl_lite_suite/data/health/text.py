"""The health of a set as text for people."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tfl_lite_suite.data.health import Health

_MOST_CLASSES, _MOST_FILES = 12, 4
_MARKS = {"error": "ERROR  ", "warning": "warning", "info": "info   "}


def show(found: "Health") -> str:
    """Returns what was found as text."""
    classes = [f"{item.name} {item.count:,}" for item in found.classes[:_MOST_CLASSES]]
    more = len(found.classes) - len(classes)
    ratio = f"; the largest class has {found.imbalance:.1f} times as many as the smallest" if found.imbalance else ""
    lines = [
        f"{found.source}: {found.pictures:,} pictures in {len(found.classes)} classes{ratio}",
        f"classes: {', '.join(classes)}" + (f" and {more} more" if more > 0 else ""),
    ]
    if found.splits:
        lines.append("splits: " + ", ".join(f"{part} {count:,}" for part, count in found.splits.items()))
    if found.sizes:
        lines.append("; ".join(f"{name} {a} to {c}, median {b}" for name, (a, b, c) in found.sizes.items()))
    lines += [f"note: {note}" for note in found.notes]
    lines.append("")
    for problem in found.problems:
        lines.append(f"{_MARKS[problem.severity]} {problem.code}: {problem.message}")
        if problem.files:
            names = ", ".join(problem.files[:_MOST_FILES])
            rest = len(problem.files) - _MOST_FILES
            lines.append(f"        files: {names}" + (f" and {rest:,} more" if rest > 0 else ""))
        lines.append(f"        fix: {problem.fix}")
    return "\n".join(lines) if found.problems else "\n".join([*lines, "nothing was found"])
