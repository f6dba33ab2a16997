"""Errors that a user sees as one line."""

import difflib
import re
from collections.abc import Iterable

_LONGEST_NAME = 100


class SuiteError(Exception):
    """An error that the user can correct: one line with what was wrong, what was received and what to do.

    Verbs print it as `error: …` and exit with status 1, without a traceback.

    Example:
        >>> try:
        ...     tls.Classifier.load("nowhere.keras")
        ... except tls.SuiteError as error:
        ...     print(error)
        path: no such file 'nowhere.keras'
    """

    def __str__(self) -> str:
        """Returns the message in one line, whatever names in it hold."""
        return _one_line(super().__str__())


class ArgumentError(SuiteError):
    """The value of an argument is wrong; verbs call the argument by its flag.

    Attributes:
        argument: The argument's name.
        problem: What is wrong with its value, what was received and what to do.
    """

    def __init__(self, argument: str, problem: str) -> None:
        super().__init__(argument, problem)
        self.argument, self.problem = argument, problem

    def __str__(self) -> str:
        """Returns the message in one line, whatever names in it hold."""
        return _one_line(f"{self.argument}: {self.problem}")


class UnreadablePictures(SuiteError):
    """Pictures that cannot be read stop the work; verbs add the flag that leaves such files out."""


class LimitBroken(SuiteError):
    """Work was done, but its result does not pass; the result is printed all the same.

    Attributes:
        document: What was done, JSON-serialisable.
        status: Exit status.
    """

    status = 1

    def __init__(self, message: str, document: object) -> None:
        super().__init__(message)
        self.document = document


class InvalidMeasurement(LimitBroken):
    """A measurement was made, but the machine was too busy or too hot for it to count."""

    status = 3


class Restart(SuiteError):
    """The process must begin anew to go on: verbs say why, and run the same command again in its place."""


def unknown_name(key: str, received: object, known: Iterable[str], kind: str = "name") -> SuiteError:
    """Builds the error for a name that is not in a closed set.

    Args:
        key: Where the name stood, such as `model.name`.
        received: What stood there.
        known: Every allowed name.
        kind: What the name names, such as `network`.

    Returns:
        An error naming the key, the value received, the nearest match and all that is allowed.
    """
    return SuiteError(f"{key}: {_unknown(received, known, kind)}")


def unknown_argument(argument: str, received: object, known: Iterable[str], kind: str = "name") -> ArgumentError:
    """Builds the error for an argument that is not in a closed set; see `unknown_name`."""
    return ArgumentError(argument, _unknown(received, known, kind))


def _unknown(received: object, known: Iterable[str], kind: str) -> str:
    allowed, text = sorted(known), str(received)
    text = text if len(text) <= _LONGEST_NAME else text[:_LONGEST_NAME] + "…"
    nearest = difflib.get_close_matches(text, allowed, n=1)
    hint = f" Did you mean '{nearest[0]}'?" if nearest else ""
    return f"unknown {kind} '{text}'.{hint} Known: {', '.join(allowed)}"


def _one_line(text: str) -> str:
    return re.sub(r"\s*[\r\n]\s*", " ", text)
