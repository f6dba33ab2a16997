"""The web page beside LiteRT on the same machine: speed of every network, and answers on pictures."""

from collections.abc import Sequence
from typing import Any

from tfl_lite_suite.core.figures import percent
from tfl_lite_suite.core.page.table import Table

_SPEED = ("int8 network", "input", "download", "LiteRT", "page", "page / LiteRT")
_ANSWERS = ("file", "pictures", "same top-1", "identical scores", "largest difference")


def speed_table(rows: Sequence[dict[str, Any]]) -> str:
    """Returns a Markdown table, a row a network.

    Args:
        rows: `networks` of what `tools/compare_web.py` measured.
    """
    lines = [
        [
            row["network"],
            f"{row['resolution']}×{row['resolution']}",
            f"{row['first_visit_bytes'] / 1e6:.1f} MB",
            _ms(row["native_ms"]),
            _ms(row["page_ms"]),
            f"{row['ratio']:.1f}",
        ]
        for row in rows
    ]
    return Table(_SPEED, lines).markdown()


def answers_table(rows: Sequence[dict[str, Any]]) -> str:
    """Returns a Markdown table, a row a file.

    Args:
        rows: `answers` of what `tools/compare_web.py` measured.
    """
    lines = [
        [
            row["file"],
            f"{row['pictures']:,} of {row['data']}",
            percent(row["top1_agreement"]),
            percent(row["equal_outputs"]),
            f"{row['max_abs_diff']:.3g}",
        ]
        for row in rows
    ]
    return Table(_ANSWERS, lines).markdown()


def _ms(value: float) -> str:
    return f"{value:.2f} ms" if value < 10 else f"{value:.1f} ms"
