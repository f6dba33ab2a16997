"""Judges candidates by limits, ranks those that keep them, and says which limit to relax where none does."""

import dataclasses
import math
from collections.abc import Mapping, Sequence

from tfl_lite_suite.advise.candidates import Candidate
from tfl_lite_suite.advise.result import Relaxation
from tfl_lite_suite.core.errors import ArgumentError, unknown_argument
from tfl_lite_suite.core.figures import percent, size

# Which figure each limit bounds, and how it is shown.
MICRO = {"max_arena": "arena", "max_flash": "flash"}
FIGURE = {
    **{"max_ms": "ms", "max_bytes": "bytes", "max_memory": "memory", "min_top1": "top1", "max_joules": "joules"},
    **MICRO,
}
_WORDS = {
    **{"ms": "latency", "bytes": "file size", "memory": "memory", "top1": "top-1", "joules": "energy"},
    **{"arena": "arena", "flash": "flash"},
}
PRIORITIES = {
    "inspection": {"accuracy": 0.6, "latency": 0.3, "size": 0.1},
    "surveillance": {"accuracy": 0.3, "latency": 0.5, "memory": 0.2},
    "mobile": {"accuracy": 0.35, "latency": 0.25, "size": 0.4},
}
_GOALS = {"accuracy": "top1", "latency": "ms", "size": "bytes", "memory": "memory", "energy": "joules"}


@dataclasses.dataclass(frozen=True)
class Verdict:
    """A candidate and the limits that it breaks.

    Attributes:
        candidate: The candidate.
        broken: What it breaks, in words, by limit.
    """

    candidate: Candidate
    broken: dict[str, str]


def weights(text: str) -> dict[str, float]:
    """Reads `--priority`.

    Args:
        text: A name of `PRIORITIES`, or weights such as `accuracy=0.5,size=0.5`.

    Returns:
        Weights by goal, their sum 1.

    Raises:
        SuiteError: If it is neither.
    """
    if "=" not in text:
        if text not in PRIORITIES:
            raise unknown_argument("priority", text, PRIORITIES, "priority")
        return dict(PRIORITIES[text])
    found = {}
    for part in text.split(","):
        goal, _, number = part.partition("=")
        if goal not in _GOALS:
            raise unknown_argument("priority", goal, _GOALS, "goal")
        try:
            found[goal] = float(number)
        except ValueError:
            found[goal] = -1.0
        if not 0 <= found[goal] < math.inf:
            raise ArgumentError("priority", f"expected a weight of at least 0 for {goal}. Received: '{number}'")
    if not sum(found.values()):
        raise ArgumentError("priority", f"every weight is 0. Received: '{text}'")
    return {goal: weight / sum(found.values()) for goal, weight in found.items()}


def judge(candidates: Sequence[Candidate], limits: Mapping[str, float]) -> list[Verdict]:
    """Returns which limits each candidate breaks; a figure that is not known breaks its limit."""
    return [
        Verdict(candidate, {key: words for key, limit in limits.items() if (words := _broken(candidate, key, limit))})
        for candidate in candidates
    ]


def divide(verdicts: Sequence[Verdict]) -> tuple[list[Candidate], list[Candidate], list[Verdict]]:
    """Divides candidates into those that fit, those of which only the accuracy is not known, and the rejected."""
    fitting, unknown, rejected = list[Candidate](), list[Candidate](), list[Verdict]()
    for verdict in verdicts:
        if "top1" not in verdict.candidate.figures and set(verdict.broken) <= {"min_top1"}:
            unknown.append(verdict.candidate)
        elif verdict.broken:
            rejected.append(verdict)
        else:
            fitting.append(verdict.candidate)
    return fitting, unknown, rejected


def _broken(candidate: Candidate, limit: str, allowed: float) -> str:
    figure = FIGURE[limit]
    value = candidate.value(figure)
    if value is None and limit in MICRO and candidate.scheme != "int8":
        return f"{limit}: a microcontroller takes int8 files only"
    if value is None:
        return f"{limit}: {_WORDS[figure]} never measured or published"
    if (value >= allowed) if limit == "min_top1" else (value <= allowed):
        return ""
    side = "less" if value < allowed else "more"
    return f"{limit}: {number(figure, value)}, {number(figure, abs(value - allowed))} {side} than allowed"


def number(figure: str, value: float) -> str:
    """Returns a figure's number as text."""
    if figure in ("bytes", "memory", *MICRO.values()):
        return size(value)
    return percent(value, 1) if figure == "top1" else f"{value:.3g} {'J' if figure == 'joules' else 'ms'}"


def rank(candidates: Sequence[Candidate], goals: Mapping[str, float]) -> list[tuple[float, Candidate]]:
    """Returns candidates by their score, the best first.

    A goal counts from 0 (the worst of these candidates) to 1 (the best): accuracy as it is, the others by their
    logarithm, as half the latency is worth the same at 2 ms and at 200 ms. What is not known counts 0.
    """
    shares: list[float] = [0.0] * len(candidates)
    for goal, weight in goals.items():
        values = [_goal(candidate, goal) for candidate in candidates]
        known = [value for value in values if value is not None]
        low, high = min(known, default=0.0), max(known, default=0.0)
        for place, value in enumerate(values):
            if value is not None:
                shares[place] += weight * ((value - low) / (high - low) if high > low else 1.0)
    order = sorted(range(len(candidates)), key=lambda place: (-shares[place], candidates[place].name))
    return [(shares[place], candidates[place]) for place in order]


def _goal(candidate: Candidate, goal: str) -> float | None:
    value = candidate.value(_GOALS[goal])
    if value is None or goal == "accuracy":
        return value
    return -math.log(max(value, 1e-9))


def relaxations(verdicts: Sequence[Verdict], limits: Mapping[str, float]) -> list[Relaxation]:
    """Returns for each limit what it would have to be if all others stay, with the candidate that then fits.

    A limit that no value would help with is left out.
    """
    found = []
    for limit, allowed in limits.items():
        figure = FIGURE[limit]
        alone = [v.candidate for v in verdicts if set(v.broken) == {limit} and v.candidate.value(figure) is not None]
        values = [(candidate.value(figure) or 0.0, candidate) for candidate in alone]
        if values:
            sign = -1 if limit == "min_top1" else 1
            needed, candidate = min(values, key=lambda item: (sign * item[0], item[1].name))
            found.append(Relaxation(limit, allowed, needed, abs(needed - allowed), candidate.name))
    return sorted(found, key=lambda row: row.by / row.allowed if row.allowed else math.inf)
