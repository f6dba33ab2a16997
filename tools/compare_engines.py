"""Runs trained networks on every engine and keeps the comparison in `docs/results/engines.json`.

Each network's float32 and int8 files answer the same pictures on all engines; `evaluate` compares and
times them. The networks are those of `tools/compare_networks.py`, trained with seed 0.
`tools/update_readme.py` makes the table of `docs/engines.md` from the result.
"""

import argparse
import json
import pathlib
import platform
import subprocess
import sys
from typing import Any

from tfl_lite_suite import models
from tfl_lite_suite.core import files

ROOT = pathlib.Path(__file__).resolve().parent.parent
ENGINES = ("litert", "tflite_runtime", "onnxruntime", "ncnn", "mnn")
FILES = ("float32", "int8_ptq")
_KEPT = ("engine", "engine_version", "top1", "agreement", "latency_ms", "latency_valid", "model_bytes", "unsupported")


def compare(model: pathlib.Path, data: str, images: int) -> list[dict[str, Any]]:
    """Returns a row an engine for a `.tflite` file; see `engine_table.rows`."""
    command = [sys.executable, "-m", "tfl_lite_suite.evaluate", "--json", f"--model={model}", f"--data={data}"]
    command += [f"--limit={images}", f"--engine={','.join(ENGINES)}"]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        sys.exit(done.returncode)
    rows = [{key: row[key] for key in _KEPT if key in row} for row in json.loads(done.stdout)]
    for row in rows:
        if "unsupported" in row:
            row["unsupported"] = row["unsupported"].removeprefix(f"'{model}': ")
    return rows


def main() -> None:
    """Compares the files of all work folders; a file done before is not done again without `--again`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("workdir", type=pathlib.Path, help="folder of `tools/compare_networks.py --workdir`")
    parser.add_argument("--data", required=True, help="as in evaluate --data")
    parser.add_argument("--images", type=int, default=1000)
    parser.add_argument("--output", type=pathlib.Path, default=ROOT / "docs" / "results" / "engines.json")
    parser.add_argument("--again", action="store_true", help="also what the output holds already")
    arguments = parser.parse_args()
    document = None if arguments.again else files.read_json(arguments.output)
    document = document or {"machine": platform.machine(), "images": arguments.images, "files": []}
    known = {(row["network"], row["file"]) for row in document["files"]}
    for network in models.names():
        for name in FILES:
            model = arguments.workdir / network / "seed_0" / "convert" / name / f"{name}.tflite"
            if (network, name) in known or not model.is_file():
                print(
                    f"{network} {name}: {'already there' if (network, name) in known else 'no file'}", file=sys.stderr
                )
                continue
            print(f"{network} {name}", file=sys.stderr)
            row = {"network": network, "file": name, "engines": compare(model, arguments.data, arguments.images)}
            document["files"].append(row)
            files.write_json(arguments.output, document)


if __name__ == "__main__":
    main()
