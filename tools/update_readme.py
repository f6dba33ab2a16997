"""Fills the tables of the README and of `docs/` from `docs/results/*.json`; `--check` only says whether they differ."""

import argparse
import pathlib
import re
import sys
from typing import Any

from tfl_lite_suite import models
from tfl_lite_suite.core.files import read_json
from tfl_lite_suite.report import (
    decision_comparison,
    micro_comparison,
    network_comparison,
    transfer_comparison,
    web_comparison,
)
from tfl_lite_suite.report.results_table import engine_tables, network_table, sparsity_table, table, technique_table
from tfl_lite_suite.report.run_sections import durations_table
from tfl_lite_suite.run import seed_comparison

ROOT = pathlib.Path(__file__).resolve().parent.parent
PAGES = [
    *ROOT.glob("README*.md"),
    *(
        ROOT / "docs" / f"{name}.md"
        for name in ("networks", "compression", "engines", "pruning", "training", "decision", "web", "microcontrollers")
    ),
]
FULL_SIZE = "full_size.json"  # of tools/measure_sizes.py
CHINESE = ".zh-CN.md"
_WORDS = (
    ("| file | runtime | top-1 | bytes | median latency |", "| 文件 | 运行时 | top-1 | 字节数 | 延迟中位数 |"),
    ("Keras float32, linear probe of the pretrained network", "Keras float32，预训练网络的线性探测"),
    ("Keras, fake-quantized", "Keras，伪量化"),
    ("cross layer equalization", "跨层均衡"),
    ("bias correction", "偏置校正"),
    ("not measured", "未测量"),
    ("| stage | minutes |", "| 阶段 | 分钟 |"),
    ("(unsteady)", "（不稳定）"),
)
_BLOCK = re.compile(
    r"(<!-- (results|techniques|engines|seeds|sparsity|photos|transfer|decisions|durations|web_speed|web_answers|micro)"
    r":(\S+) -->\n)"
    r".*?(<!-- end -->)",
    re.DOTALL,
)


def updated(text: str, folder: pathlib.Path) -> str:
    """Returns the text with each `<!-- results:NAME -->` … `<!-- end -->` block filled from `folder/NAME.json`.

    A `*` in the name stands for every network, and their results make one table; in `<!-- techniques:NAME_* -->` for
    every file of such a name. `<!-- engines:NAME -->` is filled from a result of `tools/compare_engines.py`,
    `<!-- seeds:NAME -->` from that of several runs, `<!-- sparsity:NAME -->` from one of `tools/compare_sparsity.py`,
    `<!-- photos:NAME -->` from one of `tools/compare_networks.py`, `<!-- transfer:NAME -->` from one of
    `tools/compare_transfer.py`, `<!-- decisions:NAME -->` from one of `tools/judge_decisions.py`,
    `<!-- durations:NAME -->` from what the stages of a run took, and `<!-- web_speed:NAME -->` and
    `<!-- web_answers:NAME -->` from a result of `tools/compare_web.py`, `<!-- micro:NAME -->` from one of
    `tools/measure_micro.py`.
    """

    def fill(match: re.Match[str]) -> str:
        kind, name = match[2], match[3]
        if kind == "techniques":
            runs = {path.stem.removeprefix(name[:-1]): read_json(path) for path in sorted(folder.glob(f"{name}.json"))}
            body = technique_table({technique: run["stages"] for technique, run in runs.items()})
        elif "*" in name:
            found = {network: read_json(folder / f"{name.replace('*', network)}.json") for network in models.names()}
            sizes = (read_json(folder / FULL_SIZE) or {}).get("networks")
            body = network_table(
                {network: document["stages"] for network, document in found.items() if document}, sizes
            )
        else:
            document = read_json(folder / f"{name}.json")
            body = "Not measured.\n" if document is None else _body(kind, document)
        return match[1] + body + match[4]

    return _BLOCK.sub(fill, text)


def _body(kind: str, document: Any) -> str:
    if kind == "durations":
        return durations_table(document["stages"]).markdown()
    if kind == "seeds":
        return seed_comparison.table(document["summary"]).markdown()
    if kind == "photos":
        return network_comparison.table(document["networks"])
    if kind == "transfer":
        return transfer_comparison.table(document["rows"])
    if kind == "web_speed":
        return web_comparison.speed_table(document["networks"])
    if kind == "web_answers":
        return web_comparison.answers_table(document["answers"])
    if kind == "micro":
        return micro_comparison.table(document["networks"])
    if kind == "decisions":
        return decision_comparison.table(document)
    if kind == "sparsity":
        return sparsity_table(document["rows"])
    return engine_tables(document["files"]) if kind == "engines" else table(document["stages"]).markdown()


def in_chinese(text: str) -> str:
    """Returns the text with the headers of its tables of results, and what is in words there, in Chinese."""
    for english, chinese in _WORDS:
        text = _BLOCK.sub(lambda match, a=english, b=chinese: match[0].replace(a, b), text)
    return text


def main() -> None:
    """Writes the pages, or exits with 1 where `--check` finds a difference."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check
    for path in PAGES:
        text = path.read_text(encoding="utf-8")
        new = updated(text, ROOT / "docs" / "results")
        new = in_chinese(new) if path.name.endswith(CHINESE) else new
        if check and new != text:
            sys.exit(f"{path.relative_to(ROOT)} differs from docs/results; run tools/update_readme.py")
        path.write_text(new, encoding="utf-8")


if __name__ == "__main__":
    main()
