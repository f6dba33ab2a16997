"""What every verb's command line has in common.

`python -m tfl_lite_suite.VERB --flag=value`: `--help` exits 0, `--json` puts one JSON document on stdout and nothing
else there, a user's mistake is one line on stderr and exit status 1, Ctrl-C is one line and exit status 130.
"""

import contextlib
import difflib
import errno
import json
import os
import re
import sys
import traceback
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from absl import flags

from tfl_lite_suite.errors import InvalidMeasurement, SuiteError

if TYPE_CHECKING:
    from tfl_lite_suite.recipe import Recipe

_JSON = flags.DEFINE_bool("json", False, "Print one JSON document on stdout; progress and messages go to stderr.")
_TRACEBACK = flags.DEFINE_bool("traceback", False, "Show where in the code an error arose.")


def run_verb(verb: str, summary: str, main: Callable[[], Any], show: Callable[[Any], str]) -> None:
    """Runs a verb and exits the process.

    Args:
        verb: The module's name, such as `convert`.
        summary: One line that `--help` begins with.
        main: Does the work from the parsed flags; returns a JSON-serialisable document.
        show: Turns that document into the text for people.
    """
    if any(argument in ("--help", "-help", "-h", "--helpfull", "--helpshort") for argument in sys.argv[1:]):
        print(_help(verb, summary))
        sys.exit(0)
    status = 1
    try:
        _parse(sys.argv)
        with _stdout_kept_for_result(_JSON.value) as stdout:
            document, invalid = _measure(main)
            text = json.dumps(document, ensure_ascii=False) if _JSON.value else show(document)
            stdout.write(text.rstrip("\n") + "\n" if text else "")
            stdout.flush()
        if invalid is not None:
            raise invalid
        status = 0
    except KeyboardInterrupt:
        _complain("interrupted. What was finished is kept; the same command goes on from there")
        status = 130
    except InvalidMeasurement as error:
        _complain(f"error: {error}")
        status = 3
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except Exception as error:
        _complain(f"error: {describe(error)}")
        if flags.FLAGS.is_parsed() and _TRACEBACK.value:
            traceback.print_exc()
    sys.exit(status)


def _measure(main: Callable[[], Any]) -> tuple[Any, InvalidMeasurement | None]:
    """Runs `main`; an invalid measurement still has a document to print."""
    try:
        return main(), None
    except InvalidMeasurement as error:
        return error.document, error


def define_recipe_flags() -> None:
    """Defines the flags of verbs that work from a recipe."""
    flags.DEFINE_string("recipe", None, "Recipe, a YAML file. Examples: recipes/*.yaml.")
    flags.DEFINE_string("data", None, "Images to use in place of the recipe's data.source.")
    flags.DEFINE_multi_string("set", [], "Changes one value of the recipe: --set=train.epochs=3. May be repeated.")


def recipe_from_flags() -> "Recipe":
    """Returns the recipe that the flags of `define_recipe_flags` name."""
    from tfl_lite_suite import recipe

    overrides = list(flags.FLAGS.set)
    if flags.FLAGS.data is not None:
        overrides.append(f"data.source={json.dumps(flags.FLAGS.data)}")
    return recipe.load(required("recipe"), overrides)


def required(name: str) -> Any:
    """Returns a flag's value.

    Raises:
        SuiteError: If the flag was not given.
    """
    value = flags.FLAGS[name].value
    if value is None:
        raise SuiteError(f"--{name}: missing. {_one_line(flags.FLAGS[name].help)}")
    return value


def describe(error: BaseException) -> str:
    """Returns one line that says what was wrong, for any exception."""
    if isinstance(error, SuiteError):
        return _one_line(str(error))
    if isinstance(error, flags.Error):
        return _flag_error(str(error))
    if isinstance(error, OSError) and error.errno is not None:
        where = f": {error.filename}" if error.filename else ""
        advice = ". Free some space and run the same command again" if error.errno == errno.ENOSPC else ""
        return f"{os.strerror(error.errno)}{where}{advice}"
    if isinstance(error, MemoryError):
        return "not enough memory. Try a smaller batch, resolution or network"
    if re.search(r"No space left|ENOSPC|RESOURCE_EXHAUSTED.*writ", str(error)):
        return f"disk full: {_one_line(str(error))}. Free some space and run the same command again"
    return f"unexpected {type(error).__name__}: {_one_line(str(error))} (--traceback shows where)"


def _one_line(text: str) -> str:
    return re.sub(r"\s*\n\s*", " ", text.strip())


def _complain(text: str) -> None:
    with contextlib.suppress(OSError):
        print(text, file=sys.stderr, flush=True)


def _parse(arguments: list[str]) -> None:
    rest = flags.FLAGS(arguments)[1:]
    if rest:
        raise SuiteError(f"unexpected argument '{rest[0]}'. Flags look like --name=value; --help lists them")


def _flag_error(message: str) -> str:
    found = re.search(r"Unknown command line flag '([^']*)'", message)
    if not found:
        return _one_line(message)
    known = [flag.name for flag in _verb_flags()]
    nearest = difflib.get_close_matches(found[1], known, n=1)
    hint = f" Did you mean --{nearest[0]}?" if nearest else ""
    return f"unknown flag --{found[1]}.{hint} Known: {', '.join('--' + name for name in known)}"


def _verb_flags() -> list[flags.Flag]:
    """The flags defined by the suite, the verb's own first, without absl's."""
    own = [
        flag
        for module, found in flags.FLAGS.flags_by_module_dict().items()
        if module == "__main__" or module.startswith("tfl_lite_suite") or module == sys.argv[0]
        for flag in found
    ]
    return sorted(own, key=lambda flag: flag.name in ("json", "traceback"))


def _help(verb: str, summary: str) -> str:
    lines = [summary, "", f"Usage: python -m tfl_lite_suite.{verb} --flag=value …", ""]
    for flag in _verb_flags():
        default = "" if flag.default is None or flag.boolean else f" Default: {flag.default_as_str.strip(chr(39))}."
        lines.append(f"  --{flag.name}{'' if flag.boolean else '='}")
        lines.append(f"      {_one_line(flag.help)}{default}")
    return "\n".join(lines)


@contextlib.contextmanager
def _stdout_kept_for_result(kept: bool) -> Iterator[Any]:
    """Yields the result's stream; with `kept`, whatever else is printed on stdout meanwhile goes to stderr."""
    if not kept:
        yield sys.stdout
        return
    sys.stdout.flush()
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as result:
        os.dup2(2, 1)
        with contextlib.redirect_stdout(sys.stderr):
            yield result
