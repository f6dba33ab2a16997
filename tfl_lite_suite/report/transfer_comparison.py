"""Transfer learning beside a linear probe, plain fine-tuning and its int8 files, on several sets of pictures."""

from collections.abc import Sequence

from tfl_lite_suite.core.figures import percent
from tfl_lite_suite.core.page.table import Table
from tfl_lite_suite.core.types import JsonObject

_HEADER = ("training pictures", "seeds", "method", "top-1", "balanced accuracy", "minutes", "kept")
_AGAINST_FLOAT = "against float (95 % interval), points"


def table(rows: Sequence[JsonObject]) -> str:
    """Returns a Markdown table of means over seeds, a row a set and method; int8 files are compared with float.

    Args:
        rows: What `tools/compare_transfer.py` measured.
    """
    has_files = any("change" in row for row in rows)
    groups: dict[tuple[str, str], list[JsonObject]] = {}
    names = list(dict.fromkeys(row["name"] for row in rows))
    for row in sorted(rows, key=lambda row: names.index(row["name"])):
        groups.setdefault((row["name"], row["method"]), []).append(row)
    lines = []
    for (name, method), found in groups.items():
        first = found[0]
        spread = f", {100 * first['share']:.0f} % in one" if first["share"] else ""
        spread += ", in grey" if first.get("grey") else ""
        what = f"{name}: {first['pictures']:,} of {first['source']}, {first['classes']} classes{spread}"
        seconds = [row["seconds"] for row in found if "seconds" in row]
        kept = sum(row.get("kept") == "fine_tuned" for row in found)
        lines.append(
            [
                what,
                len(found),
                method,
                _mean(found, "top1"),
                _mean(found, "balanced_accuracy"),
                f"{sum(seconds) / len(seconds) / 60:.1f}" if seconds else "–",
                f"fine-tuned in {kept} of {len(found)}" if "kept" in first else "–",
                *([_changes(found)] if has_files else []),
            ]
        )
    return Table([*_HEADER, *([_AGAINST_FLOAT] if has_files else [])], lines).markdown()


def _changes(rows: Sequence[JsonObject]) -> str:
    """Returns the differences to the float network, each seed's with its own interval."""
    changes = [(row["change"], *row["ci95"]) for row in rows if "change" in row]
    return "; ".join("{:+.2f} ({:+.2f} … {:+.2f})".format(*(100 * end for end in row)) for row in changes) or "–"


def _mean(rows: Sequence[JsonObject], key: str) -> str:
    return percent(sum(row[key] for row in rows) / len(rows))
