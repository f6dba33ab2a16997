"""Text that comes from files and folders must not steer the terminal that it is printed on.

Verbs put `Guarded` in place of stdout and stderr once, so that no printing needs to think of it. A text with colours
of the suite's own is a `Styled`, whose foreign parts are printable already.
"""

import os
import re
import sys
from typing import Any, TextIO

# Control characters but tab and newline, what turns the direction of text, what cannot be seen, and lone surrogates.
_STEERING = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e0fff]"
)


def printable(text: str) -> str:
    """Returns a text in which characters that steer a terminal are spelt out, as Python escapes them."""
    return _STEERING.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def printable_line(text: str) -> str:
    """As `printable`, in one line: line breaks and tabs are spelt out, too."""
    return printable(text).replace("\n", "\\n").replace("\t", "\\t")


def printable_json(text: str) -> str:
    """Returns a JSON document in which characters that steer a terminal are written as JSON's own escapes."""
    return _STEERING.sub(_json_escape, text)


def _json_escape(found: re.Match[str]) -> str:
    units = found[0].encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[place : place + 4]}" for place in range(0, len(units), 4))


class Styled(str):
    """A text that may hold colours, and whose foreign parts went through `printable`."""


class Style:
    """Bold and coloured text, plain where the output is no terminal or `NO_COLOR` is set."""

    def __init__(self, stream: TextIO | None = None) -> None:
        """Looks whether a stream, stdout if absent, shows colours.

        Source: https://no-color.org.
        """
        stream = stream or sys.stdout
        terminal = stream.isatty() and os.environ.get("TERM") != "dumb"
        self.on = terminal and not os.environ.get("NO_COLOR")

    def bold(self, text: str) -> str:
        """Returns text in bold."""
        return self._as("1", text)

    def good(self, text: str) -> str:
        """Returns text in the colour of what went well."""
        return self._as("32", text)

    def warning(self, text: str) -> str:
        """Returns text in the colour of what to look at."""
        return self._as("33", text)

    def error(self, text: str) -> str:
        """Returns text in the colour of what went wrong."""
        return self._as("31", text)

    def _as(self, code: str, text: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.on and text else text


class Guarded:
    """A text stream that spells out what would steer a terminal; all else is the stream's own."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Writes a text, made printable."""
        return self._stream.write(printable(text))

    def writelines(self, lines: Any) -> None:
        """Writes several texts, made printable."""
        for line in lines:
            self.write(line)

    def steer(self, text: str) -> int:
        """Writes a text as it is, for the suite's own control of the terminal."""
        return self._stream.write(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)
