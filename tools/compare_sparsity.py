"""Makes one network sparse or clustered, each with and without training for int8, and records what that gains.

Every row has the same epochs behind it. Each int8 file is timed by turns with that of the dense network, quantized
without training. `tools/update_readme.py` makes the table of `docs/pruning.md` from `docs/results/sparsity.json`.

    python tools/compare_sparsity.py work/sparsity

What the output holds already is not done again without `--again`, but for latencies that other programs disturbed.
"""

import argparse
import json
import pathlib
import platform
import re
import shutil
import subprocess
import sys
import zlib
from typing import Any

import numpy as np

from tfl_lite_suite.core import files as results
from tfl_lite_suite.tflite.file import TfliteFile

ROOT = pathlib.Path(__file__).resolve().parent.parent
RECIPE = ROOT / "recipes" / "mobilenet_v2_fashion_mnist_qat.yaml"
ENGINE = "litert"
# What follows the training of the float network.
WEIGHTS = {
    "dense": ("train epochs=6 learning_rate=0.03 warmup_epochs=0.5",),
    "80 % sparse": ("prune sparsity=0.8 epochs=6 learning_rate=0.03",),
    "2:4": ("prune pattern=2x4 epochs=6 learning_rate=0.03",),
    "16 clusters": ("prune clusters=16 epochs=6 learning_rate=0.01",),
    "80 % sparse, 16 clusters": (
        "prune sparsity=0.8 epochs=3 learning_rate=0.03",
        "prune clusters=16 epochs=3 learning_rate=0.01",
    ),
}
_SHARED = ("benchmark.engines=[litert]", "convert.schemes=[int8]", "quantize.scheme=both")
_INVALID = 3


def weights_of(path: pathlib.Path) -> dict[str, Any]:
    """Returns what a file's int8 kernels hold, depthwise ones apart, and what the file takes zipped.

    Args:
        path: An int8 `.tflite` file.

    Returns:
        `zero_share`, `most_values` (distinct values of an output channel), `file_bytes` and `zipped_bytes`.
    """
    file, zeros, size, most = TfliteFile.read(path), 0, 0, 0
    graph = file.subgraphs[0]
    for op in graph.operators:
        if op.name in ("CONV_2D", "FULLY_CONNECTED"):
            kernel = graph.tensors[op.inputs[1]]
            values = np.frombuffer(file.buffer(kernel.buffer), np.int8).reshape(kernel.shape[0], -1)
            zeros, size = zeros + int(np.count_nonzero(values == 0)), size + values.size
            most = max(most, *(len(np.unique(channel)) for channel in values))
    content = path.read_bytes()
    return {
        "zero_share": zeros / size,
        "most_values": most,
        "file_bytes": len(content),
        "zipped_bytes": len(zlib.compress(content, 6)),
    }


def run_verb(verb: str, *flags: str) -> dict[str, Any]:
    """Returns the document that a verb prints with `--json`."""
    command = [sys.executable, "-m", f"tfl_lite_suite.{verb}", "--json", *flags]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode not in (0, _INVALID):
        sys.exit(done.returncode)
    return dict(json.loads(done.stdout))


def measure(weights: str, workdir: pathlib.Path, changes: list[str]) -> list[dict[str, Any]]:
    """Returns a row for each int8 file of a network with such weights; all begin with the same float network."""
    folder, trained = folder_of(weights, workdir), folder_of(next(iter(WEIGHTS)), workdir) / "train"
    if trained.is_dir() and not (folder / "train").exists():
        shutil.copytree(trained, folder / "train")
    stages = ["train", *WEIGHTS[weights], "quantize", "convert", "evaluate"]
    settings = [*_SHARED, f"stages={json.dumps(stages)}", *changes]
    found = run_verb("run", f"--recipe={RECIPE}", f"--workdir={folder}", *(f"--set={value}" for value in settings))
    before = next(found[name] for name in ("prune_2", "prune", "train_2") if name in found)
    of_float = {"weights": weights, "top1_float": before.get("top1_after", before.get("top1"))}
    made = [{**of_float, "scheme": row["name"], "top1": row["top1"]} for row in found["evaluate"]]
    return [row | weights_of(file_of(row, workdir)) for row in made]


def folder_of(weights: str, workdir: pathlib.Path) -> pathlib.Path:
    """Returns the work folder of a kind of weights."""
    return workdir / re.sub(r"[^0-9a-z]+", "_", weights)


def file_of(row: dict[str, Any], workdir: pathlib.Path) -> pathlib.Path:
    """Returns the path of a row's file."""
    return folder_of(row["weights"], workdir) / "convert" / row["scheme"] / f"{row['scheme']}.tflite"


def latency(row: dict[str, Any], first: dict[str, Any], workdir: pathlib.Path) -> dict[str, Any]:
    """Returns the latency of a row's file over the first row's, by turns, and whether the measurement counts."""
    if row is first:
        return {"latency_ratio": 1.0, "latency_valid": True}
    files = f"{file_of(first, workdir)},{file_of(row, workdir)}"
    found = run_verb("benchmark", f"--compare={files}", f"--engine={ENGINE}", "--min_seconds=6")
    return {"latency_ratio": found["ratio"], "latency_valid": found["valid"]}


def main() -> None:
    """Measures every kind of weights that the output lacks, then latencies."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("workdir", type=pathlib.Path)
    parser.add_argument("--output", type=pathlib.Path, default=ROOT / "docs" / "results" / "sparsity.json")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="as of run, such as seed=1")
    parser.add_argument("--again", action="store_true", help="also what the output holds already")
    arguments = parser.parse_args()
    document = None if arguments.again else results.read_json(arguments.output)
    document = document or {"machine": platform.machine(), "recipe": RECIPE.stem, "engine": ENGINE, "rows": []}
    rows = document["rows"]
    for weights in WEIGHTS:
        if weights not in [row["weights"] for row in rows]:
            print(weights, file=sys.stderr)
            rows += measure(weights, arguments.workdir, arguments.set)
            results.write_json(arguments.output, document)
    for row in rows:
        if not row.get("latency_valid"):
            row |= latency(row, rows[0], arguments.workdir)
            results.write_json(arguments.output, document)


if __name__ == "__main__":
    main()
