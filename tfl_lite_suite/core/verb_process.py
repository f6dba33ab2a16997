"""The one way in which a verb calls another one as a process."""

import sys


def verb_command(verb: str, *arguments: str) -> list[str]:
    """Returns the command line that runs a verb, or a module below one, with this Python.

    Args:
        verb: Its name below the package, such as `export` or `lint.child`.
        *arguments: What follows it.
    """
    return [sys.executable, "-m", f"tfl_lite_suite.{verb}", *arguments]
