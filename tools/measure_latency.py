"""Times untrained networks, float32 and int8, and writes `docs/results/latency.json`.

Each network is timed on every engine at the size of `docs/networks.md`, and on LiteRT as published: 224×224 pixels and
1,000 classes. Random weights change no latency. `tools/update_readme.py` makes tables of `docs/engines.md` and
`docs/deployment.md` from the result. The machine must be idle. The files stay in the work folder, so the first command
takes the minutes that conversion needs, and the second one only measures:

    python tools/measure_latency.py work/latency --only_convert
    python tools/measure_latency.py work/latency

`tools/avx2/run.py` says how `docs/results/latency_avx2.json` is made.
"""

import argparse
import json
import pathlib
import subprocess
import sys
from collections.abc import Callable, Sequence
from typing import Any

from tfl_lite_suite import models
from tfl_lite_suite.core import files, recipe
from tfl_lite_suite.runtime import exporting

ROOT = pathlib.Path(__file__).resolve().parent.parent
OUTPUT = ROOT / "docs" / "results" / "latency.json"
ENGINES = ("litert", "tflite_runtime", "onnxruntime", "ncnn", "mnn")
FLOAT_ONLY = ("mnn",)
SCHEMES = ("float32", "int8")
ATTEMPTS = 3
_INT8 = ("--ptq=plain", "--calibration=fashion_mnist", "--calibration_images=4")
_DISTURBED = 3


def sizes(network: str) -> dict[str, list[str]]:
    """Returns the flags of `convert` for each size in which a network is timed."""
    found = {"full_size": [f"--model={network}"]}
    path = ROOT / "recipes" / f"{network}_fashion_mnist.yaml"
    if path.is_file():
        given = recipe.load(path)
        found["small"] = [
            f"--model={network}", f"--alpha={given.model.alpha}", f"--resolution={given.data.resolution}",
            "--channels=1", "--classes=10",
        ]  # fmt: skip
    return found


def convert(flags: Sequence[str], scheme: str, output: pathlib.Path) -> None:
    """Writes a `.tflite` file unless it is there."""
    if not output.is_file():
        output.parent.mkdir(parents=True, exist_ok=True)
        calibration = _INT8 if scheme == "int8" else ()
        verb("convert", *flags, f"--scheme={scheme}", *calibration, f"--output={output}")


def export(made: dict[str, pathlib.Path]) -> None:
    """Puts what other engines run into the cache that `benchmark` reads."""
    for scheme, path in made.items():
        for engine in engines_for(scheme):
            exporting.file_for(str(path), engine)


def engines_for(scheme: str) -> list[str]:
    """Returns the engines that run files of a kind."""
    return [engine for engine in ENGINES if scheme == "float32" or engine not in FLOAT_ONLY]


def verb(name: str, *flags: str) -> Any:
    """Returns the JSON document that a verb prints; ends the program if it fails."""
    command = [sys.executable, "-m", f"tfl_lite_suite.{name}", "--json", *flags]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode not in (0, _DISTURBED):
        sys.exit(done.returncode)
    return json.loads(done.stdout)


def undisturbed(measure: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Returns the first measurement that is valid, else the last of a few."""
    found: dict[str, Any] = {}
    for _ in range(ATTEMPTS):
        found = measure()
        if found["valid"]:
            break
    return found


def on_engines(model: pathlib.Path, scheme: str) -> list[dict[str, Any]]:
    """Returns the median latency of a file on each engine that runs it."""
    rows = []
    for engine in engines_for(scheme):
        found = undisturbed(lambda name=engine: verb("benchmark", f"--model={model}", f"--engine={name}"))
        row = {key: found[key] for key in ("engine", "engine_version", "valid")}
        rows.append({**row, "latency_ms": found["latency_ms"]["p50"]})
    return rows


def against_float(whole: pathlib.Path, small: pathlib.Path) -> dict[str, Any]:
    """Returns how long int8 takes beside float32 on LiteRT, measured in turns."""
    found = undisturbed(lambda: verb("benchmark", f"--compare={whole},{small}", "--engine=litert"))
    times = [row["p50_ms"] for row in found["models"]]
    kept = {key: found[key] for key in ("engine_version", "device", "ratio", "ratio_ci99", "valid")}
    return {**kept, "float32_ms": times[0], "int8_ms": times[1]}


def main() -> None:
    """Converts what the work folder lacks, and measures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("workdir", type=pathlib.Path)
    parser.add_argument("--networks", default=",".join(models.names()), help="names, separated by commas")
    parser.add_argument("--only", choices=("small", "full_size"), help="one of the two sizes")
    parser.add_argument("--only_convert", action="store_true", help="only write the files")
    parser.add_argument("--output", type=pathlib.Path, default=OUTPUT)
    given = parser.parse_args()
    document: dict[str, Any] = {"small": {}, "full_size": {}}
    for network in given.networks.split(","):
        for size, flags in sizes(network).items():
            if given.only not in (None, size):
                continue
            made = {scheme: given.workdir / size / network / f"{scheme}.tflite" for scheme in SCHEMES}
            for scheme, path in made.items():
                convert(flags, scheme, path)
            if given.only_convert:
                if size == "small":
                    export(made)
                continue
            print(f"{network}, {size}", file=sys.stderr, flush=True)
            if size == "full_size":
                document[size][network] = against_float(made["float32"], made["int8"])
            else:
                document[size][network] = {scheme: on_engines(path, scheme) for scheme, path in made.items()}
            files.write_json(given.output, document)


if __name__ == "__main__":
    main()
