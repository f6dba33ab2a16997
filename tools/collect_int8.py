"""Collects what `quantize` left in work folders: float, int8 before and after training, and how ranges were chosen.

    python tools/collect_int8.py work/b0_colour work/b0_grey --output=docs/results/int8_accuracy.json

prints the table of `docs/int8_accuracy.md` as well. A folder holds the stages `quantize`, `quantize_ptq`, or both.
"""

import argparse
import pathlib
from typing import Any

from tfl_lite_suite.core import files, recipe

ROOT = pathlib.Path(__file__).resolve().parent.parent


def collect(folder: pathlib.Path) -> dict[str, Any]:
    """Returns a row about one work folder.

    Args:
        folder: Holds `quantize/results.json`, with the recipe beside it.
    """
    document = files.read_json(folder / "quantize" / "results.json")
    if document is None:
        raise SystemExit(f"error: {folder}: no quantize/results.json")
    settings = recipe.load(folder / "quantize" / "recipe.yaml")
    results = document.get("results", document)
    after = files.read_json(folder / "quantize_ptq" / "results.json") or {}
    of_ptq = after.get("results", after)
    keys = ("top1_float", "top1_start", "top1_qat", "start", "kept", "validation", "epochs")
    return {
        "network": settings.model.name,
        "alpha": settings.model.alpha,
        "color": settings.data.color,
        "resolution": settings.data.resolution,
        **{key: results[key] for key in keys},
        "ptq": {key: of_ptq[key] for key in ("top1_ptq", "ptq") if key in of_ptq},
    }


def table(rows: list[dict[str, Any]]) -> str:
    """Returns the rows as a Markdown table."""
    lines = [
        "| network | pictures | float | int8 before training | after training | kept | ranges | agreement before |"
    ]
    lines.append("|---" * 8 + "|")
    for row in rows:
        shares = [f"{100 * row[key]:.2f} %" for key in ("top1_float", "top1_start", "top1_qat")]
        start = row["start"]
        lines.append(
            f"| {row['network']} {row['alpha']:g} | {row['color']}, {row['resolution']} pixels | {' | '.join(shares)} "
            f"| {row['kept']} | {start['ranges']} | {100 * start['agreement']:.1f} % |"
        )
    return "\n".join(lines)


def main() -> None:
    """Writes the rows and prints the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folders", type=pathlib.Path, nargs="+")
    parser.add_argument("--output", type=pathlib.Path, default=ROOT / "docs" / "results" / "int8_accuracy.json")
    arguments = parser.parse_args()
    rows = [collect(folder) for folder in arguments.folders]
    files.write_json(arguments.output, {"rows": rows})
    print(table(rows))


if __name__ == "__main__":
    main()
