"""A table that is written as HTML, as Markdown, or for a terminal."""

import dataclasses
import re
import shutil
import textwrap
import unicodedata
from collections.abc import Sequence

from tfl_lite_suite.core.page.document import text
from tfl_lite_suite.core.terminal import Style, printable_line

_NUMBER = re.compile(r"[-+−]?[\d.,]+( ?(%|ms|s|kB|MB|M|bytes|points))?[ᵖ*°]?$|–$")
# Where a line may not break: before a unit, and inside an interval.
_TOGETHER = re.compile(r"(?<=\d) (?=%)|(?<=[\d%]) (?=… [-+−\d])|(?<=\d …|% …) (?=[-+−\d])")
_HASH = re.compile(r"[0-9a-f]{64}$")
_NONE, _GAP, _FALLBACK_COLUMNS = "–", "  ", 120
_VERDICTS = {
    "ok": "good",
    "gain": "good",
    "loss": "error",
    "broken": "error",
    "error": "error",
    "warning": "warning",
    "info": "info",
}


@dataclasses.dataclass(frozen=True)
class Table:
    """Rows under a header.

    Attributes:
        header: Names of the columns.
        rows: As many cells each; shown as text.
    """

    header: Sequence[str]
    rows: Sequence[Sequence[object]]

    def without_empty_columns(self) -> "Table":
        """Returns the table without columns in which every row has a dash."""
        kept = [place for place in range(len(self.header)) if any(str(row[place]) != _NONE for row in self.rows)]
        return Table([self.header[place] for place in kept], [[row[place] for place in kept] for row in self.rows])

    def html(self) -> str:
        """Returns the table as HTML; one of more than three columns becomes a card a row on a narrow screen."""
        if not self.rows:
            return ""
        numeric = [all(_NUMBER.match(str(row[place])) for row in self.rows) for place in range(len(self.header))]
        head = "".join(
            f'<th class="n">{text(name)}</th>' if right else f"<th>{text(name)}</th>"
            for name, right in zip(self.header, numeric, strict=True)
        )
        body = "".join(f"<tr>{self._cells(row, numeric)}</tr>" for row in self.rows)
        kind = ' class="wide"' if len(self.header) > 3 else ""
        return f'<div class="scroll"><table{kind}><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'

    def _cells(self, row: Sequence[object], numeric: Sequence[bool]) -> str:
        cells = []
        for name, value, right in zip(self.header, row, numeric, strict=True):
            shown = str(value)
            kind = "n" if right else "hash" if _HASH.match(shown) else _VERDICTS.get(shown, "")
            kind = f"{kind} none".strip() if shown == _NONE else kind
            attribute = f' class="{kind}"' if kind else ""
            whole = text(shown) if right else _TOGETHER.sub("&nbsp;", text(shown))
            cells.append(f'<td{attribute} data-of="{text(name)}">{whole}</td>')
        return "".join(cells)

    def markdown(self) -> str:
        """Returns the table as Markdown; nothing in a cell can end it or become HTML."""
        if not self.rows:
            return ""
        lines = [f"| {' | '.join(map(in_markdown, line))} |" for line in (self.header, *self.rows)]
        return "\n".join([lines[0], "|" + "---|" * len(self.header), *lines[1:], ""])

    def terminal(self, style: Style, columns: int | None = None) -> str:
        """Returns the table in aligned columns, numbers to the right; nothing in a cell can steer the terminal.

        Args:
            style: For its header and verdicts.
            columns: Width that cells are wrapped to where they can; the terminal's if absent.
        """
        if not self.rows:
            return ""
        cells = [[printable_line(" ".join(str(cell).split())) for cell in line] for line in (self.header, *self.rows)]
        numeric = [all(_NUMBER.match(line[place]) for line in cells[1:]) for place in range(len(self.header))]
        widths = _widths(cells, columns or shutil.get_terminal_size((_FALLBACK_COLUMNS, 24)).columns)
        lines = []
        for number, line in enumerate(cells):
            wrapped = [
                textwrap.wrap(cell, width, break_on_hyphens=False) or [""]
                for cell, width in zip(line, widths, strict=True)
            ]
            for place in range(max(map(len, wrapped))):
                parts = [cell[place] if place < len(cell) else "" for cell in wrapped]
                padded = map(_padded, parts, widths, numeric)
                styled = padded if number else map(style.bold, padded)
                shown = [_coloured(part, style) for part in styled]
                lines.append(_GAP.join(shown).rstrip())
        return "\n".join([*lines, ""])


def _coloured(cell: str, style: Style) -> str:
    kind = _VERDICTS.get(cell.strip(), "")
    return {"good": style.good, "warning": style.warning, "error": style.error}.get(kind, str)(cell)


def _width(cell: str) -> int:
    """Returns the columns that a text takes: two for a Chinese character, none for an accent of its own."""
    wide = sum(unicodedata.east_asian_width(char) in "WF" for char in cell)
    return len(cell) + wide - sum(unicodedata.combining(char) > 0 for char in cell)


def _padded(cell: str, width: int, right: bool) -> str:
    space = " " * (width - _width(cell))
    return space + cell if right else cell + space


def _widths(cells: Sequence[Sequence[str]], columns: int) -> list[int]:
    """Returns the width of each column; the widest give way until the table fits, down to their longest words."""
    widths = [max(map(_width, column)) for column in zip(*cells, strict=True)]
    least = [
        max(_width(word) for cell in column for word in cell.split() or [""]) for column in zip(*cells, strict=True)
    ]
    while sum(widths) + len(_GAP) * (len(widths) - 1) > columns:
        place = max((at for at in range(len(widths)) if widths[at] > least[at]), key=widths.__getitem__, default=None)
        if place is None:
            break
        widths[place] -= 1
    return widths


def in_markdown(value: object) -> str:
    """Returns a value as a line of Markdown that it cannot break out of."""
    line = " ".join(str(value).encode("utf-8", "replace").decode("utf-8").split())
    return re.sub(r"([\\`|<>\[\]*])", r"\\\1", line)
