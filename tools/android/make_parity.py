"""Records what the Python harness makes of pictures, for the app's `ParityTest` to compare itself with.

Usage: python tools/android/make_parity.py --model=x.tflite --data=FOLDER --output=FOLDER [--limit=500]
then:  mvn -f android_demo/pom.xml test -Dtest=ParityTest -Dparity.dir=$PWD/FOLDER

Pictures are saved as PNG after decoding, so that differences between JPEG decoders stay out of the comparison.
"""

import argparse
import json
import pathlib
import shutil

import numpy as np
from PIL import Image

from tfl_lite_suite.core import image
from tfl_lite_suite.runtime import engines, pixels
from tfl_lite_suite.tflite.file import TfliteFile
from tfl_lite_suite.tflite.normalization import RAW

ENGINE = "litert"
KERNELS = ("builtin", "default")
SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".bmp")


def find_pictures(folder: pathlib.Path, limit: int) -> list[pathlib.Path]:
    """Returns at most `limit` pictures below a folder, spread evenly over its sorted files."""
    found = sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES)
    if not found:
        raise SystemExit(f"error: --data: no picture below '{folder}'. Known: {', '.join(SUFFIXES)}")
    return [found[index] for index in np.unique(np.linspace(0, len(found) - 1, min(limit, len(found)), dtype=int))]


def record(model: pathlib.Path, pictures: list[pathlib.Path], output: pathlib.Path) -> None:
    """Writes each picture, its input tensor and its output tensors into `output`, with an index."""
    output.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(model, output / "model.tflite")
    contract = TfliteFile.read(model).contract
    if contract is None:
        raise SystemExit(f"error: --model: '{model}' has no contract")
    sessions = {kernels: engines.get(ENGINE).open(str(model), kernels=kernels) for kernels in KERNELS}
    encoder = pixels.encoder(next(iter(sessions.values())).input, RAW)
    cases = []
    for number, path in enumerate(pictures):
        # Three channels always: Java makes the grey itself where the contract wants it.
        decoded = image.decode(path, 3)
        tensor = image.prepare(image.decode(path, contract.channels), contract)
        case = {"picture": f"{number:04}.png", "tensor": f"{number:04}.tensor"}
        Image.fromarray(decoded).save(output / case["picture"])
        (output / case["tensor"]).write_bytes(tensor.tobytes())
        for kernels, session in sessions.items():
            case[kernels] = f"{number:04}.{kernels}"
            (output / case[kernels]).write_bytes(session.invoke(encoder.encode(tensor[None])).tobytes())
        cases.append(case)
    (output / "index.json").write_text(json.dumps({"cases": cases}, indent=1))


def main() -> None:
    """Runs the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--model", type=pathlib.Path, required=True)
    parser.add_argument("--data", type=pathlib.Path, required=True)
    parser.add_argument("--output", type=pathlib.Path, required=True)
    parser.add_argument("--limit", type=int, default=500)
    flags = parser.parse_args()
    record(flags.model, find_pictures(flags.data, flags.limit), flags.output)


if __name__ == "__main__":
    main()
