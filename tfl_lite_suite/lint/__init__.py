"""`lint`: what is inside a `.tflite` file, what it costs, and what will go wrong on which device."""

from typing import Any

from absl import flags

from tfl_lite_suite import cli
from tfl_lite_suite.errors import SuiteError

_MODEL = flags.DEFINE_string("model", None, "The .tflite file; it need not be trusted.")
_TARGET = flags.DEFINE_string(
    "target_runtime", "tflite_runtime-2.14", "The runtime it must run on: tflite_runtime-2.14, litert-2.1, …"
)
_HTML = flags.DEFINE_string("html", None, "Also draw the operators into this HTML file, which needs nothing else.")
_TRIAL = flags.DEFINE_bool("trial", True, "Also run it once on the installed runtimes, each in a process of its own.")

_MARKS = {"error": "ERROR  ", "warning": "warning", "info": "info   "}


def main() -> dict[str, Any]:
    """Runs the verb."""
    if not _MODEL.value:
        raise SuiteError("--model: a .tflite file is needed, such as --model=x.tflite")
    from tfl_lite_suite.deploy import lint_process

    document = lint_process.run(_MODEL.value, _TARGET.value, trial=_TRIAL.value)
    if _HTML.value:
        from tfl_lite_suite.deploy import lint_html
        from tfl_lite_suite.results import atomic_path

        with atomic_path(_HTML.value) as path:
            path.write_text(lint_html.draw(document), encoding="utf-8")
    return document


def show(document: dict[str, Any]) -> str:
    """Returns the result as text."""
    lines = [
        f"{document['file']}: {document['file_bytes']:,} bytes, of which weights {document['weight_bytes']:,}; "
        f"activations at most {document['arena_bytes']:,} bytes at once; {document['macs']:,} multiply-adds",
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


if __name__ == "__main__":
    cli.run_verb("lint", "Tells what is inside a .tflite file and what will go wrong with it.", main, show)
