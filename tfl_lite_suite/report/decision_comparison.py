"""What decisions are worth on test pictures: calibration, unknown pictures, and a wished recall, a row a file."""

from collections.abc import Sequence

from tfl_lite_suite.core.figures import percent
from tfl_lite_suite.core.page.table import Table
from tfl_lite_suite.core.types import JsonObject

_HEADER = (
    "pictures", "file", "top-1", "calibration error", "known from unknown, AUROC", "false alarms, 95 % kept",
    "required recall", "on validation (95 %)", "on test",
)  # fmt: skip


def table(rows: Sequence[JsonObject]) -> str:
    """Returns a Markdown table, before → after in each cell.

    Args:
        rows: What `tools/judge_decisions.py` measured.
    """
    lines = []
    for row in rows:
        wish = row["wish"]
        low, high = wish["ci95"]
        auroc = " → ".join(f"{value:.3f}" for value in row["auroc"])
        lines.append(
            [
                f"{row['name']}, {row['n']:,}",
                row["file"],
                _change(row["top1"]),
                _change(row["calibration_error"]),
                f"{auroc} ({row['reject']})",
                _change(row["false_alarms_at_95"]),
                f"{wish['class']} {percent(wish['wanted'])}",
                f"{percent(wish['received'])} ({percent(low)} … {percent(high)})",
                _change([wish["before"], wish["test"]]),
            ]
        )
    return Table(_HEADER, lines).markdown()


def _change(pair: Sequence[float]) -> str:
    return " → ".join(map(percent, pair))
