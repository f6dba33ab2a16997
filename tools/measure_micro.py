"""Trains small networks briefly, exports them for microcontrollers and records arena, flash and equal bytes.

    python tools/measure_micro.py [--networks=micro,mobilenet_v1_025] [--pictures=1000] [--workdir=work/micro]
        [--output=docs/results/micro.json]

Each network is trained on a part of Fashion-MNIST by its own recipe and quantized: an untrained network answers every
picture alike, so that equal bytes would say nothing. TensorFlow Lite Micro's interpreter then answers the test
pictures, and so do LiteRT's builtin and reference kernels. A network that was trained is not trained again. Where
Debian's gcc-arm-none-eabi is installed, the code for frames of `FRAME` is also compiled, and its bytes are counted.
`tools/update_readme.py` makes the table in docs/microcontrollers.md.
"""

import argparse
import dataclasses
import pathlib
import shutil
import subprocess
import sys

from tfl_lite_suite import export
from tfl_lite_suite.core import command_line, files
from tfl_lite_suite.core.errors import SuiteError, unknown_name
from tfl_lite_suite.core.types import JsonObject
from tfl_lite_suite.core.verb_process import verb_command
from tfl_lite_suite.export.micro import exporter, micro_interpreter
from tfl_lite_suite.runtime import engines, pixels

ROOT = pathlib.Path(__file__).resolve().parent.parent
DATA = "fashion_mnist"
FRAME = (240, 320, 3)
PROCESSOR = "cortex-m4"
COMPILED = ("preparation", "decision")
_COMPILER = "arm-none-eabi-g++"
_COMPILE = ("-std=c++17", "-Os", "-mthumb", f"-mcpu={PROCESSOR}", "-fno-exceptions", "-fno-rtti", "-ffp-contract=off")


@dataclasses.dataclass(frozen=True)
class Network:
    """A network of the table.

    Attributes:
        recipe: Whose recipe trains it.
        alpha: Its width.
        resolution: Height and width of its pictures.
    """

    recipe: str
    alpha: float
    resolution: int


NETWORKS = {
    "micro": Network("micro", 1.0, 28),
    "mobilenet_v1_025": Network("mobilenet_v1", 0.25, 48),
    "mobilenet_v2_035": Network("mobilenet_v2", 0.35, 48),
    "squeezenet_1_1": Network("squeezenet_1_1", 1.0, 32),
}


def trained(name: str, workdir: pathlib.Path) -> pathlib.Path:
    """Returns the int8 file of a network, trained if there is none yet."""
    network, folder = NETWORKS[name], workdir / name
    made = folder / "convert" / "int8_qat" / "int8_qat.tflite"
    if made.is_file():
        return made
    settings = {
        "name": name,
        "model.alpha": network.alpha,
        "data.resolution": network.resolution,
        "data.train_limit": 6000,
        "train.epochs": 4,
        "convert.schemes": "[float32]",
        "stages": "[train, quantize, convert]",
    }
    command = verb_command(
        "run",
        f"--recipe={ROOT / 'recipes' / f'{network.recipe}_fashion_mnist.yaml'}",
        f"--workdir={folder}",
        *(f"--set={key}={value}" for key, value in settings.items()),
        "--json",
    )
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "run.log", "wb") as log:
        done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=log, check=False)
    if done.returncode:
        last = (folder / "run.log").read_text(encoding="utf-8", errors="replace").strip().rpartition("\n")[2]
        raise SuiteError(f"{name}: {last.removeprefix('error: ')}")
    return made


def measured(path: pathlib.Path, folder: pathlib.Path, limit: int) -> JsonObject:
    """Returns a row of the table: the figures of `micro.json`, and what an arena of one byte less says."""
    model = str(path)
    file = engines.get("litert").inspect(model)
    pictures = export.pictures_for(file, DATA, limit)
    assert file.contract is not None
    exporter.bundle(model, str(folder), pictures, file.contract)
    facts = files.read_json(folder / "micro" / "micro.json")
    encoder = pixels.encoder(engines.get("litert").open(model).input, file.normalization)
    try:
        micro_interpreter.outputs(path, encoder.encode(pictures[:1]), facts["arena_bytes"] - 1)
        refused = False
    except SuiteError:
        refused = True
    found = {**facts, "input_shape": list(file.input_shape), "one_byte_less_fails": refused}
    if shutil.which(_COMPILER):
        exporter.bundle(model, str(folder / "frames"), pictures[:1], file.contract, FRAME)
        found["code"] = {"frame": list(FRAME), "processor": PROCESSOR, **code_bytes(folder / "frames" / "micro")}
    return found


def code_bytes(folder: pathlib.Path) -> JsonObject:
    """Returns the bytes of flash of each source file that is not the model, and how many of them are tables."""
    found = {}
    for name in COMPILED:
        subprocess.run([_COMPILER, *_COMPILE, "-c", f"{name}.cc", "-o", f"{name}.o"], cwd=folder, check=True)
        command = ["arm-none-eabi-size", "-A", f"{name}.o"]
        said = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout
        sections = [line.split() for line in said.splitlines() if line.startswith((".text", ".rodata", ".data"))]
        sizes = {row[0]: int(row[1]) for row in sections}
        tables = sum(size for section, size in sizes.items() if section.startswith(".rodata"))
        found[name] = {"bytes": sum(sizes.values()), "tables": tables}
    return found


def main() -> None:
    """Measures the networks that the flags name."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--networks", type=lambda text: text.split(","), default=list(NETWORKS))
    parser.add_argument("--pictures", type=int, default=1000)
    parser.add_argument("--workdir", type=pathlib.Path, default=pathlib.Path("work/micro"))
    parser.add_argument("--output", type=pathlib.Path, default=ROOT / "docs" / "results" / "micro.json")
    given = parser.parse_args()
    document = files.read_json(given.output) or {"data": DATA, "networks": {}}
    try:
        for name in given.networks:
            if name not in NETWORKS:
                raise unknown_name("--networks", name, NETWORKS, "network")
            print(name, file=sys.stderr, flush=True)
            path = trained(name, given.workdir)
            document["networks"][name] = measured(path, given.workdir / name / "export", given.pictures)
            files.write_json(given.output, document)
    except (SuiteError, OSError) as error:
        sys.exit(f"error: {command_line.describe(error)}")


if __name__ == "__main__":
    main()
