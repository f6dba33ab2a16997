"""User and password from a file, so that no list of processes shows them."""

import dataclasses
import os
import stat
import sys

from tfl_lite_suite.core import files
from tfl_lite_suite.core.errors import ArgumentError

_MOST_BYTES = 4096


@dataclasses.dataclass(frozen=True)
class Login:
    """A user and a password; neither is shown when it is printed."""

    user: str
    password: str = dataclasses.field(repr=False)


def read(argument: str, path: str) -> Login:
    """Reads a login.

    Args:
        argument: What names the file, for messages.
        path: A text file: the user on its first line, the password on its second.

    Raises:
        SuiteError: If it cannot be read, or does not have these two lines.
    """
    try:
        lines = files.read_bytes(path, _MOST_BYTES).decode("utf-8").splitlines()
        mode = stat.S_IMODE(os.stat(path).st_mode)
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8"
        raise ArgumentError(argument, f"cannot read '{path}': {reason}") from None
    if len(lines) != 2 or not all(lines):
        raise ArgumentError(
            argument,
            f"'{path}' must have two lines, the user and the password. It has {len(lines)}"
            + (", one of them empty" if len(lines) == 2 else ""),
        )
    if mode & 0o077:
        print(f"others can read '{path}'. chmod 600 '{path}' keeps the password to you", file=sys.stderr)
    return Login(*lines)
