"""How much of the measured time the operators take that XNNPACK leaves out."""

import dataclasses
import json
import pathlib

from tfl_lite_suite.core.errors import ArgumentError
from tfl_lite_suite.lint.result import LintReport


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
        raise ArgumentError("profile", f"cannot read '{path}': {error.strerror}") from error
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        raise ArgumentError(
            "profile", f"'{path}' holds no profile. Expected what benchmark --model=x.tflite --profile --json prints"
        ) from error
    return shares


def added(report: LintReport, shares: dict[str, float]) -> LintReport:
    """Returns a report with shares.

    Args:
        report: Each operator that XNNPACK leaves out gets a `share`: that of all operators of its type; null where the
            profile does not name the type. The problem's message names them too.
        shares: What `read` returned.
    """
    xnnpack = report.delegates["xnnpack"]
    refused = tuple(
        dataclasses.replace(entry, share=shares[entry.name]) if entry.name in shares else entry.with_null("share")
        for entry in xnnpack.refused
    )
    delegates = {**report.delegates, "xnnpack": dataclasses.replace(xnnpack, refused=refused)}
    report = dataclasses.replace(report, delegates=delegates)
    known = {entry.name: entry.share for entry in refused if entry.share is not None}
    if not known:
        return report
    named = ", ".join(f"{name} {100 * share:.0f} %" for name, share in sorted(known.items()))
    problems = tuple(
        dataclasses.replace(problem, message=f"{problem.message}; share of the measured time: {named}")
        if problem.code == "delegate_xnnpack"
        else problem
        for problem in report.problems
    )
    return dataclasses.replace(report, problems=problems)
