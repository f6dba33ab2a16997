"""Fills the README's tables from `docs/results/*.json`; with `--check` only says whether they differ."""

import argparse
import pathlib
import re
import sys

from tfl_lite_suite.results import read_json
from tfl_lite_suite.results_table import table

ROOT = pathlib.Path(__file__).resolve().parent.parent
_BLOCK = re.compile(r"(<!-- results:(\S+) -->\n).*?(<!-- end -->)", re.DOTALL)


def updated(text: str, folder: pathlib.Path) -> str:
    """Returns the text with each `<!-- results:NAME -->` … `<!-- end -->` block filled from `folder/NAME.json`."""

    def fill(match: re.Match[str]) -> str:
        document = read_json(folder / f"{match[2]}.json")
        body = "Not measured.\n" if document is None else table(document["stages"])
        return match[1] + body + match[3]

    return _BLOCK.sub(fill, text)


def main() -> None:
    """Writes `README.md`, or exits with 1 where `--check` finds a difference."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check
    path = ROOT / "README.md"
    text = path.read_text(encoding="utf-8")
    new = updated(text, ROOT / "docs" / "results")
    if check and new != text:
        sys.exit("README.md differs from docs/results; run tools/update_readme.py")
    path.write_text(new, encoding="utf-8")


if __name__ == "__main__":
    main()
