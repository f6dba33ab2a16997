"""The advice as JSON, as text, as a page with plots, and as the recipe to run next."""

import dataclasses
from typing import Any

from tfl_lite_suite.advise import choice
from tfl_lite_suite.advise.candidates import IMAGENET, Candidate
from tfl_lite_suite.core import recipe
from tfl_lite_suite.core.errors import LimitBroken
from tfl_lite_suite.core.figures import percent
from tfl_lite_suite.core.page import document, plot, table

_MOST = 10
_WORDS = {"top1": "top-1", "ms": "latency", "bytes": "file", "memory": "memory", "joules": "energy"}
# Networks whose ImageNet weights the suite can fetch.
_WEIGHTS_AT_HAND = ("mobilenet_v2", "efficientnet_lite0")


def describe(candidate: Candidate) -> dict[str, Any]:
    """Returns a candidate as JSON: its figures with their origin in `evidence`, and in `why` what speaks for it."""
    figures = candidate.figures
    why = [
        f"{_WORDS[key]} {choice.number(key, figures[key].value)} ({figures[key].basis})"
        for key in _WORDS
        if key in figures
    ]
    missing = [] if "top1" in figures else ["accuracy at this width and resolution was never measured or published"]
    return {
        "model": candidate.name,
        "network": candidate.size.network,
        "alpha": candidate.size.alpha,
        "resolution": candidate.size.resolution,
        "compression": candidate.compression,
        "evidence": {key: dataclasses.asdict(figure) for key, figure in figures.items()},
        "why": "; ".join(filter(None, [", ".join(why), *missing, *candidate.notes])),
        "recipe": candidate.recipe,
    }


def recipe_for(found: dict[str, Any]) -> recipe.Recipe:
    """Returns the recipe to run next for the best choice, with the limits as its budget.

    Raises:
        LimitBroken: If there is no choice.
    """
    if not found["choices"]:
        raise LimitBroken(
            "--output: nothing keeps every limit, so there is no recipe to write. See what to relax", found
        )
    best, data = found["choices"][0], found["data"]
    pretrained = (best["network"], best["alpha"]) in ((name, 1.0) for name in _WEIGHTS_AT_HAND)
    limits = {key: found["limits"][key] for key in ("max_ms", "max_memory", "max_bytes") if key in found["limits"]}
    limits = {key: int(value) if key != "max_ms" else value for key, value in limits.items()}
    if data != IMAGENET and "min_top1" in found["limits"]:
        limits["min_top1"] = found["limits"]["min_top1"]
    return recipe.Recipe(
        f"{best['network']}_{best['resolution']}",
        recipe.Data("FOLDER" if data == IMAGENET else data, best["resolution"]),
        recipe.Model(best["network"], best["alpha"], "imagenet" if pretrained else "none"),
        budget=recipe.Budget(**limits),
    )


def show(found: dict[str, Any]) -> str:
    """Returns the ranking as text."""
    lines = [f"device: {found['device']['name'] or 'unknown'}", *(f"note: {note}" for note in found["notes"])]
    for key, error in found["device"]["latency_error"].items():
        lines.append(
            f"latency model {key}: {'error unknown' if error is None else f'{percent(error, 0)} on held-out networks'}"
        )
    lines.append("")
    for place, row in enumerate(found["choices"][:_MOST], 1):
        lines.append(f"{place}. {row['model']} (score {row['score']:.2f}): {row['why']}")
        lines += [f"     {key}: {figure['source']}" for key, figure in row["evidence"].items()]
    lines += _rest(found)
    return "\n".join(lines)


def _rest(found: dict[str, Any]) -> list[str]:
    lines = []
    if not found["choices"]:
        lines.append("Nothing whose accuracy is known keeps every limit.")
        for row in found["relax"]:
            lines.append(
                f"relax --{row['limit']} from {row['allowed']:.10g} to {row['needed']:.10g}, by {row['by']:.10g}: "
                f"{row['model']}"
            )
        if not found["relax"]:
            lines.append("No single limit would do; relax two or more.")
    if found["unmeasured"]:
        lines.append(f"Accuracy never measured or published, else within limits: {len(found['unmeasured'])}, such as")
        lines += [f"   {row['model']}: {row['why']}" for row in found["unmeasured"][:3]]
    lines.append(f"{len(found['rejected'])} rejected; --json has each one's reasons")
    return lines


def page(found: dict[str, Any]) -> str:
    """Returns the ranking as an HTML page, with accuracy against latency and size."""
    rows, by_time, by_size = list[list[object]](), list[plot.Point](), list[plot.Point]()
    for place, row in enumerate(found["choices"], 1):
        values = {key: figure["value"] for key, figure in row["evidence"].items()}
        series = 0 if row["evidence"]["top1"]["basis"] == "measured" else 1
        for key, points in (("ms", by_time), ("bytes", by_size)):
            if key in values:
                points.append(plot.Point(values[key], 100 * values["top1"], str(place), series, row["model"]))
        shown = [choice.number(key, values[key]) if key in values else "–" for key in ("top1", "ms", "bytes", "memory")]
        rows.append([place, row["model"], *shown, row["why"]])
    names = ("accuracy measured", "accuracy published")
    plots = [
        plot.scatter("Accuracy against latency", "ms", "top-1, %", by_time, names=names, most=100),
        plot.scatter("Accuracy against size", "bytes of the file", "top-1, %", by_size, names=names, most=100),
    ]
    header = ["no.", "model", "top-1", "latency", "file", "memory", "why"]
    rejected = table.Table(["model", "why not"], [[row["model"], row["why"]] for row in found["rejected"]])
    relax = table.Table(
        ["limit", "allowed", "needed", "model"],
        [[r["limit"], r["allowed"], r["needed"], r["model"]] for r in found["relax"]],
    )
    body = [
        *(f"<p>{document.text(note)}</p>" for note in found["notes"]),
        document.section(
            "choices", "Choices", [document.side_by_side(list(filter(None, plots))), table.Table(header, rows).html()]
        ),
        document.section("relax", "Nothing fits: relax one of these", [relax.html()]),
        document.section("rejected", "Rejected", [document.details(f"{len(rejected.rows)} models", rejected.html())]),
    ]
    return document.page(f"Networks for {found['device']['name'] or 'an unknown device'}", body)
