"""`lint`: what is inside a `.tflite` file, what it costs, and what will go wrong on which device."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tfl_lite_suite.lint.result import LintReport, Tensor

_MARKS = {"error": "ERROR  ", "warning": "warning", "info": "info   "}


def lint(
    model: str,
    target_runtime: str | None = None,
    *,
    trial: bool = True,
    html: str | None = None,
    profile: str | None = None,
) -> "LintReport":
    """Analyses a file that need not be trusted, in a child process with limits.

    Args:
        model: The `.tflite` file.
        target_runtime: The runtime it must run on, such as `tflite_runtime-2.14`; LiteRT if absent.
        trial: Whether to run it once on each installed runtime, in a process of its own.
        html: A page to draw the operators into.
        profile: The JSON of `benchmark --profile`, which gives what a delegate leaves out its share of the time.

    Returns:
        What `--json` prints.

    Raises:
        SuiteError: If the file cannot be read, or the runtime is not known.
    """
    from tfl_lite_suite.lint import analysis, measured_shares, process

    shares = measured_shares.read(profile) if profile else {}
    report = process.run(model, target_runtime or analysis.DEFAULT_TARGET, trial=trial)
    if profile:
        report = measured_shares.added(report, shares)
    if html:
        from tfl_lite_suite.core.files import write_text
        from tfl_lite_suite.lint import html_page

        write_text(html, html_page.draw(report))
    return report


def show(report: "LintReport") -> str:
    """Returns the result as text."""
    lines = [
        f"{report.file}: {report.file_bytes:,} bytes, of which weights {report.weight_bytes:,}; "
        f"arena {report.arena_bytes:,} bytes; {report.macs:,} multiply-adds",
        *(f"input  {_tensor(tensor)}" for tensor in report.inputs),
        *(f"output {_tensor(tensor)}" for tensor in report.outputs),
        f"needs TensorFlow {report.min_runtime or 'unknown'} or later; "
        + ("all operators compute in 8 bits" if report.fully_int8 else _float_part(report)),
        f"contract: {'yes' if report.contract else 'no'}; labels: {len(report.labels)}",
        "",
        *(f"{op.count:5} × {op.name} version {op.version}" for op in report.ops),
        "",
    ]
    for trial in report.trials:
        lines.append(f"{trial.engine} {trial.version}: {'runs' if trial.ok else trial.error}")
    for problem in report.problems:
        lines.append(f"{_MARKS[problem.severity]} {problem.code}: {problem.message}")
        lines.append(f"        fix: {problem.fix}")
    return "\n".join(_printable(line) for line in lines)


def _printable(line: str) -> str:
    """Names come from the file: they must not steer the terminal."""
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in line)


def _tensor(tensor: "Tensor") -> str:
    scale = f", scale {tensor.scale:.6g}, zero point {tensor.zero_point}" if tensor.scale is not None else ""
    return f"{tensor.name}: {tensor.dtype} {list(tensor.shape)}{scale}"


def _float_part(report: "LintReport") -> str:
    return f"{len(report.float_ops)} of {sum(op.count for op in report.ops)} operators compute in float"
