"""From a folder of labelled pictures to an int8 TensorFlow Lite classifier, measured on the device."""

import ast
import pathlib
import runpy
import sys

import tfl_lite_suite

_FOLDER = pathlib.Path(__file__).parent


def verbs() -> dict[str, str]:
    """Returns the first sentence of every verb's help, by the verb's name."""
    found = {}
    for path in sorted(_FOLDER.glob("*/__main__.py")):
        text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
        found[path.parent.name] = text.partition("\n")[0]
    return found


def main() -> None:
    """Runs `tfl-lite-suite VERB …`, which is `python -m tfl_lite_suite.VERB …`."""
    from tfl_lite_suite.core import command_line

    given = sys.argv[1:]
    if not given or given[0] in ("--help", "-h", "help"):
        command_line.print_and_exit(_overview())
    if given[0] == "--version":
        command_line.print_and_exit(f"tfl_lite_suite {tfl_lite_suite.__version__}")
    if given[0] not in verbs():
        command_line.refuse_verb(given[0], tuple(verbs()))
    sys.argv = [f"tfl-lite-suite {given[0]}", *given[1:]]
    runpy.run_module(f"tfl_lite_suite.{given[0]}", run_name="__main__", alter_sys=True)


def _overview() -> str:
    width = max(map(len, verbs()))
    lines = [f"  {verb:<{width}}  {summary}" for verb, summary in verbs().items()]
    return "\n".join(
        [__doc__ or "", "", "Usage: tfl-lite-suite VERB --flag=value …", "", *lines, ""]
        + ["tfl-lite-suite VERB --help lists a verb's flags. Start with: tfl-lite-suite run --list"]
    )


if __name__ == "__main__":
    main()
