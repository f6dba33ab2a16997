"""How much of the measured time the operators take that XNNPACK leaves out."""

import json
import pathlib
from collections.abc import Iterator
from typing import Any

from tfl_lite_suite.core.errors import SuiteError


def read(path: str) -> dict[str, float]:
    """Reads a profile.

    Args:
        path: What `benchmark --profile --json` printed.

    Returns:
        Share of the time of each type of operator, in [0, 1].

    Raises:
        SuiteError: If it is no such file.
    """
    try:
        document = json.loads(pathlib.Path(path).read_text(encoding="utf-8"))
        first = document[0] if isinstance(document, list) else document
        shares: dict[str, float] = {}
        for operator in first["profile"]["operators"]:
            shares[operator["type"]] = shares.get(operator["type"], 0.0) + float(operator["share"])
    except OSError as error:
        raise SuiteError(f"--profile: cannot read '{path}': {error.strerror}") from error
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        raise SuiteError(
            f"--profile: '{path}' holds no profile. Expected what benchmark --model=x.tflite --profile --json prints"
        ) from error
    return shares


def add(document: dict[str, Any], shares: dict[str, float]) -> None:
    """Adds the shares to a document of `lint`.

    Args:
        document: Each entry of `refused` of XNNPACK gets a `share`: that of all operators of its type; `None` where the
            profile does not name the type. The problem's message names them too.
        shares: What `read` returned.
    """
    entries = document["delegates"]["xnnpack"]["refused"]
    for entry in entries:
        entry["share"] = shares.get(entry["name"])
    known = {entry["name"]: entry["share"] for entry in entries if entry["share"] is not None}
    for problem in _of_xnnpack(document):
        if known:
            named = ", ".join(f"{name} {100 * share:.0f} %" for name, share in sorted(known.items()))
            problem["message"] += f"; share of the measured time: {named}"


def _of_xnnpack(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    return (problem for problem in document["problems"] if problem["code"] == "delegate_xnnpack")
