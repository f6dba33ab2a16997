"""The section of a report on what each operator took, from the profiles of the benchmarks."""

from tfl_lite_suite.benchmark import operator_times
from tfl_lite_suite.benchmark.result import Profile
from tfl_lite_suite.core.figures import percent
from tfl_lite_suite.core.page import plot
from tfl_lite_suite.core.page.document import details, side_by_side, text
from tfl_lite_suite.core.page.table import Table
from tfl_lite_suite.report.recorded_run import FinishedRun
from tfl_lite_suite.run.result import TimedFile

_MOST_OPERATORS = 12


def html(run: FinishedRun) -> str:
    """Returns a block for each file and engine whose operators were timed."""
    return "".join(
        details(f"{timing.name} on {timing.engine}", _block(timing, timing.profile))
        for timing in run.timed
        if timing.profile
    )


def _block(timing: TimedFile, profile: Profile) -> str:
    operators = profile.operators
    total = sum(op.median_ns for op in operators)
    table = Table(
        ["operator", "count", "µs", "share"],
        [
            [kind, count, f"{ns / 1000:,.1f}", percent(share, 1)]
            for kind, count, share, ns in operator_times.by_type(operators)
        ],
    )
    bars = [
        (_layer(op.name) or op.type, op.median_ns, percent(op.share, 1))
        for op in operator_times.most_expensive(operators, _MOST_OPERATORS)
    ]
    words = (
        f"{len(operators)} operators, {_microseconds(total)} together; an inference takes "
        f"{_microseconds(1e6 * timing.latency_ms.p50)}. Medians of {profile.runs} runs of their own, by "
        f"{profile.method}" + (", in whole microseconds." if profile.resolution_ns == 1000 else ".")
    )
    drawn = plot.bars("Slowest operators", "share of their time", bars)
    return f"<p>{text(words)}</p>" + side_by_side([table.html(), drawn])


def _layer(name: str | None) -> str:
    """Returns the layer of a name such as `network/layer/Relu;network/layer/Conv2D`."""
    return "/".join(operator_times.short_name(name).split("/")[-2:-1]) or name or ""


def _microseconds(ns: float) -> str:
    return f"{ns / 1000:,.1f} µs"
