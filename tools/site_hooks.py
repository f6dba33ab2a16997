"""Where the lines of the site may break: a hook of MkDocs (`hooks` in `mkdocs.yml`)."""

import re
from typing import Any

_CODE = re.compile(r"<code>.*?</code>", re.DOTALL)
_FLAG = re.compile(r"(?<![\w-])--?[a-z][\w-]*")
_TABLE = re.compile(r"<table>.*?</table>", re.DOTALL)
_TINY = re.compile(r"\d[\d.]*e-\d+")
_LONG_NAME = re.compile(r"(?<=[>\s])(?=[\d.,]*[^\W\d])[\w./={},]{12,}(?=[<\s])")
_TOGETHER = re.compile(r"(?<=\d) (?=%|ms\b|MB\b|points?\b|steps?\b)|(?<=[\d%]) (?=… [-+−\d])|(?<=\d …|% …) (?=[-+−\d])")


def on_page_content(html: str, **_: Any) -> str:
    """Returns a page whose figures, intervals and flags stay whole, and whose tables may be narrow.

    `docs/tables.css` keeps what is `whole` on one line, and has names in tables break only where they must.
    """
    html = _CODE.sub(lambda found: _FLAG.sub(_whole, found[0]), html)
    html = _TABLE.sub(lambda table: _TINY.sub(_whole, _LONG_NAME.sub(_with_breaks, table[0])), html)
    return _TOGETHER.sub("\N{NO-BREAK SPACE}", html)


def _whole(found: re.Match[str]) -> str:
    return f'<span class="whole">{found[0]}</span>'


def _with_breaks(name: re.Match[str]) -> str:
    return re.sub(r"(?<=[\w}])(?=[_./=,{]\w)", "<wbr>", name[0])
