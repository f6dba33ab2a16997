"""What every verb's command line has in common.

`python -m tfl_lite_suite.VERB --flag=value`: `--help` exits 0, `--json` puts one JSON document on stdout and nothing
else there, a user's mistake is one line on stderr and exit status 1, Ctrl-C is one line and exit status 130.
"""

import contextlib
import dataclasses
import difflib
import errno
import json
import math
import os
import re
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NoReturn, TextIO, TypeVar, cast

from absl import flags

from tfl_lite_suite.core import own_modules
from tfl_lite_suite.core.errors import ArgumentError, LimitBroken, Restart, SuiteError, UnreadablePictures, unknown_name
from tfl_lite_suite.core.files import to_json
from tfl_lite_suite.core.terminal import Guarded, Styled, printable_line

if TYPE_CHECKING:
    from tfl_lite_suite.core.recipe import Recipe

T = TypeVar("T")
# As messages of the library name an argument, with or without a value.
_ARGUMENT = re.compile(r"`((\w+)(?:=[^`]*)?)`")
_FULL = (errno.ENOSPC, errno.EDQUOT)
# Libraries fail with whole reports; --traceback shows them.
_LONGEST = 600


def run_verb(
    verb: str,
    summary: str | None,
    main: Callable[[], T],
    show: Callable[[T], str],
    *,
    positional: str | None = None,
    streams: bool = False,
    required: Sequence[str] = (),
    example: str = "",
) -> None:
    """Runs a verb and exits the process.

    Args:
        verb: The module's name, such as `convert`.
        summary: One line that `--help` begins with; `None` under `python -OO`, which drops docstrings.
        main: Does the work from the parsed flags; returns a JSON-serialisable document.
        show: Turns that document into the text for people.
        positional: Name of a flag whose value may stand alone, without `--name=`.
        streams: Whether `main` prints its results on stdout itself, as they come; its document goes to stderr.
        required: Flags that `--help` names first and marks; `required()` refuses a call without them.
        example: Flags of a call that `--help` shows.
    """
    _open_standard_streams()
    flags.DEFINE_bool("json", False, "Print one JSON document on stdout; progress and messages go to stderr.")
    flags.DEFINE_bool("traceback", False, "Show where in the code an error arose.")
    status = 1
    try:
        if any(argument in ("--help", "-help", "-h", "--helpfull", "--helpshort") for argument in sys.argv[1:]):
            _print_result(sys.stdout, _help(verb, summary or verb, required, example))
            sys.exit(0)
        _parse(sys.argv, positional)
        with _stdout_kept_for_result(flags.FLAGS.json and not streams) as stdout:
            document, unmet = _result(main)
            _print_result(sys.stderr if streams else stdout, to_json(document) if flags.FLAGS.json else show(document))
        if unmet is not None:
            raise unmet
        status = 0
    except KeyboardInterrupt:
        _complain("interrupted. Finished work is kept; the same command continues from there")
        status = 130
    except LimitBroken as error:
        _complain(f"error: {describe(error)}")
        status = error.status
    except Restart as error:
        _complain(f"{describe(error)}; starting again")
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])
    except Exception as error:
        _complain(f"error: {describe(error)}")
        if flags.FLAGS.is_parsed() and flags.FLAGS.traceback:
            traceback.print_exc()
    sys.exit(status)


def print_and_exit(text: str) -> NoReturn:
    """Prints a text on stdout and ends the process with status 0."""
    _open_standard_streams()
    _print_result(sys.stdout, text)
    sys.exit(0)


def refuse_verb(given: str, known: Sequence[str]) -> NoReturn:
    """Says on stderr that there is no such verb, with the nearest one, and ends the process with status 1."""
    _open_standard_streams()
    _complain(f"error: {unknown_name('command', given, known, 'verb')}")
    sys.exit(1)


def _open_standard_streams() -> None:
    """Puts the null device where stdout or stderr is closed; both print any character, and none steers the terminal."""
    for descriptor, name in ((1, "stdout"), (2, "stderr")):
        if getattr(sys, name) is None:
            os.dup2(os.open(os.devnull, os.O_RDWR), descriptor)
            setattr(sys, name, open(descriptor, "w", encoding="utf-8", closefd=False))  # noqa: SIM115
        with contextlib.suppress(AttributeError):
            getattr(sys, name).reconfigure(errors="backslashreplace")
        setattr(sys, name, Guarded(getattr(sys, name)))


def _print_result(stream: TextIO, text: str) -> None:
    """Prints the result; a reader that has gone away, such as `head`, ends the process quietly.

    What could not be written is thrown away: at the end of the process Python would try again, and complain again.
    """
    try:
        write = getattr(stream, "steer", stream.write) if isinstance(text, Styled) else stream.write
        write(text.rstrip("\n") + "\n" if text else "")
        stream.flush()
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        if isinstance(error, BrokenPipeError):
            sys.exit(1)
        raise


def _result(main: Callable[[], T]) -> tuple[T, LimitBroken | None]:
    """Runs `main`; what does not pass still has a document to print."""
    try:
        return main(), None
    except LimitBroken as error:
        return cast(T, error.document), error


def define_recipe_flags(trains: bool = False) -> None:
    """Defines the flags of verbs that work from a recipe.

    Args:
        trains: Whether the verb makes the recipe's network.
    """
    flags.DEFINE_string("recipe", None, "A YAML file, or the name of a shipped recipe (run --list prints them).")
    flags.DEFINE_string(
        "data",
        None,
        "Pictures: a folder, a CSV, TFRecords or fashion_mnist; with a recipe in place of its data.source.",
    )
    flags.DEFINE_multi_string("set", [], "Changes one value of the recipe: --set=train.epochs=3. May be repeated.")
    if trains:
        flags.DEFINE_string(
            "weights", None, "Initial weights in place of the recipe's model.weights: imagenet, none or a file."
        )


def recipe_from_flags(given: str | None = None, *, beside: str | None = None) -> "Recipe":
    """Returns the recipe that the flags of `define_recipe_flags` name.

    Args:
        given: A recipe in place of `--recipe`.
        beside: A file that is read where `--recipe` is absent; it need not be there.
    """
    from tfl_lite_suite.core import recipe, shipped_recipes

    if given is None:
        given = beside if flags.FLAGS.recipe is None and os.path.isfile(beside or "") else required("recipe")
    overrides = list(flags.FLAGS.set)
    if flags.FLAGS.data is not None:
        overrides.append(f"data.source={json.dumps(flags.FLAGS.data)}")
    if "weights" in flags.FLAGS and flags.FLAGS.weights is not None:
        overrides.append(f"model.weights={json.dumps(flags.FLAGS.weights)}")
    return recipe.load(shipped_recipes.find(str(given)), overrides)


def required(name: str) -> Any:
    """Returns a flag's value.

    Raises:
        SuiteError: If the flag was not given.
    """
    value = flags.FLAGS[name].value
    if value is None:
        raise SuiteError(f"--{name}: missing. {_one_line(flags.FLAGS[name].help)}")
    return value


def only_with(holds: bool, when: str, *names: str) -> None:
    """Refuses flags that would be ignored.

    Args:
        holds: Whether the flags have an effect.
        when: When they have one, such as `with --recipe`.
        *names: The flags.

    Raises:
        SuiteError: If `holds` is false and one of the flags was given.
    """
    for name in names:
        if not holds and flags.FLAGS[name].present:
            raise SuiteError(f"--{name}: has an effect only {when}. Leave it out")


def values_for(kind: type[T], **given: object) -> T:
    """Returns a dataclass made of the flags that are named as its fields.

    Args:
        kind: The dataclass.
        **given: Fields that are no flags, or get another value.
    """
    names = [field.name for field in dataclasses.fields(kind) if field.name not in given]  # type: ignore[arg-type]
    return kind(**{name: flags.FLAGS[name].value for name in names}, **given)


def paths(values: list[str]) -> list[str]:
    """Returns the paths that a list of a flag means, where a path may hold a comma itself.

    Args:
        values: What stood between commas.

    Returns:
        Of neighbours that together name something that is there, the longest; else each by itself.
    """
    found, begin = [], 0
    while begin < len(values):
        ends = range(len(values), begin, -1)
        end = next((end for end in ends if os.path.exists(",".join(values[begin:end]))), begin + 1)
        found.append(",".join(values[begin:end]))
        begin = end
    return found


def describe(error: BaseException) -> str:
    """Returns one line that says what was wrong, for any exception."""
    if isinstance(error, ArgumentError) and (error.argument in flags.FLAGS or not flags.FLAGS.is_parsed()):
        # Scripts that are no verbs have flags of the same names.
        return _one_line(with_flags(f"--{error}"))
    if isinstance(error, SuiteError):
        return _one_line(with_flags(f"{error}{_way_out(error)}"))
    if isinstance(error, flags.Error):
        return _flag_error(str(error))
    if isinstance(error, OSError) and error.errno is not None:
        where = f": {error.filename}" if error.filename else ""
        advice = ". Free some space and run the same command again" if error.errno in _FULL else ""
        return _one_line(f"{os.strerror(error.errno)}{where}{advice}")
    if isinstance(error, MemoryError):
        return "not enough memory. Try a smaller batch, resolution or network"
    if re.search(r"No space left|ENOSPC|RESOURCE_EXHAUSTED.*writ", str(error)):
        return f"disk full: {_short(str(error))}. Free some space and run the same command again"
    return f"unexpected {type(error).__name__}: {_short(str(error))} (--traceback shows where)"


def with_flags(text: str) -> str:
    """Returns a message of the library with flags for the arguments that it names, as in `engine=litert`."""
    return _ARGUMENT.sub(lambda found: f"--{found[1]}" if found[2] in flags.FLAGS else found[0], text)


def told(error: BaseException) -> SuiteError:
    """Returns an error as a child hands it to the process that answers for it, which knows the flags."""
    return error if isinstance(error, ArgumentError) else SuiteError(describe(error))


def _way_out(error: SuiteError) -> str:
    """Returns what to do about an error, where that is a flag which not every verb has."""
    if not isinstance(error, UnreadablePictures):
        return ""
    by_recipe = "recipe" in flags.FLAGS and (flags.FLAGS.recipe is not None or "on_corrupt" not in flags.FLAGS)
    flag = "--set=data.on_corrupt=skip" if by_recipe else "--on_corrupt=skip" if "on_corrupt" in flags.FLAGS else ""
    return f". {flag} leaves such files out and counts them" if flag else ". Repair or remove it"


def _short(text: str) -> str:
    line = _one_line(text)
    return line if len(line) <= _LONGEST else line[:_LONGEST] + " …"


def _one_line(text: str) -> str:
    """Joins lines; what else could steer a terminal, such as a class name with an escape sequence, is spelt out."""
    return printable_line(re.sub(r"\s*[\r\n]\s*", " ", text.strip()))


def _complain(text: str) -> None:
    with contextlib.suppress(OSError):
        print(text, file=sys.stderr, flush=True)


def _parse(arguments: list[str], positional: str | None) -> None:
    own_modules.check()
    for flag in _verb_flags():
        if not isinstance(flag, flags.MultiFlag):
            _watch_repetition(flag)
    rest = flags.FLAGS(arguments)[1:]
    if rest and positional and flags.FLAGS[positional].value is None:
        flags.FLAGS[positional].parse(rest.pop(0))
    if rest:
        raise SuiteError(f"unexpected argument '{rest[0]}'. Flags look like --name=value; --help lists them")
    for flag in _verb_flags():
        # absl's bounds let nan through.
        if isinstance(flag.value, float) and not math.isfinite(flag.value):
            raise SuiteError(f"--{flag.name}: expected a finite number. Received: {flag.value}")


def _watch_repetition(flag: flags.Flag) -> None:
    """Makes a flag that is given again add to its list, or refuse a second value; absl would keep the last alone."""
    parse = flag.parse

    def parse_again(text: str) -> None:
        given, value = flag.present, flag.value
        parse(text)
        if given and isinstance(flag.parser, flags.ListParser):
            flag.value = [*value, *flag.value]
        elif given and flag.value != value:
            raise SuiteError(f"--{flag.name}: takes one value. Received two: '{value}' and '{flag.value}'")

    flag.parse = parse_again


def _flag_error(message: str) -> str:
    found = re.search(r"Unknown command line flag '([^']*)'", message)
    if not found:
        return _value_error(message)
    known = [flag.name for flag in _verb_flags()]
    nearest = difflib.get_close_matches(found[1], known, n=1)
    hint = f" Did you mean --{nearest[0]}?" if nearest else ""
    return f"unknown flag --{found[1]}.{hint} Known: {', '.join('--' + name for name in known)}"


def _value_error(message: str) -> str:
    """Words absl's error about a flag's value as the suite words its own."""
    found = re.match(r"flag --(\w+)=(.*?): ", message, re.DOTALL)
    if not found or found[1] not in flags.FLAGS:
        return _one_line(message.removeprefix("ERROR:: "))
    name, value = found.groups()
    parser = flags.FLAGS[name].parser
    if isinstance(parser, flags.EnumParser):
        return _one_line(str(unknown_name(f"--{name}", value, parser.enum_values, "value")))
    expected = "true or false" if isinstance(parser, flags.BooleanParser) else parser.syntactic_help
    return _one_line(f"--{name}: expected {expected}. Received: '{value}'")


def _verb_flags() -> list[flags.Flag]:
    """The flags defined by the suite, the verb's own first, without absl's."""
    own = [
        flag
        for module, found in flags.FLAGS.flags_by_module_dict().items()
        if module == "__main__" or module.startswith("tfl_lite_suite") or module == sys.argv[0]
        for flag in found
    ]
    return sorted(own, key=lambda flag: flag.name in ("json", "traceback"))


def _help(verb: str, summary: str, required: Sequence[str], example: str) -> str:
    command = f"python -m tfl_lite_suite.{verb}"
    usage = " ".join([command, *(f"--{name}=…" for name in required), "[--flag=value …]"])
    lines = [summary.strip(), "", f"Usage:   {usage}", *([f"Example: {command} {example}"] if example else []), ""]
    for flag in sorted(_verb_flags(), key=lambda flag: flag.name not in required):
        text = _one_line(flag.help).replace("; repeat this option to specify a list of values", "")
        if flag.boolean:
            default = f" On by default; --no{flag.name} is off." if flag.default else ""
        else:
            default = f" Default: {flag.default_as_str.strip(chr(39))}." if flag.default not in (None, [], "") else ""
        lines.append(f"  --{flag.name}{'' if flag.boolean else '='}")
        lines.append(f"      {'Required. ' if flag.name in required else ''}{text}{default}")
    return "\n".join(lines)


@contextlib.contextmanager
def _stdout_kept_for_result(kept: bool) -> Iterator[Any]:
    """Yields the result's stream; with `kept`, whatever else is printed on stdout meanwhile goes to stderr."""
    if not kept:
        yield sys.stdout
        return
    sys.stdout.flush()
    # A name that is no UTF-8 holds lone surrogates; their backslash form is JSON's, too.
    with os.fdopen(os.dup(1), "w", encoding="utf-8", errors="backslashreplace") as result:
        os.dup2(2, 1)
        try:
            with contextlib.redirect_stdout(sys.stderr):
                yield result
        except Restart:
            os.dup2(result.fileno(), 1)
            raise
