"""Where the lines of the site may break: a hook of MkDocs (`hooks` in `mkdocs.yml`)."""

import re
from typing import Any

_CODE = re.compile(r"<code>.*?</code>", re.DOTALL)
_FLAG = re.compile(r"(?<![\w-])(--?[a-z][\w-]*)")
_TABLE = re.compile(r"<table>.*?</table>", re.DOTALL)
_LONG_NAME = re.compile(r"(?<=[>\s])[\w./={},]{12,}(?=[<\s])")
_TOGETHER = re.compile(r"(?<=\d) (?=%|ms\b|MB\b|points?\b|steps?\b)|(?<=[\d%]) (?=… [-+−\d])|(?<=\d …|% …) (?=[-+−\d])")


def on_page_content(html: str, **_: Any) -> str:
    """Returns a page whose figures, intervals and flags stay whole, and whose tables may be narrow.

    `docs/tables.css` has what is `whole` stay on one line, and no name of a table break on a wide screen.
    """
    html = _CODE.sub(lambda found: _FLAG.sub(r'<span class="whole">\1</span>', found[0]), html)
    html = _TABLE.sub(lambda table: _LONG_NAME.sub(_with_breaks, table[0]), html)
    return _TOGETHER.sub("\N{NO-BREAK SPACE}", html)


def _with_breaks(name: re.Match[str]) -> str:
    return re.sub(r"(?<=[\w}])(?=[_./=,{])", "<wbr>", name[0])
