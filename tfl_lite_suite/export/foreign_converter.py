"""Other people's converters, each run in a process of its own and judged by what it leaves behind."""

import importlib.util
import pathlib
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence

from tfl_lite_suite.core.errors import ArgumentError, SuiteError

_SECONDS = 900
_LONGEST = 300


def require(module: str, engine: str) -> None:
    """Checks that a converter's module is installed, without importing it.

    Raises:
        SuiteError: If it is not; it names the extra that has it.
    """
    if importlib.util.find_spec(module) is None:
        raise ArgumentError(
            "to",
            f"{module} is not installed, which export for {engine} needs. "
            "Install it with: pip install 'tfl-lite-suite[engines]'",
        )


def run(arguments: Sequence[str], output: pathlib.Path, engine: str) -> None:
    """Runs a converter.

    Args:
        arguments: What follows `python` on its command line.
        output: The file it must write.
        engine: The engine converted for, for messages.

    Raises:
        SuiteError: If it fails, takes longer than a quarter of an hour, or writes nothing.
    """
    with tempfile.TemporaryFile("w+", errors="replace") as log:
        try:
            status = subprocess.run(
                [sys.executable, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                timeout=_SECONDS,
            ).returncode
        except subprocess.TimeoutExpired:
            raise SuiteError(f"not supported by {engine}: its converter took longer than {_SECONDS} s") from None
        log.seek(0)
        printed = log.read()
    if status or not output.is_file() or not output.stat().st_size:
        raise SuiteError(f"not supported by {engine}: its converter {_ending(status)}: {_reason(printed)}")


def _ending(status: int) -> str:
    return f"was killed by signal {-status}" if status < 0 else "failed"


def _reason(printed: str) -> str:
    """Returns the line that says most: the last that speaks of an error, else the last."""
    lines = [line.strip() for line in printed.splitlines() if line.strip()]
    telling = [line for line in lines if re.search(r"error|not support|unsupported|exception", line, re.IGNORECASE)]
    return ([*lines, *telling] or ["it printed nothing"])[-1][:_LONGEST]
