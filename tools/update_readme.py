"""Fills the tables of the README and of `docs/` from `docs/results/*.json`; `--check` only says whether they differ."""

import argparse
import pathlib
import re
import sys

from tfl_lite_suite import models
from tfl_lite_suite.results import read_json
from tfl_lite_suite.results_table import network_table, table

ROOT = pathlib.Path(__file__).resolve().parent.parent
PAGES = (ROOT / "README.md", ROOT / "docs" / "networks.md")
FULL_SIZE = "full_size.json"  # of tools/measure_sizes.py
_BLOCK = re.compile(r"(<!-- results:(\S+) -->\n).*?(<!-- end -->)", re.DOTALL)


def updated(text: str, folder: pathlib.Path) -> str:
    """Returns the text with each `<!-- results:NAME -->` … `<!-- end -->` block filled from `folder/NAME.json`.

    A `*` in the name stands for every network, and their results make one table.
    """

    def fill(match: re.Match[str]) -> str:
        if "*" in match[2]:
            found = {name: read_json(folder / f"{match[2].replace('*', name)}.json") for name in models.names()}
            sizes = (read_json(folder / FULL_SIZE) or {}).get("networks")
            body = network_table({name: document["stages"] for name, document in found.items() if document}, sizes)
        else:
            document = read_json(folder / f"{match[2]}.json")
            body = "Not measured.\n" if document is None else table(document["stages"])
        return match[1] + body + match[3]

    return _BLOCK.sub(fill, text)


def main() -> None:
    """Writes the pages, or exits with 1 where `--check` finds a difference."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check
    for path in PAGES:
        text = path.read_text(encoding="utf-8")
        new = updated(text, ROOT / "docs" / "results")
        if check and new != text:
            sys.exit(f"{path.relative_to(ROOT)} differs from docs/results; run tools/update_readme.py")
        path.write_text(new, encoding="utf-8")


if __name__ == "__main__":
    main()
