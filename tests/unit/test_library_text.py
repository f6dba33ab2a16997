"""Library code names arguments; flags are the verbs'. Each message names the file and line of a breach."""

import ast
import re

import pytest
from places import ROOT

PACKAGE = ROOT / "tfl_lite_suite"
# The place that gives arguments the names of flags.
MAPS_FLAGS = PACKAGE / "core" / "command_line.py"
VERBS = "|".join(sorted(path.parent.name for path in PACKAGE.glob("*/__main__.py")))
# A flag in a text belongs to a command that stands before it: a verb, a script, or a program of others.
COMMAND = re.compile(
    rf"(^|[\s.`(])(tfl_lite_suite\.)?({VERBS}|\S+\.(py|sh)|pip install|systemctl enable)( with)?( --\S+| and| or)* $",
    re.IGNORECASE,
)
FLAG = re.compile(r"(?<![\w(-])--(?=[a-z{])")


def breaches(source):
    """Returns the line of every flag in a text that is neither part of a command nor handed to one."""
    tree = ast.parse(source)
    # A part of an f-string has been seen with the whole, and a docstring is for readers of the code.
    skipped = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    skipped |= {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    in_errors = {
        id(argument)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and re.search("Error|unknown", ast.unparse(node.func))
        for argument in node.args
    }
    found = []
    for node in ast.walk(tree):
        if id(node) in skipped or not isinstance(node, ast.Constant | ast.JoinedStr):
            continue
        text = _text(node)
        if "var(--" in text or text.startswith("--") and ": " not in text and id(node) not in in_errors:
            continue
        if any(not COMMAND.search(text[: flag.start()]) for flag in FLAG.finditer(text)):
            found.append(node.lineno)
    return found


def _text(node):
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else ""
    return "".join(_text(part) if isinstance(part, ast.Constant) else "{}" for part in node.values)


def test_no_flag_in_library_text():
    modules = [path for path in PACKAGE.rglob("*.py") if path.name != "__main__.py" and path != MAPS_FLAGS]
    found = [
        f"{path.relative_to(ROOT)}:{line}: names a flag; raise ArgumentError, or write the argument as `name=value`"
        for path in sorted(modules)
        for line in breaches(path.read_text(encoding="utf-8"))
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("source", "is_breach"),
    [
        ('raise SuiteError("--engine: not installed")', True),
        ('raise SuiteError(f"--{name}: wrong")', True),
        ('raise unknown_name("--engine", name, names)', True),
        ('fix = "Lower --limit"', True),
        ('fix = f"{count} left out. Use --limit={count}"', True),
        ('raise ArgumentError("engine", "use `engine=litert`")', False),
        ('"""Docs of --limit."""', False),
        ('command = ["--limit", f"--model={path}"]', False),
        ('fix = "convert with --scheme=int8 --io_type=int8"', False),
        ('fix = f"test on all: run --recipe={path} --folds=5"', False),
        ('style = ":root { --back: #fff; color: var(--back) }"', False),
    ],
)
def test_what_is_a_breach(source, is_breach):
    assert breaches(source) == ([1] if is_breach else [])
