"""Draws the result of `lint` as one HTML page that loads nothing from elsewhere."""

import math
from typing import Any

from tfl_lite_suite.core.page.document import page, section, text
from tfl_lite_suite.core.page.table import Table

_ROW = 24
_LEFT = 46
_BOX = 250
_MOST_ROWS = 3000
_STYLE = """
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
    histogram = [[op["name"], op["version"], op["count"]] for op in document["ops"]]
    body = [
        _summary(document),
        section("problems", "Problems", [_problems(document["problems"])]),
        section("operators", "Operators", [Table(["Name", "Version", "Count"], histogram).html()]),
        section("graph", "Graph", [_graph(document)]),
    ]
    return page(str(document["file"]), body, _STYLE)


def _summary(document: dict[str, Any]) -> str:
    rows = [
        ("File", f"{document['file_bytes']:,} bytes"),
        ("Weights", f"{document['weight_bytes']:,} bytes"),
        (
            "Arena: activations and scratch memory at once",
            f"{document['arena_bytes']:,} bytes ({document['arena_method']})",
        ),
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
    return Table(["What", "Value"], rows).html()


def _problems(problems: list[dict[str, str]]) -> str:
    rows = [[found[key] for key in ("severity", "code", "message", "fix")] for found in problems]
    return Table(["Severity", "Code", "What", "Fix"], rows).html() or "<p>None.</p>"


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
    size = f'width="1060" height="{height}" style="max-width: none"'
    return f'<div class="scroll"><svg {size} role="img" aria-label="graph">{"".join(shapes)}</svg></div>{note}'


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
        f'<text x="{_LEFT + 6}" y="{top + 14}">{text(op["name"])}{text(activation)}</text>',
        f'<rect class="bar" x="{right}" y="{top + 3}" width="{share * 120:.1f}" height="{_ROW - 12}"/>',
        f'<text class="dim" x="{right + 130}" y="{top + 14}">{text(output["dtype"])} {text(shape)} '
        f"{text(output['name'][-70:])}<title>{op['macs']:,} multiply-adds, version {op['version']}</title></text>",
    ]


def _edge(source: int, target: int) -> str:
    begin, end = source * _ROW + _ROW - 2, target * _ROW + 4
    if target == source + 1:
        return f'<path d="M{_LEFT + 24} {begin}V{end}"/>'
    side = _LEFT + _BOX
    reach = side + min(80.0, 14 + 12 * math.sqrt(target - source))
    return f'<path d="M{side} {begin - 8}C{reach:.0f} {begin} {reach:.0f} {end} {side} {end + 8}"/>'
