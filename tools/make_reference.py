"""Writes `docs/reference/`: recipe keys from the dataclasses, flags from `--help`, the Python API from docstrings.

`--check` only says whether the pages differ from the code.
"""

import argparse
import dataclasses
import inspect
import re
import sys
import textwrap
import typing
from collections.abc import Iterator
from typing import Any

from document_commands import ROOT, help_of, verbs

import tfl_lite_suite as tls
from tfl_lite_suite.core.page.table import Table
from tfl_lite_suite.core.recipe import Recipe

FOLDER = ROOT / "docs" / "reference"
_MADE = "\n<!-- Made by tools/make_reference.py. -->\n"
_SECTIONS = ("Args", "Attributes", "Returns", "Raises", "Example", "Source")


def recipe_page() -> str:
    """Returns the page about the keys of a recipe."""
    parts = [
        "# Keys of a recipe\n" + _MADE,
        "A recipe is a YAML file. `--set=SECTION.KEY=VALUE` changes one value for one run, and an unknown key is an "
        "error that names the nearest one. Only `name`, `data.source` and `model.name` must be given.\n",
    ]
    for path, kind in _dataclasses(Recipe):
        about, documented = _parsed(kind)
        parts += [f"## `{path}`\n" if path else "## At the top\n", f"{about}\n"]
        rows = [
            [f"`{field.name}`", _values(field, typing.get_type_hints(kind)[field.name]), _default(field), text]
            for field in dataclasses.fields(kind)
            if (text := documented.get(field.name, ""))
        ]
        parts.append(_table(["key", "values", "default", "meaning"], rows))
    return "\n".join(parts)


def _dataclasses(kind: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    yield path, kind
    for name, hint in typing.get_type_hints(kind).items():
        if dataclasses.is_dataclass(hint):
            yield from _dataclasses(hint, f"{path}.{name}".lstrip("."))


def _values(field: Any, hint: Any) -> str:
    """Returns what a key takes."""
    choices = _choices(hint)
    if choices:
        return ", ".join(f"`{choice}`" for choice in choices)
    least, most = (field.metadata.get(end) for end in ("least", "most"))
    kind = _kind(hint)
    if least is None:
        return kind
    return f"{kind}, {least:,} to {most:,}" if most is not None else f"{kind}, at least {least:,}"


def _choices(hint: Any) -> list[Any]:
    if typing.get_origin(hint) is typing.Literal:
        return list(typing.get_args(hint))
    return [choice for inner in typing.get_args(hint) for choice in _choices(inner)]


def _kind(hint: Any) -> str:
    if dataclasses.is_dataclass(hint):
        return "a section"
    text = str(hint)
    names = {"bool": "`true` or `false`", "tuple": "a list", "dict": "names with numbers"}
    found = [words for name, words in names.items() if name in text]
    if text.startswith("int"):
        found.insert(0, "a whole number")
    return " or ".join(found) or ("a number" if "float" in text else "a whole number" if "int" in text else "text")


def _default(field: Any) -> str:
    if field.default_factory is not dataclasses.MISSING:
        return "none"
    if field.default is dataclasses.MISSING:
        return "required"
    if dataclasses.is_dataclass(field.default) or field.default is None or field.default in ("", ()):
        return "–"
    shown = list(field.default) if isinstance(field.default, tuple) else field.default
    return f"`{str(shown).replace(chr(39), '')}`".replace("True", "true").replace("False", "false")


def commands_page() -> str:
    """Returns the page about every verb and its flags."""
    parts = [
        "# Commands\n" + _MADE,
        "`python -m tfl_lite_suite.VERB --flag=value …`; after `pip install` also `tfl-lite-suite VERB …`. Every verb "
        "has `--help`, `--json` (one JSON document on stdout, everything else on stderr) and `--traceback`. A mistake "
        "is one line on stderr and exit status 1; Ctrl-C ends with 130. A flag without effect is an error, and so is a "
        "second value of a flag that takes one. A flag that takes a list takes it between commas or repeated.\n",
    ]
    for verb in verbs():
        summary, _, rest = help_of(verb).partition("\nUsage:")
        example = re.search(r"^Example: (.*)$", rest, re.MULTILINE)
        parts += [f"## `{verb}`\n", f"{summary.strip()}\n"]
        parts += [f"<!-- not run: an example of the help -->\n```bash\n{example[1]}\n```\n"] if example else []
        found = re.findall(r"^  (--\w+=?)\n      (.*)$", rest, re.MULTILINE)
        rows = [[f"`{name}`", _meaning(text)] for name, text in found if name not in ("--json", "--traceback")]
        parts.append(_table(["flag", "meaning"], rows))
    return "\n".join(parts)


def _meaning(text: str) -> str:
    """Returns the help of a flag with its choices in words, and with the flags that it names as code."""
    text = re.sub(r"^<([\w|]+)>: ", lambda found: _in_words(found[1].split("|")) + ". ", text)
    return re.sub(r"(?<![\w`-])--\w+(=[\w.=/:]*\w)?", r"`\g<0>`", text)


def _in_words(choices: list[str]) -> str:
    *others, last = (f"`{choice}`" for choice in choices)
    return f"{', '.join(others)} or {last}"


def python_page() -> str:
    """Returns the page about the public Python names."""
    parts = [
        "# Python API\n" + _MADE,
        "`import tfl_lite_suite as tls` loads nothing heavy; each name is loaded when it is first used. "
        "[In Python](../python.md) shows how they work together.\n",
    ]
    for name in sorted(set(tls.__all__) - {"__version__"}):
        value = getattr(tls, name)
        parts += [f"## `{name}`\n", *_described(value)]
        if inspect.isclass(value):
            for method, member in sorted(_methods(value)):
                signature = "" if isinstance(member, property) else _signature(member)
                parts += [f"### `{name}.{method}{signature}`\n", *_described(member)]
    return "\n".join(parts)


def _methods(kind: type) -> list[tuple[str, Any]]:
    """Returns the public methods and properties that a class defines itself."""
    return [
        (name, member.__func__ if isinstance(member, (classmethod, staticmethod)) else member)
        for name, member in vars(kind).items()
        if not name.startswith("_") and (callable(member) or isinstance(member, (classmethod, staticmethod, property)))
    ]


def _signature(function: Any) -> str:
    names = [
        {parameter.VAR_KEYWORD: "**", parameter.VAR_POSITIONAL: "*"}.get(parameter.kind, "")
        + parameter.name
        + ("" if parameter.default is parameter.empty else f"={parameter.default!r}")
        for parameter in inspect.signature(function).parameters.values()
        if parameter.name not in ("self", "cls")
    ]
    return f"({', '.join(names)})"


def _described(value: Any) -> list[str]:
    """Returns a docstring as Markdown."""
    lines = []
    for heading, body in _parts(inspect.getdoc(value) or ""):
        if heading == "Example":
            lines.append(f"```python\n{body}\n```\n")
        elif heading in ("Args", "Attributes", "Raises"):
            items = [f"- `{name}`: {text}" for name, text in _items(body).items()]
            lines.append("\n".join([f"{heading}:\n", *items, ""]))
        elif body:
            lines.append(f"{heading}: {body}\n" if heading else f"{body}\n")
    return lines


def _parts(text: str) -> list[tuple[str, str]]:
    """Returns the sections of a docstring, what stands before the first one under an empty heading."""
    pieces = re.split(rf"^({'|'.join(_SECTIONS)}):\s?", text, flags=re.MULTILINE)
    pairs = [("", pieces[0]), *zip(pieces[1::2], pieces[2::2], strict=True)]
    return [(heading, textwrap.dedent(body).strip()) for heading, body in pairs]


def _items(body: str) -> dict[str, str]:
    """Returns what a section says of each name."""
    found = re.split(r"^\**(\w+): ", body, flags=re.MULTILINE)
    return {name: " ".join(text.split()) for name, text in zip(found[1::2], found[2::2], strict=True)}


def _parsed(kind: type) -> tuple[str, dict[str, str]]:
    """Returns what a dataclass is, and what each of its fields means."""
    parts = dict(_parts(inspect.getdoc(kind) or ""))
    return parts[""], _items(parts.get("Attributes", ""))


def _table(header: list[str], rows: list[list[str]]) -> str:
    """Returns a Markdown table; code and links in its cells stay."""
    return re.sub(r"\\([`\[\]*])", r"\1", Table(header, rows).markdown())


PAGES = {"recipe.md": recipe_page, "commands.md": commands_page, "python_api.md": python_page}


def main() -> None:
    """Writes the pages, or exits with 1 where `--check` finds a difference."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check
    for name, page in PAGES.items():
        path, text = FOLDER / name, page()
        if check and (not path.is_file() or path.read_text(encoding="utf-8") != text):
            sys.exit(f"docs/reference/{name} differs from the code; run python tools/make_reference.py")
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
