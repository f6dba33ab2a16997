"""Draws the result of `lint` as one HTML page that loads nothing from elsewhere."""

import html
import math
from typing import Any

_ROW = 24
_LEFT = 46
_BOX = 250
_MOST_ROWS = 3000
_STYLE = """
:root { color-scheme: light dark; --line: #8886; --box: #4a7fb51f; --float: #d9822b40; --blue: #4a7fb5 }
body { font: 14px/1.5 system-ui, sans-serif; margin: 2em auto; max-width: 1100px; padding: 0 1em }
table { border-collapse: collapse; margin: 0 0 1.5em }
td, th { padding: 2px 12px 2px 0; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line) }
td.n { text-align: right; font-variant-numeric: tabular-nums }
.error { color: #c62828; font-weight: 600 }
.warning { color: #b26a00; font-weight: 600 }
.info { opacity: .7 }
svg text { font: 12px system-ui, sans-serif; fill: currentColor }
svg .dim { opacity: .65 }
svg rect { fill: var(--box); stroke: var(--line) }
svg rect.float { fill: var(--float) }
svg rect.bar { fill: var(--blue); stroke: none }
svg path { fill: none; stroke: var(--blue); opacity: .7 }
"""


def draw(document: dict[str, Any]) -> str:
    """Draws the page.

    Args:
        document: The result of `lint_process.run`; its texts come from the file and are escaped.

    Returns:
        A whole HTML document.
    """
    title = _text(document["file"])
    return "\n".join(
        [
            "<!doctype html>",
            f'<html lang="en"><meta charset="utf-8"><title>{title}</title><style>{_STYLE}</style>',
            f"<h1>{title}</h1>",
            _summary(document),
            "<h2>Problems</h2>",
            _problems(document["problems"]),
            "<h2>Operators</h2>",
            _histogram(document["ops"]),
            "<h2>Graph</h2>",
            _graph(document),
            "</html>",
        ]
    )


def _text(value: object) -> str:
    return html.escape(str(value))


def _summary(document: dict[str, Any]) -> str:
    rows = [
        ("File", f"{document['file_bytes']:,} bytes"),
        ("Weights", f"{document['weight_bytes']:,} bytes"),
        ("Activations, at most at once", f"{document['arena_bytes']:,} bytes ({document['arena_method']})"),
        ("Multiply-adds", f"{document['macs']:,}"),
        ("Oldest TensorFlow that runs it", document["min_runtime"] or "unknown"),
        ("All in 8 bits", "yes" if document["fully_int8"] else f"no: {len(document['float_ops'])} operators in float"),
        ("Contract", "yes" if document["contract"] else "no"),
        ("Labels", f"{len(document['labels'])}: {', '.join(document['labels'][:12])}"),
    ]
    for kind in ("inputs", "outputs"):
        rows += [(kind[:-1].capitalize(), f"{t['name']}: {t['dtype']} {t['shape']}") for t in document[kind]]
    rows += [
        (f"Trial on {trial['engine']} {trial['version']}", "runs" if trial["ok"] else trial["error"])
        for trial in document.get("trials", [])
    ]
    cells = "".join(f"<tr><th>{_text(name)}<td>{_text(value)}" for name, value in rows)
    return f"<table>{cells}</table>"


def _problems(problems: list[dict[str, str]]) -> str:
    if not problems:
        return "<p>None.</p>"
    cells = "".join(
        f'<tr><td class="{_text(found["severity"])}">{_text(found["severity"])}<td>{_text(found["code"])}'
        f"<td>{_text(found['message'])}<td>{_text(found['fix'])}"
        for found in problems
    )
    return f"<table><tr><th>Severity<th>Code<th>What<th>Fix{cells}</table>"


def _histogram(ops: list[dict[str, Any]]) -> str:
    cells = "".join(
        f'<tr><td>{_text(op["name"])}<td class="n">{op["version"]}<td class="n">{op["count"]}' for op in ops
    )
    return f"<table><tr><th>Name<th>Version<th>Count{cells}</table>"


def _graph(document: dict[str, Any]) -> str:
    operators = document["operators"][:_MOST_ROWS]
    in_float = {op["index"] for op in document["float_ops"] if op["subgraph"] == 0}
    most = max((op["macs"] for op in operators), default=0) or 1
    maker = {tensor: op["index"] for op in operators for tensor in op["outputs"]}
    shapes: list[str] = []
    for op in operators:
        shapes += _box(op, op["index"] in in_float, op["macs"] / most)
        shapes += [
            _edge(maker[tensor], op["index"]) for tensor in op["inputs"] if maker.get(tensor, op["index"]) < op["index"]
        ]
    rest = len(document["operators"]) - len(operators)
    note = f"<p>{rest} more operators are not drawn.</p>" if rest else ""
    height = _ROW * len(operators) + 8
    return f'<svg width="1060" height="{height}" role="img" aria-label="graph">{"".join(shapes)}</svg>{note}'


def _box(op: dict[str, Any], is_float: bool, share: float) -> list[str]:
    top = op["index"] * _ROW + 4
    output = op["output"] or {"name": "", "shape": [], "dtype": ""}
    activation = "" if op["activation"] == "NONE" else f" + {op['activation']}"
    shape = "×".join(str(size) for size in output["shape"])
    kind = ' class="float"' if is_float else ""
    right = _LEFT + _BOX + 90
    return [
        f'<text class="dim" x="0" y="{top + 14}">{op["index"]}</text>',
        f'<rect{kind} x="{_LEFT}" y="{top}" width="{_BOX}" height="{_ROW - 6}" rx="4"/>',
        f'<text x="{_LEFT + 6}" y="{top + 14}">{_text(op["name"])}{_text(activation)}</text>',
        f'<rect class="bar" x="{right}" y="{top + 3}" width="{share * 120:.1f}" height="{_ROW - 12}"/>',
        f'<text class="dim" x="{right + 130}" y="{top + 14}">{_text(output["dtype"])} {_text(shape)} '
        f"{_text(output['name'][-70:])}<title>{op['macs']:,} multiply-adds, version {op['version']}</title></text>",
    ]


def _edge(source: int, target: int) -> str:
    begin, end = source * _ROW + _ROW - 2, target * _ROW + 4
    if target == source + 1:
        return f'<path d="M{_LEFT + 24} {begin}V{end}"/>'
    side = _LEFT + _BOX
    reach = side + min(80.0, 14 + 12 * math.sqrt(target - source))
    return f'<path d="M{side} {begin - 8}C{reach:.0f} {begin} {reach:.0f} {end} {side} {end + 8}"/>'
