"""`lint`: what is inside a `.tflite` file, what it costs, and what will go wrong on which device."""

from typing import Any

_MARKS = {"error": "ERROR  ", "warning": "warning", "info": "info   "}


def lint(
    model: str, target_runtime: str, *, trial: bool = True, html: str | None = None, profile: str | None = None
) -> dict[str, Any]:
    """Analyses a file that need not be trusted, in a child process with limits.

    Args:
        model: The `.tflite` file.
        target_runtime: The runtime it must run on, such as `tflite_runtime-2.14`.
        trial: Whether to run it once on each installed runtime, in a process of its own.
        html: A page to draw the operators into.
        profile: The JSON of `benchmark --profile`, which gives what a delegate leaves out its share of the time.

    Returns:
        The document that `--json` prints.

    Raises:
        SuiteError: If the file cannot be read, or the runtime is not known.
    """
    from tfl_lite_suite.lint import measured_shares, process

    shares = measured_shares.read(profile) if profile else {}
    document = process.run(model, target_runtime, trial=trial)
    if profile:
        measured_shares.add(document, shares)
    if html:
        from tfl_lite_suite.core.files import write_text
        from tfl_lite_suite.lint import html_page

        write_text(html, html_page.draw(document))
    return document


def show(document: dict[str, Any]) -> str:
    """Returns the result as text."""
    lines = [
        f"{document['file']}: {document['file_bytes']:,} bytes, of which weights {document['weight_bytes']:,}; "
        f"arena {document['arena_bytes']:,} bytes; {document['macs']:,} multiply-adds",
        *(f"input  {_tensor(tensor)}" for tensor in document["inputs"]),
        *(f"output {_tensor(tensor)}" for tensor in document["outputs"]),
        f"needs TensorFlow {document['min_runtime'] or 'unknown'} or later; "
        + ("all operators compute in 8 bits" if document["fully_int8"] else _float_part(document)),
        f"contract: {'yes' if document['contract'] else 'no'}; labels: {len(document['labels'])}",
        "",
        *(f"{op['count']:5} × {op['name']} version {op['version']}" for op in document["ops"]),
        "",
    ]
    for trial in document["trials"]:
        lines.append(f"{trial['engine']} {trial['version']}: {'runs' if trial['ok'] else trial['error']}")
    for problem in document["problems"]:
        lines.append(f"{_MARKS[problem['severity']]} {problem['code']}: {problem['message']}")
        lines.append(f"        fix: {problem['fix']}")
    return "\n".join(_printable(line) for line in lines)


def _printable(line: str) -> str:
    """Names come from the file: they must not steer the terminal."""
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in line)


def _tensor(tensor: dict[str, Any]) -> str:
    scale = f", scale {tensor['scale']:.6g}, zero point {tensor['zero_point']}" if tensor["scale"] is not None else ""
    return f"{tensor['name']}: {tensor['dtype']} {tensor['shape']}{scale}"


def _float_part(document: dict[str, Any]) -> str:
    return f"{len(document['float_ops'])} of {sum(op['count'] for op in document['ops'])} operators compute in float"
