"""The table of `tools/compare_networks.py`: what int8 and pruning cost each network, over several seeds."""

import statistics

from tfl_lite_suite.core.figures import percent
from tfl_lite_suite.core.page.table import Table
from tfl_lite_suite.core.types import JsonObject
from tfl_lite_suite.run.seed_comparison import interval

_HEADER = (
    "network", "parameters", "seeds", "float32", "int8 PTQ, points", "int8 QAT, points", "pruned float32",
    "pruned int8 QAT, points", "same answers",
)  # fmt: skip


def table(networks: dict[str, dict[str, JsonObject]]) -> str:
    """Returns one row a network: mean top-1, and the mean differences of int8 with their 95 % intervals.

    The interval of several seeds is that of their mean; the interval of one is that of the choice of test pictures.

    Args:
        networks: By network and seed, what `figures` of the tool returned.
    """
    rows = []
    for name, by_seed in networks.items():
        runs = list(by_seed.values())
        agreements = [run["agreement"] for run in runs if run["agreement"] is not None]
        rows.append(
            (
                name,
                f"{runs[0]['params']:,}",
                str(len(runs)),
                _mean(runs, "float32"),
                _change(runs, "float32", "int8_ptq"),
                _change(runs, "float32", "int8_qat"),
                _mean(runs, "prune_float32"),
                _change(runs, "prune_float32", "quantize_2_int8_qat"),
                percent(statistics.fmean(agreements)) if agreements else "–",
            )
        )
    return Table(_HEADER, rows).markdown()


def _mean(runs: list[JsonObject], file: str) -> str:
    values = [run["top1"][file] for run in runs if file in run["top1"]]
    return percent(statistics.fmean(values)) if values else "–"


def _change(runs: list[JsonObject], before: str, after: str) -> str:
    pairs = [run["top1"] for run in runs if {before, after} <= run["top1"].keys()]
    gains = [100 * (top1[after] - top1[before]) for top1 in pairs]
    if not gains:
        return "–"
    ends = interval(gains)
    if ends is None and after in runs[0].get("changes", {}):
        ends = tuple(100 * end for end in runs[0]["changes"][after][1:])
    return f"{statistics.fmean(gains):+.2f}" + (f" ({ends[0]:+.2f} … {ends[1]:+.2f})" if ends else "")
