"""The commands in the project's documents, and whether their verbs, flags, recipes and scripts exist.

A command is a line of a code block that begins with a program known here or has a verb inside, or inline code that is a
verb with flags. A comment `<!-- not run: WHY -->` before the block, or in the paragraph's line, says that the command
cannot run anywhere.
"""

import contextlib
import dataclasses
import io
import json
import os
import pathlib
import re
import runpy
import shlex
import sys
from collections.abc import Collection, Iterator

from absl import flags

from tfl_lite_suite import run  # noqa: F401

# `run`, which imports most of the suite, is imported for the processes forked below.
from tfl_lite_suite.core import command_line

ROOT = pathlib.Path(__file__).resolve().parent.parent
_PROGRAMS = r"(\S*/)?(python3?|bash|pip|adb|mvn|gradle|sudo)\s"
_VERB = re.compile(r"python3? -m tfl_lite_suite\.(\w+)((?: (?![|&])[^\s;]+)*)")
_SCRIPT = re.compile(r"(?:bash|python3?) ((?:tools|\.ci)/\S+)((?: (?![|&])[^\s;]+)*)")
_PASSES_ON = re.compile(r"(?:tfl_lite_suite\.|pytest).*\"\$@\"")
_NOT_RUN = re.compile(r"<!-- not run: (.+?) -->")


@dataclasses.dataclass(frozen=True)
class Command:
    """A command as a document gives it.

    Attributes:
        page: The document.
        line: Its line there.
        text: The command, without a comment behind it.
        whole: Whether it can be typed alone: it is no mention in a sentence, and no part of a script.
        not_run: Why it cannot run here; empty if it can.
    """

    page: pathlib.Path
    line: int
    text: str
    whole: bool = True
    not_run: str = ""

    @property
    def where(self) -> str:
        """File and line, for messages."""
        return f"{os.path.relpath(self.page, ROOT)}:{self.line}"


def verbs() -> list[str]:
    """Returns the suite's verbs: the packages with a command line."""
    modules = (ROOT / "tfl_lite_suite").glob("*/__main__.py")
    return sorted(path.parent.name for path in modules if "run_verb(" in path.read_text(encoding="utf-8"))


def pages() -> list[pathlib.Path]:
    """Returns the documents for users: the READMEs first, since later pages build on what they make."""
    docs = ROOT / "docs"
    return [*sorted(ROOT.glob("README*.md")), *sorted(docs.glob("*.md")), docs / "reference" / "commands.md"]


def files(page: pathlib.Path) -> dict[str, str]:
    """Returns the files that a document has its reader write: blocks under `<!-- file: NAME -->`, by name."""
    text = page.read_text(encoding="utf-8")
    return dict(re.findall(r"<!-- file: (\S+) -->\n```\w*\n(.*?)```", text, re.DOTALL))


def commands(page: pathlib.Path) -> list[Command]:
    """Returns the commands of a document, in order."""
    return list(_of_lines(page, page.read_text(encoding="utf-8").splitlines()))


def _of_lines(page: pathlib.Path, lines: list[str]) -> Iterator[Command]:
    mention = re.compile(rf"`((?:\S*python3? -m tfl_lite_suite\.|bash tools/|(?:{'|'.join(verbs())}) --)[^`]+)`")
    fenced, reason, pending = False, "", ""
    for number, line in enumerate(lines, 1):
        is_code = fenced or line.startswith("    ")
        if line.startswith("```"):
            fenced, reason = not fenced, "" if fenced else reason
        elif is_code:
            text = pending + re.sub(r"\s+#\s.*$", "", line.strip().removeprefix("$ "))
            pending = text[:-1] if text.endswith("\\") else ""
            whole = re.match(_PROGRAMS, text + " ")
            if not pending and (whole or _VERB.search(text)):
                yield Command(page, number, text, whole=bool(whole), not_run=reason)
        elif line.strip():
            found = _NOT_RUN.search(line)
            reason = found[1] if found else ""
            for match in mention.finditer(line):
                if ".VERB" not in match[1]:
                    whole = re.match(_PROGRAMS, match[1]) and " --" in match[1] and "…" not in match[1]
                    yield Command(page, number, match[1], whole=bool(whole), not_run=reason)


def mistakes(command: Command) -> list[str]:
    """Returns what is wrong with a command: what it names but the suite does not have."""
    found = []
    text = re.sub(rf"^(?=(?:{'|'.join(verbs())}) --)", "python -m tfl_lite_suite.", without_brackets(command.text))
    made = files(command.page)
    for verb, rest in _VERB.findall(text):
        if verb not in verbs():
            found.append(f"there is no verb {verb}")
        elif mistake := _parse(verb, [word for word in shlex.split(rest) if word != "…"], made):
            found.append(mistake)
    for script, rest in _SCRIPT.findall(text):
        path = ROOT / script
        source = path.read_text(encoding="utf-8") if path.is_file() else ""
        if not source:
            found.append(f"there is no {script}")
        for flag in re.findall(r"(?<= )--\w+", rest):
            if source and flag not in source and not _PASSES_ON.search(source):
                found.append(f"{script} has no {flag}")
    return found


def without_brackets(text: str) -> str:
    """Returns a command with the flags that it shows as optional, `[--json]`."""
    return re.sub(r"\[(--[^\]]+)\]", r"\1", text)


def _parse(verb: str, arguments: list[str], made: Collection[str]) -> str:
    """Has a verb parse its flags, and read the recipe; returns its complaint, empty if there is none.

    Args:
        verb: The verb.
        arguments: Its flags.
        made: Files that need not be there.
    """
    return _forked(verb, arguments, made)[1]


def help_of(verb: str) -> str:
    """Returns what a verb prints with `--help`."""
    return _forked(verb, ["--help"], ())[0]


def _forked(verb: str, arguments: list[str], made: Collection[str]) -> tuple[str, str]:
    """Runs a verb up to its work in a forked process; returns what it printed on stdout and stderr."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        printed, said = io.StringIO(), io.StringIO()
        try:
            with contextlib.redirect_stderr(said), contextlib.redirect_stdout(printed):
                _parse_here(verb, arguments, made)
        except SystemExit:
            pass
        except BaseException as error:
            said.write(repr(error))
        finally:
            with os.fdopen(writer, "w", encoding="utf-8") as stream:
                json.dump([printed.getvalue(), said.getvalue().strip()], stream)
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader, encoding="utf-8") as stream:
        printed_text, complaint = json.load(stream)
    os.waitpid(child, 0)
    return printed_text, complaint


def _parse_here(verb: str, arguments: list[str], made: Collection[str]) -> None:
    run_verb = command_line.run_verb

    def read_recipe() -> None:
        paths = str(flags.FLAGS.recipe).split(",") if "recipe" in flags.FLAGS else []
        for path in paths:
            if path.startswith("recipes/") and path not in made:
                flags.FLAGS.recipe = path
                command_line.recipe_from_flags()

    command_line.run_verb = lambda name, summary, *_, **more: run_verb(name, summary, read_recipe, lambda _: "", **more)
    os.chdir(ROOT)
    sys.argv = [verb, *arguments]
    runpy.run_path(str(ROOT / "tfl_lite_suite" / verb / "__main__.py"), run_name="__main__")
