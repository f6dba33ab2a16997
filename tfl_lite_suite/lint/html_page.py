"""Draws the result of `lint` as one HTML page that loads nothing from elsewhere."""

import math
from collections.abc import Sequence

from tfl_lite_suite.core.page.document import page, section, text
from tfl_lite_suite.core.page.table import Table
from tfl_lite_suite.lint.result import LintProblem, LintReport, OperatorFacts, Tensor

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


def draw(report: LintReport) -> str:
    """Draws the page.

    Args:
        report: Its texts come from the file and are escaped.

    Returns:
        A whole HTML report.
    """
    histogram = [[op.name, op.version, op.count] for op in report.ops]
    body = [
        _summary(report),
        section("problems", "Problems", [_problems(report.problems)]),
        section("operators", "Operators", [Table(["Name", "Version", "Count"], histogram).html()]),
        section("graph", "Graph", [_graph(report)]),
    ]
    return page(str(report.file), body, _STYLE)


def _summary(report: LintReport) -> str:
    rows = [
        ("File", f"{report.file_bytes:,} bytes"),
        ("Weights", f"{report.weight_bytes:,} bytes"),
        (
            "Arena: activations and scratch memory at once",
            f"{report.arena_bytes:,} bytes ({report.arena_method})",
        ),
        ("Multiply-adds", f"{report.macs:,}"),
        ("Oldest TensorFlow that runs it", report.min_runtime or "unknown"),
        ("All in 8 bits", "yes" if report.fully_int8 else f"no: {len(report.float_ops)} operators in float"),
        ("Contract", "yes" if report.contract else "no"),
        ("Labels", f"{len(report.labels)}: {', '.join(report.labels[:12])}"),
    ]
    for kind, tensors in (("Input", report.inputs), ("Output", report.outputs)):
        rows += [(kind, f"{tensor.name}: {tensor.dtype} {list(tensor.shape)}") for tensor in tensors]
    rows += [
        (f"Trial on {trial.engine} {trial.version}", "runs" if trial.ok else trial.error or "")
        for trial in report.trials
    ]
    return Table(["What", "Value"], rows).html()


def _problems(problems: Sequence[LintProblem]) -> str:
    rows = [[found.severity, found.code, found.message, found.fix] for found in problems]
    return Table(["Severity", "Code", "What", "Fix"], rows).html() or "<p>None.</p>"


def _graph(report: LintReport) -> str:
    operators = report.operators[:_MOST_ROWS]
    in_float = {op["index"] for op in report.float_ops if op["subgraph"] == 0}
    most = max((op.macs for op in operators), default=0) or 1
    maker = {tensor: op.index for op in operators for tensor in op.outputs}
    shapes: list[str] = []
    for op in operators:
        shapes += _box(op, op.index in in_float, op.macs / most)
        shapes += [_edge(maker[tensor], op.index) for tensor in op.inputs if maker.get(tensor, op.index) < op.index]
    rest = len(report.operators) - len(operators)
    note = f"<p>{rest} more operators are not drawn.</p>" if rest else ""
    height = _ROW * len(operators) + 8
    size = f'width="1060" height="{height}" style="max-width: none"'
    return f'<div class="scroll"><svg {size} role="img" aria-label="graph">{"".join(shapes)}</svg></div>{note}'


def _box(op: OperatorFacts, is_float: bool, share: float) -> list[str]:
    top = op.index * _ROW + 4
    output = op.output or Tensor("", (), "", None, None)
    activation = "" if op.activation == "NONE" else f" + {op.activation}"
    shape = "×".join(str(size) for size in output.shape)
    kind = ' class="float"' if is_float else ""
    right = _LEFT + _BOX + 90
    return [
        f'<text class="dim" x="0" y="{top + 14}">{op.index}</text>',
        f'<rect{kind} x="{_LEFT}" y="{top}" width="{_BOX}" height="{_ROW - 6}" rx="4"/>',
        f'<text x="{_LEFT + 6}" y="{top + 14}">{text(op.name)}{text(activation)}</text>',
        f'<rect class="bar" x="{right}" y="{top + 3}" width="{share * 120:.1f}" height="{_ROW - 12}"/>',
        f'<text class="dim" x="{right + 130}" y="{top + 14}">{text(output.dtype)} {text(shape)} '
        f"{text(output.name[-70:])}<title>{op.macs:,} multiply-adds, version {op.version}</title></text>",
    ]


def _edge(source: int, target: int) -> str:
    begin, end = source * _ROW + _ROW - 2, target * _ROW + 4
    if target == source + 1:
        return f'<path d="M{_LEFT + 24} {begin}V{end}"/>'
    side = _LEFT + _BOX
    reach = side + min(80.0, 14 + 12 * math.sqrt(target - source))
    return f'<path d="M{side} {begin - 8}C{reach:.0f} {begin} {reach:.0f} {end} {side} {end + 8}"/>'
