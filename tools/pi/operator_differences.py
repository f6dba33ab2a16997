"""Finds the operators that round otherwise on an emulated Raspberry Pi: equal inputs, unequal outputs.

    python tools/pi/operator_differences.py --engine=tflite_runtime model.tflite …

Runs each model on both machines with the runtime's builtin kernels (a delegate hides its tensors), keeps every tensor,
and counts, by the kind of operator, those whose inputs were equal and whose outputs were not. Needs the root, QEMU and
device's environment that emulate.sh left behind.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
from typing import Any

import numpy as np

from tfl_lite_suite.core.cache_folder import cache_folder
from tfl_lite_suite.tflite.file import TfliteFile

CACHE = cache_folder() / "emulated_pi"
# Runs on both machines, with the runtime alone: prints the operators, and saves every tensor of every picture.
_CHILD = """
import importlib, json, sys
import numpy as np
module, model, pictures, output = sys.argv[1:]
runtime = importlib.import_module(module)
kind = runtime.OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
interpreter = runtime.Interpreter(model, experimental_op_resolver_type=kind, experimental_preserve_all_tensors=True)
interpreter.allocate_tensors()
place = interpreter.get_input_details()[0]
operators = [
    (item["op_name"], [int(i) for i in item["inputs"] if i >= 0], [int(i) for i in item["outputs"] if i >= 0])
    for item in interpreter._get_ops_details()
]
indices = sorted({index for _, inputs, outputs in operators for index in inputs + outputs})
kept = {str(index): [] for index in indices}
for picture in np.load(pictures):
    interpreter.set_tensor(place["index"], picture.reshape(place["shape"]))
    interpreter.invoke()
    for index in indices:
        kept[str(index)].append(np.array(interpreter.get_tensor(index)))
np.savez(output, **{index: np.stack(tensors) for index, tensors in kept.items()})
print(json.dumps(operators))
"""
MODULES = {"tflite_runtime": "tflite_runtime.interpreter", "litert": "ai_edge_litert.interpreter"}


def tensors(python: list[str], given: list[str], output: str, cpu: str = "") -> tuple[list[Any], dict[str, np.ndarray]]:
    """Runs a model; returns its operators, and each tensor of all pictures by its index."""
    environment = {**os.environ, "EMULATED_CPU": cpu}
    done = subprocess.run([*python, "-c", _CHILD, *given, output], stdout=subprocess.PIPE, env=environment, check=True)
    with np.load(output) as file:
        return json.loads(done.stdout), dict(file)


def differences(operators: list[Any], here: dict[str, np.ndarray], there: dict[str, np.ndarray]) -> dict[str, Any]:
    """Counts operators by kind: those run on equal inputs, and those of them that differ, with the largest difference.

    Args:
        operators: Name, inputs and outputs of each.
        here: Tensors by index, one row a picture.
        there: The same of the other machine.
    """
    equal = {index: (here[index] == there[index]).reshape(len(here[index]), -1).all(1) for index in here}
    found: dict[str, Any] = {}
    for name, inputs, outputs in operators:
        comparable = np.logical_and.reduce([equal[str(index)] for index in inputs])
        entry = found.setdefault(name, {"compared": 0, "different": 0, "largest_difference_steps": 0})
        for index in map(str, outputs):
            steps = np.abs(here[index][comparable].astype(np.int64) - there[index][comparable].astype(np.int64))
            entry["compared"] += int(comparable.sum())
            entry["different"] += int((steps > 0).any(axis=tuple(range(1, steps.ndim))).sum())
            entry["largest_difference_steps"] = max(entry["largest_difference_steps"], int(steps.max(initial=0)))
    return found


def main() -> None:
    """Prints a JSON document for each model."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("models", nargs="+", type=pathlib.Path)
    parser.add_argument("--engine", choices=sorted(MODULES), default="tflite_runtime")
    parser.add_argument("--cpu", default="cortex-a72")
    parser.add_argument("--images", type=int, default=10)
    given = parser.parse_args()
    package = MODULES[given.engine].partition(".")[0]
    environments = CACHE.glob(f"device/remote/environments/*/lib/python*/site-packages/{package}")
    python = next((str(path.parents[3] / "bin" / "python") for path in environments), None)
    if python is None:
        parser.error(f"no emulated device with {given.engine} in {CACHE}. Run: bash tools/pi/emulate.sh")
    for model in given.models:
        with tempfile.TemporaryDirectory() as folder:
            shape = TfliteFile.read(str(model)).inputs[0].shape[1:]
            # Patches rather than noise: areas and edges, as in pictures.
            size = (given.images, shape[0] // 4, shape[1] // 4, shape[2])
            patches = np.random.default_rng(0).integers(-128, 128, size)
            np.save(f"{folder}/pictures.npy", patches.repeat(4, 1).repeat(4, 2).astype(np.int8))
            arguments = [MODULES[given.engine], str(model), f"{folder}/pictures.npy"]
            operators, here = tensors([sys.executable], arguments, f"{folder}/here.npz")
            _, there = tensors([python], arguments, f"{folder}/there.npz", given.cpu)
            print(json.dumps({"model": model.stem, "engine": given.engine, **differences(operators, here, there)}))


if __name__ == "__main__":
    main()
