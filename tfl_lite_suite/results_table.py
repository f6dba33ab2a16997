"""The results of a run as Markdown tables: a row a model and runtime, and the ledger."""

from typing import Any

from tfl_lite_suite import ledger
from tfl_lite_suite.chain import kind_of

_KERAS = {
    "teacher": ("Keras float32, the teacher", "top1"),
    "train": ("Keras float32", "top1"),
    "prune": ("Keras, pruned", "top1_after"),
    "quantize": ("Keras, fake-quantized", "top1_qat"),
}


def show(results: dict[str, Any]) -> str:
    """Returns the table of results, and the ledger where there is one."""
    parts = [table(results)]
    if results.get("ledger"):
        parts.append(ledger.table(results["ledger"]))
    return "\n".join(parts)


def table(results: dict[str, Any]) -> str:
    """Returns the results as a Markdown table, a row a file and engine."""
    lines = ["| file | runtime | top-1 | bytes | median latency |", "|---|---|---|---|---|"]
    for name, found in results.items():
        words, key = _KERAS.get(kind_of(name), ("", ""))
        if key in found:
            words = words if name in _KERAS else f"{words} ({name})"
            lines.append(f"| {words} | TensorFlow | {_percent(found[key])} | – | – |")
    timed = {(row["name"], row["engine"]): row for row in _rows(results, "benchmark")}
    files = {row["name"]: row for row in _rows(results, "convert")}
    for pair, row in {(row["name"], row["engine"]): row for row in _rows(results, "evaluate")}.items():
        lines.append(_line(files[row["name"]], row, timed.get(pair)))
    return "\n".join(lines) + "\n"


def _rows(results: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    """Returns the rows of every step of a kind."""
    return [row for name, found in results.items() if kind_of(name) == kind for row in found]


def _line(file: dict[str, Any], accuracy: dict[str, Any], time: dict[str, Any] | None) -> str:
    latency = "not measured"
    if time is not None:
        latency = f"{time['latency_ms']['p50']:.3f} ms{'' if time['valid'] else ' (unsteady)'}"
    techniques = [name.replace("_", " ") for name in file.get("ptq", {}).get("techniques", [])]
    floats = len(file.get("ptq", {}).get("float_layers", []))
    name = ", ".join([file["name"], *techniques, *([f"{floats} layers in float"] if floats else [])])
    engine = f"{accuracy['engine']} {accuracy['engine_version']}"
    return f"| {name} | {engine} | {_percent(accuracy['top1'])} | {file['file_bytes']:,} | {latency} |"


def _percent(share: float) -> str:
    return f"{100 * share:.2f} %"
