"""The advice as JSON, as text, as a page with plots, and as the recipe to run next."""

import dataclasses
import math

from tfl_lite_suite.advise import choice
from tfl_lite_suite.advise.candidates import IMAGENET, Candidate
from tfl_lite_suite.advise.result import Advice, Choice, Relaxation
from tfl_lite_suite.core import recipe, shipped_recipes, yaml_text
from tfl_lite_suite.core.errors import LimitBroken
from tfl_lite_suite.core.figures import percent
from tfl_lite_suite.core.page import document, plot, table
from tfl_lite_suite.core.terminal import Style, Styled, printable
from tfl_lite_suite.core.types import JsonObject

_MOST, _TRANSFER = 10, "photos_transfer"
_WORDS = {
    **{"top1": "top-1", "ms": "latency", "bytes": "file", "memory": "memory", "joules": "energy"},
    **{"arena": "arena", "flash": "flash"},
}
_SHOWN = ("top1", "ms", "bytes", "memory", "joules", "arena", "flash")
_MARKS = {"measured": "", "published": "ᵖ", "predicted": "*", "estimated": "°"}


def describe(candidate: Candidate) -> Choice:
    """Returns a candidate with the origin of its figures, and what speaks for it."""
    figures = candidate.figures
    why = [
        f"{_WORDS[key]} {choice.number(key, figures[key].value)} ({figures[key].basis})"
        for key in _WORDS
        if key in figures
    ]
    missing = [] if "top1" in figures else ["accuracy at this width and resolution was never measured or published"]
    return Choice(
        model=candidate.name,
        network=candidate.size.network,
        alpha=candidate.size.alpha,
        resolution=candidate.size.resolution,
        compression=candidate.compression,
        evidence=figures,
        why="; ".join(filter(None, [", ".join(why), *missing, *candidate.notes])),
        recipe=candidate.recipe,
    )


def recipe_for(found: Advice) -> recipe.Recipe:
    """Returns the recipe to run next for the best choice, with the limits as its budget.

    It is the recipe that made the choice. For photographs that were never trained on here it is the transfer recipe.

    Raises:
        LimitBroken: If there is no choice.
    """
    if not found.choices:
        raise LimitBroken(
            "`output`: nothing keeps every limit, so there is no recipe to write. See what to relax", found
        )
    best, limits = found.choices[0], found.limits
    kept: JsonObject = {key: int(limits[key]) for key in ("max_memory", "max_bytes") if key in limits}
    kept |= {key: limits[key] for key in ("max_ms",) if key in limits}
    if found.data != IMAGENET and "min_top1" in limits:
        kept["min_top1"] = limits["min_top1"]
    base = _recipe_that_made(best) or _transfer(best)
    return dataclasses.replace(base, budget=dataclasses.replace(base.budget, **kept))


def _recipe_that_made(best: Choice) -> recipe.Recipe | None:
    """Returns the recipe of the run that a choice comes from; the shipped one where it ships, as it is today."""
    if not best.recipe:
        return None
    made = recipe.parsed(yaml_text.read(best.recipe), [])
    return recipe.load(shipped_recipes.find(made.name)) if made.name in shipped_recipes.names() else made


def _transfer(best: Choice) -> recipe.Recipe:
    base = recipe.load(shipped_recipes.find(_TRANSFER))
    return dataclasses.replace(
        base,
        name=f"{best.network}_{best.resolution}",
        data=dataclasses.replace(base.data, resolution=best.resolution),
        model=dataclasses.replace(base.model, name=best.network, alpha=best.alpha),
    )


def show(found: Advice) -> str:
    """Returns the ranking for a terminal; `--json` has every figure's source."""
    style, shown = Style(), found.choices[:_MOST]
    lines = [f"device: {found.device.name or 'unknown'}", *(f"note: {note}" for note in found.notes)]
    for key, error in found.device.latency_error.items():
        known = "error unknown" if error is None else f"{percent(error, 0)} off on networks that it was not fitted to"
        lines.append(f"latency model of {key}: {known}")
    rows = [[place, row.model, *_cells(row), f"{row.score or 0.0:.2f}"] for place, row in enumerate(shown, 1)]
    header = ["no.", "model", *(_WORDS[key] for key in _SHOWN), "score"]
    parts = [printable("\n".join(lines)) + "\n", table.Table(header, rows).without_empty_columns().terminal(style)]
    bases = {figure.basis for row in shown for figure in row.evidence.values()}
    marks = [f"{mark} {basis}" for basis, mark in _MARKS.items() if basis in bases and mark]
    if marks:
        parts.append(f"{', '.join(marks)}; the other figures were measured. advise --json names the source of each.\n")
    return Styled("\n".join([*filter(None, parts), *map(printable, _rest(found))]))


def _cells(row: Choice) -> list[str]:
    """Returns a choice's figures, each with a mark that says how it is known."""
    return [
        choice.number(key, row.evidence[key].value) + _MARKS[row.evidence[key].basis] if key in row.evidence else "–"
        for key in _SHOWN
    ]


def _rest(found: Advice) -> list[str]:
    lines = []
    if not found.choices:
        lines.append("No candidate with a known accuracy keeps every limit.")
        lines += [
            f"advise --{row.limit}={_needed(row)} in place of {row.allowed:.10g} would admit {row.model}"
            for row in found.relax
        ]
        if not found.relax:
            lines.append("Relaxing one limit is not enough; relax two or more.")
    if found.unmeasured:
        names = ", ".join(row.model for row in found.unmeasured[:3])
        count = len(found.unmeasured)
        lines.append(f"{count} more keep the limits, but their accuracy is not known, such as {names}.")
    lines.append(f"{len(found.rejected)} break a limit; advise --json has the reasons.")
    return lines


def _needed(row: Relaxation) -> str:
    """Returns the limit that would do, in three digits: rounded up, or down where it is a least value."""
    value = row.needed
    if not value or isinstance(value, int):
        return f"{value}"
    step = 10.0 ** (math.floor(math.log10(value)) - 2)
    rounded = (math.floor if row.limit.startswith("min_") else math.ceil)(value / step) * step
    return f"{rounded:.10g}"


def page(found: Advice) -> str:
    """Returns the ranking as an HTML page, with accuracy against latency and size."""
    rows, by_time, by_size = list[list[object]](), list[plot.Point](), list[plot.Point]()
    for place, row in enumerate(found.choices, 1):
        values = {key: figure.value for key, figure in row.evidence.items()}
        series = 0 if row.evidence["top1"].basis == "measured" else 1
        for key, points in (("ms", by_time), ("bytes", by_size)):
            if key in values:
                points.append(plot.Point(values[key], 100 * values["top1"], str(place), series, row.model))
        shown = [choice.number(key, values[key]) if key in values else "–" for key in ("top1", "ms", "bytes", "memory")]
        rows.append([place, row.model, *shown, row.why])
    names = ("accuracy measured", "accuracy published")
    plots = [
        plot.scatter("Accuracy against latency", "ms", "top-1, %", by_time, names=names, most=100),
        plot.scatter("Accuracy against size", "bytes of the file", "top-1, %", by_size, names=names, most=100),
    ]
    header = ["no.", "model", "top-1", "latency", "file", "memory", "why"]
    rejected = table.Table(["model", "why not"], [[row.model, row.why] for row in found.rejected])
    relax = table.Table(
        ["limit", "allowed", "needed", "model"],
        [[r.limit, r.allowed, r.needed, r.model] for r in found.relax],
    )
    body = [
        *(f"<p>{document.text(note)}</p>" for note in found.notes),
        document.section(
            "choices", "Choices", [document.side_by_side(list(filter(None, plots))), table.Table(header, rows).html()]
        ),
        document.section("relax", "Nothing fits: relax one of these", [relax.html()]),
        document.section("rejected", "Rejected", [document.details(f"{len(rejected.rows)} models", rejected.html())]),
    ]
    return document.page(f"Networks for {found.device.name or 'an unknown device'}", body)
