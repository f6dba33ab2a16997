"""A table that is written as HTML or as Markdown."""

import dataclasses
import re
from collections.abc import Sequence

from tfl_lite_suite.core.page.document import text

_NUMBER = re.compile(r"[-+−]?[\d.,]+( ?(%|ms|s|kB|MB|bytes|points))?$|–$")
_HASH = re.compile(r"[0-9a-f]{64}$")
_NONE = "–"
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
            cells.append(f'<td{attribute} data-of="{text(name)}">{text(shown)}</td>')
        return "".join(cells)

    def markdown(self) -> str:
        """Returns the table as Markdown; nothing in a cell can end it or become HTML."""
        if not self.rows:
            return ""
        lines = [f"| {' | '.join(map(_markdown, line))} |" for line in (self.header, *self.rows)]
        return "\n".join([lines[0], "|" + "---|" * len(self.header), *lines[1:], ""])


def _markdown(value: object) -> str:
    line = " ".join(str(value).encode("utf-8", "replace").decode("utf-8").split())
    return re.sub(r"([\\`|<>\[\]*])", r"\\\1", line)
