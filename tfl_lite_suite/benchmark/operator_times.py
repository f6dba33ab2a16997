"""What the profile of a measurement says, summed up for people."""

from collections.abc import Sequence

from tfl_lite_suite.benchmark.result import OperatorTime


def short_name(name: str | None) -> str:
    """Returns a name for people: of the tensors that a converter merged, the first."""
    return (name or "").partition(";")[0]


def by_type(operators: Sequence[OperatorTime]) -> list[tuple[str, int, float, int]]:
    """Sums operators by type.

    Args:
        operators: Of one profile.

    Returns:
        Type, number of operators, share, and nanoseconds; the most expensive first.
    """
    found: dict[str, list[OperatorTime]] = {}
    for operator in operators:
        found.setdefault(operator.type, []).append(operator)
    rows = [
        (kind, len(group), sum(op.share for op in group), sum(op.median_ns for op in group))
        for kind, group in found.items()
    ]
    return sorted(rows, key=lambda row: -row[2])


def most_expensive(operators: Sequence[OperatorTime], most: int) -> list[OperatorTime]:
    """Returns the operators that take longest, at most `most` of them, those that take no time left out."""
    return sorted((op for op in operators if op.median_ns), key=lambda op: -op.median_ns)[:most]
