"""Runs int8 networks on an emulated Raspberry Pi and here, and compares every output tensor; see emulate.sh.

The suite's own commands do it, over a real SSH server: `benchmark --target` installs, runs and fetches on each emulated
CPU, `evaluate --target` answers the pictures there. Times under emulation mean nothing and are left out.
"""

import argparse
import json
import os
import pathlib
import platform
import shlex
import subprocess
import sys
import tempfile
from typing import Any

import debian_packages
import loopback_sshd
import numpy as np
from PIL import Image

from tfl_lite_suite import data
from tfl_lite_suite.benchmark.instructions import BOARDS
from tfl_lite_suite.core.contract import Contract
from tfl_lite_suite.core.files import read_json, write_json
from tfl_lite_suite.data import fashion_mnist
from tfl_lite_suite.tflite.file import TfliteFile

_SIDE = 28


def write_pictures(folder: pathlib.Path, count: int) -> None:
    """Writes test pictures of Fashion-MNIST as `folder/LABEL/NUMBER.png`, every class in proportion."""
    contract = Contract(_SIDE, _SIDE, 1, _SIDE, _SIDE, labels=fashion_mnist.CLASS_NAMES)
    split = data.open_all(fashion_mnist.NAME, contract, limit=count, progress=False)
    for number, (picture, label) in enumerate(zip(split.images(np.arange(len(split))), split.labels, strict=True)):
        place = folder / str(label)
        place.mkdir(parents=True, exist_ok=True)
        Image.fromarray(picture[:, :, 0]).save(place / f"{number:05d}.png")


def write_python(folder: pathlib.Path, qemu: pathlib.Path, root: pathlib.Path) -> pathlib.Path:
    """Writes the emulated machine's `python3`, which runs on the CPU that `$EMULATED_CPU` names; returns its folder."""
    folder.mkdir(parents=True, exist_ok=True)
    python = next((root / "usr" / "bin").glob("python3.*[0-9]"))
    command = [str(qemu), "-cpu", "$EMULATED_CPU", "-L", str(root), "-0", "$0", str(python), "$@"]
    text = " ".join(f'"{part}"' if part.startswith("$") else shlex.quote(part) for part in command)
    (folder / "python3").write_text(f"#!/bin/sh\nexec {text}\n")
    (folder / "python3").chmod(0o755)
    return folder


def verb(name: str, *flags: str) -> dict[str, Any]:
    """Runs one of the suite's commands; returns its document."""
    command = [sys.executable, "-m", f"tfl_lite_suite.{name}", "--json", *flags]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=False)
    # A benchmark under emulation does not count: the CPU is shared with the emulator. It ran all the same.
    if done.returncode not in ((0, 3) if name == "benchmark" else (0,)):
        raise SystemExit(f"error: {' '.join(command[2:])} ended with status {done.returncode}")
    return dict(json.loads(done.stdout))


def answers(model: pathlib.Path, pictures: pathlib.Path, *flags: str) -> tuple[dict[str, Any], np.ndarray]:
    """Returns `evaluate`'s document and the output tensors as whole steps, int64 `(n, classes)`."""
    with tempfile.TemporaryDirectory() as folder:
        logits = f"{folder}/logits.npy"
        document = verb("evaluate", f"--model={model}", f"--data={pictures}", f"--logits={logits}", *flags)
        scale = TfliteFile.read(str(model)).outputs[0].scale
        return document, np.rint(np.load(logits) / scale).astype(np.int64)


def compare(there: tuple[dict[str, Any], np.ndarray], here: tuple[dict[str, Any], np.ndarray]) -> dict[str, Any]:
    """Compares what two machines answered to the same pictures."""
    steps = np.abs(there[1] - here[1])
    # The first of equal scores counts, as everywhere in the suite.
    agree = there[1].argmax(1) == here[1].argmax(1)
    return {
        "images": len(steps),
        "input_tensors_identical": there[0]["input_sha256"] == here[0]["input_sha256"],
        "top1_agreement": float(agree.mean()),
        "output_tensors_identical": float((steps == 0).all(1).mean()),
        "output_values_identical": float((steps == 0).mean()),
        "largest_difference_steps": int(steps.max()),
        "top1_emulated": there[0]["top1"],
        "top1_here": here[0]["top1"],
    }


def run(given: argparse.Namespace) -> dict[str, Any]:
    """Runs everything; returns the document, which is written after every comparison: emulation takes hours."""
    pictures = given.pictures or given.cache / f"pictures-{given.images}"
    if not pictures.is_dir():
        write_pictures(pictures, given.images)
    programs = write_python(given.cache / "programs", given.qemu, given.root)
    paths = [
        pathlib.Path(name) if name.endswith(".tflite") else given.models / f"{name}.tflite" for name in given.networks
    ]
    models = {path.stem: path for path in paths}
    document = started(given)
    for cpu in given.cpus:
        variables = {"EMULATED_CPU": cpu, "TFL_LITE_SUITE_CACHE": str(given.cache / "device")}
        with (
            tempfile.TemporaryDirectory(prefix="loopback_sshd-") as folder,
            loopback_sshd.Server(pathlib.Path(folder), variables, programs) as server,
        ):
            os.environ.update(server.variables)
            target = [f"--target=ssh:{server.address}", f"--wheels={given.wheels}"]
            for engine in given.engines:
                first = next(iter(models.values()))
                found = verb(
                    "benchmark", f"--model={first}", f"--engine={engine}", "--runs=3", "--min_seconds=0", *target
                )
                board = {"cpu": cpu, "board": BOARDS.get(cpu), "engine": engine, "version": found["engine_version"]}
                replace(document["boards"], board, ("cpu", "engine"))
                for name, model in models.items():
                    for kernels in given.kernels:
                        flags = [f"--engine={engine}", f"--kernels={kernels}", f"--limit={given.images}"]
                        print(f"{cpu} {engine} {kernels} {name} …", file=sys.stderr)
                        there = answers(model, pictures, *flags, *target, "--workers=1")
                        row = compare(there, answers(model, pictures, *flags))
                        row = {"cpu": cpu, "engine": engine, "kernels": kernels, "network": name, **row}
                        replace(document["rows"], row, ("cpu", "engine", "kernels", "network"))
                        write_json(given.output, document)
                        print(f"  {summary(row)}", file=sys.stderr)
    return document


def started(given: argparse.Namespace) -> dict[str, Any]:
    """Returns a document without rows; one about the same machines and resolution goes on where it ended."""
    document: dict[str, Any] = {
        "what": "int8 networks on an emulated Raspberry Pi against x86-64, same runtime and kernels",
        "emulator": subprocess.run([given.qemu, "--version"], capture_output=True, text=True).stdout.split("\n")[0],
        "here": platform.platform(),
        "resolution": given.side,
        "boards": [],
        "rows": [],
    }
    before = read_json(given.output) or {}
    same = all(before.get(key) == document[key] for key in ("emulator", "here", "resolution"))
    return before if same else document


def replace(entries: list[dict[str, Any]], entry: dict[str, Any], names: tuple[str, ...]) -> None:
    """Puts an entry in the place of that with the same values under `names`, and sorts them by these."""
    key = [entry[name] for name in names]
    entries[:] = [other for other in entries if [other[name] for name in names] != key] + [entry]
    entries.sort(key=lambda other: [other[name] for name in names])


def summary(row: dict[str, Any]) -> str:
    """Returns a comparison as a phrase."""
    return (
        f"{row['images']} images, inputs {'identical' if row['input_tensors_identical'] else 'DIFFER'}, same top-1 "
        f"{100 * row['top1_agreement']:.2f} %, identical outputs {100 * row['output_tensors_identical']:.2f} %, "
        f"at most {row['largest_difference_steps']} steps apart"
    )


def table(document: dict[str, Any]) -> str:
    """Returns the rows of each runtime and kernel as a Markdown table, the networks together."""
    lines = [
        "| CPU | runtime | kernels | networks | images each | inputs identical | same top-1, mean (worst) "
        "| identical output values | largest difference |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    keys = dict.fromkeys((row["cpu"], row["engine"], row["kernels"]) for row in document["rows"])
    for key in keys:
        rows = [row for row in document["rows"] if (row["cpu"], row["engine"], row["kernels"]) == key]
        agreement = [100 * row["top1_agreement"] for row in rows]
        worst = min(rows, key=lambda row: row["top1_agreement"])["network"]
        images = sorted({row["images"] for row in rows})
        lines.append(
            f"| {key[0]} | {key[1]} | {key[2]} | {len(rows)} | {' or '.join(map(str, images))} "
            f"| {sum(row['input_tensors_identical'] for row in rows)} of {len(rows)} "
            f"| {np.mean(agreement):.2f} % ({min(agreement):.2f} %, {worst}) "
            f"| {100 * np.mean([row['output_values_identical'] for row in rows]):.2f} % "
            f"| {max(row['largest_difference_steps'] for row in rows)} steps |"
        )
    return "\n".join(lines)


def main() -> None:
    """Writes the comparison's JSON and prints its table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    for name in ("cache", "qemu", "root", "wheels", "models", "output"):
        parser.add_argument(f"--{name}", type=pathlib.Path, required=True)
    for name in ("networks", "cpus", "engines", "kernels"):
        parser.add_argument(f"--{name}", type=lambda text: text.split(","), required=True)
    parser.add_argument("--pictures", type=pathlib.Path, help="labelled pictures; Fashion-MNIST's if absent")
    parser.add_argument("--images", type=int, required=True)
    parser.add_argument("--side", type=int, required=True)
    given = parser.parse_args()
    try:
        print(table(run(given)))
    except debian_packages.Unavailable as error:
        raise SystemExit(f"error: no loopback SSH server: {error}") from None


if __name__ == "__main__":
    main()
