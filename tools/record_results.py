"""Keeps the results of a finished run under `docs/results/`, without raw timings; README tables are made from there."""

import argparse
import importlib.metadata
import pathlib
import platform
from typing import Any

from tfl_lite_suite.core import files, recipe
from tfl_lite_suite.run import several_runs

ROOT = pathlib.Path(__file__).resolve().parent.parent
_LONG = ("profile", "raw_ms", "raw_ns", "confusion", "curve", "history", "per_class", "notes")
_PACKAGES = ("tensorflow", "tf-keras", "tensorflow-model-optimization", "numpy", "tflite-runtime", "ai-edge-litert")


def trimmed(value: Any) -> Any:
    """Returns a JSON document without the long lists that only a work folder needs."""
    if isinstance(value, dict):
        return {key: trimmed(item) for key, item in value.items() if key not in _LONG}
    if isinstance(value, list):
        return [trimmed(item) for item in value]
    return pathlib.Path(value).name if isinstance(value, str) and value.startswith("/") else value


def main() -> None:
    """Writes `docs/results/NAME.json` from a work folder of one run, or of several."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("workdir", type=pathlib.Path)
    parser.add_argument("--name", help="name of the file; the recipe's if absent, of several runs needed")
    arguments = parser.parse_args()
    stages = files.read_json(arguments.workdir / "results.json")
    of_seeds = files.read_json(arguments.workdir / several_runs.SUMMARY)
    if of_seeds is not None and arguments.name:
        measured, name = of_seeds, arguments.name
    elif stages is None:
        parser.error(f"{arguments.workdir}: no results.json; let `run` finish first, and name several runs by --name")
    else:
        path = arguments.workdir / "recipe.yaml"
        measured = {"recipe": path.read_text(encoding="utf-8"), "stages": trimmed(stages)}
        name = arguments.name or recipe.load(path).name
    machine = {"system": platform.platform(), "machine": platform.machine(), "python": platform.python_version()}
    document = {
        "machine": machine,
        "packages": {package: importlib.metadata.version(package) for package in _PACKAGES},
        **measured,
    }
    files.write_json(ROOT / "docs" / "results" / f"{name}.json", document)


if __name__ == "__main__":
    main()
