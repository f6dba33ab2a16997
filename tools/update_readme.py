"""Fills the tables of the README and of `docs/` from `docs/results/*.json`; `--check` only says whether they differ."""

import argparse
import io
import pathlib
import re
import sys
from collections.abc import Callable
from typing import Any

from tfl_lite_suite import models
from tfl_lite_suite.core.files import read_json
from tfl_lite_suite.core.terminal import Style
from tfl_lite_suite.report import (
    decision_comparison,
    documented_figures,
    measured_tables,
    micro_comparison,
    network_comparison,
    transfer_comparison,
    verdict_view,
    web_comparison,
)
from tfl_lite_suite.report.results_table import engine_table, network_table, sparsity_table, table, technique_table
from tfl_lite_suite.report.run_sections import durations_table
from tfl_lite_suite.run import seed_comparison
from tfl_lite_suite.run.verdict import Verdict

ROOT = pathlib.Path(__file__).resolve().parent.parent
PAGES = [
    *ROOT.glob("README*.md"),
    *(ROOT / "docs").glob("*.md"),
]
FULL_SIZE = "full_size.json"  # of tools/measure_sizes.py
CHINESE = ".zh-CN.md"
_WORDS = (
    ("| file | runtime | top-1 | bytes | median latency |", "| 文件 | 运行时 | top-1 | 字节数 | 延迟中位数 |"),
    ("Keras float32, linear probe of the pretrained network", "Keras float32，预训练网络的线性探测"),
    ("Keras, fake-quantized", "Keras，伪量化"),
    ("cross layer equalization", "跨层均衡"),
    ("bias correction", "偏置校正"),
    ("chosen ranges", "选择的取值范围"),
    ("not measured", "未测量"),
    ("| stage | minutes |", "| 阶段 | 分钟 |"),
    ("(unsteady)", "（不稳定）"),
)
_BODIES: dict[str, Callable[[Any], str]] = {
    "results": lambda document: table(document["stages"]).markdown(),
    "durations": lambda document: durations_table(document["stages"]).markdown(),
    "engines": lambda document: engine_table(document["files"]),
    "seeds": lambda document: seed_comparison.table(
        [seed_comparison.SeedsRow.from_document(row) for row in document["summary"]]
    ).markdown(),
    "sparsity": lambda document: sparsity_table(document["rows"]),
    "photos": lambda document: network_comparison.table(document["networks"]),
    "transfer": lambda document: transfer_comparison.table(document["rows"]),
    "decisions": decision_comparison.table,
    "web_speed": lambda document: web_comparison.speed_table(document["networks"]),
    "web_answers": lambda document: web_comparison.answers_table(document["answers"]),
    "micro": lambda document: micro_comparison.table(document["networks"]),
    "health": lambda document: measured_tables.health_table(document["sets"]),
    "unbalanced": lambda document: measured_tables.unbalanced_table(document["runs"]),
    "engine_latency": lambda document: measured_tables.engine_latency_table(document["small"]),
    "instructions": lambda document: measured_tables.instructions_table(document["networks"]),
    "full_size": lambda document: measured_tables.full_size_table(document["full_size"]),
    "pi": lambda document: measured_tables.pi_table(document["rows"]),
    "search": measured_tables.search_table,
    "estimates": documented_figures.estimates_table,
    "lint_arena": documented_figures.lint_arena_table,
    "micro_arena": documented_figures.micro_arena_table,
    "steps": lambda document: documented_figures.steps_table(document["steps"]),
    "parts": lambda document: documented_figures.parts_table(document["steps"]),
    "ptq": lambda document: documented_figures.ptq_table(document["networks"]),
    "learned": lambda document: documented_figures.learned_table(document["networks"]),
    "ptq_run": lambda document: documented_figures.ptq_of_run(document["stages"]),
    "micro_code": lambda document: documented_figures.code_table(document["networks"]),
    "apk": documented_figures.apk_table,
    "parity": lambda document: documented_figures.parity_table(document["rows"]),
    "npu": lambda document: documented_figures.npu_table(document["networks"]),
    "verdict": lambda document: _verdict(document["stages"]["verdict"]),
}
_BLOCK = re.compile(rf"(<!-- ({'|'.join([*_BODIES, 'techniques'])}):(\S+) -->\n).*?(<!-- end -->)", re.DOTALL)


def updated(text: str, folder: pathlib.Path) -> str:
    """Returns the text with each `<!-- KIND:NAME -->` … `<!-- end -->` block filled from `folder/NAME.json`.

    The kind says which table is made. A `*` in the name stands for every network, and their results make one table; in
    `<!-- techniques:NAME_* -->` for every file of such a name.
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
            body = "Not measured.\n" if document is None else _BODIES[kind](document)
        return match[1] + body + match[4]

    return _BLOCK.sub(fill, text)


def _verdict(document: Any) -> str:
    """Returns a verdict as the terminal shows it, without the commands that follow there."""
    shown = verdict_view.terminal(Verdict.from_document(document), Style(io.StringIO()))
    return f"```text\n{shown.partition(f'{chr(10)}{chr(10)}{verdict_view.NEXT}')[0]}\n```\n"


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
