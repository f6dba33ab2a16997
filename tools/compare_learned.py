"""Measures `--ptq=auto` and `--ptq=learned` with ImageNet weights and 200 unlabelled photographs.

    python tools/compare_learned.py --calibration=FOLDER --test=FOLDER [--networks=mobilenet_v2] [--workdir=FOLDER]

For each network the float file and both int8 files are made, and all answer the same test pictures on LiteRT. Recorded
is the share of equal answers of an int8 file and the float file, of all pictures and of the half that the float network
is surest of: enlarged or foreign pictures leave it unsure, and an unsure network changes its answer for nothing.
`docs/results/learned.json` is written after each network, keeps those of other networks, and files that the work folder
holds are not made again.
`learned` takes some minutes of the processor.
"""

import argparse
import pathlib
import subprocess
import sys
from typing import Any

import numpy as np

from tfl_lite_suite import TfliteModel
from tfl_lite_suite.core import files
from tfl_lite_suite.core.verb_process import verb_command
from tfl_lite_suite.data import folder_walk

OUTPUT = pathlib.Path(__file__).resolve().parent.parent / "docs" / "results" / "learned.json"
PICTURES = 200
FILES = {"float32": ["--scheme=float32"], "auto": ["--ptq=auto"], "learned": ["--ptq=learned"]}


def converted(network: str, kind: str, calibration: pathlib.Path, workdir: pathlib.Path) -> pathlib.Path:
    """Makes one file, unless it is there."""
    file = workdir / f"{network}_{kind}.tflite"
    if not file.is_file():
        workdir.mkdir(parents=True, exist_ok=True)
        pictures = [] if kind == "float32" else [f"--calibration={calibration}", f"--calibration_images={PICTURES}"]
        flags = (f"--model={network}", "--weights=imagenet", f"--output={file}", *FILES[kind], *pictures)
        subprocess.run(verb_command("convert", *flags), check=True, stdout=subprocess.DEVNULL)
    return file


def answers(file: pathlib.Path, pictures: list[pathlib.Path]) -> list[tuple[str, float]]:
    """Returns the most probable class of each picture, and its probability."""
    model = TfliteModel(file)
    return [(best.label, best.probability) for best in (model.predict(picture).ranked[0] for picture in pictures)]


def agreement(floats: list[tuple[str, float]], found: list[tuple[str, float]]) -> dict[str, float]:
    """Returns the share of pictures with equal answers: of all, and of the half the float network is surest of."""
    equal = np.array([ours[0] == theirs[0] for ours, theirs in zip(floats, found, strict=True)])
    surest = np.argsort([-probability for _, probability in floats], kind="stable")[: len(floats) // 2]
    return {"all": float(equal.mean()), "surest_half": float(equal[surest].mean())}


def main() -> None:
    """Compares the networks that the flags name."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calibration", type=pathlib.Path, required=True, help="photographs to calibrate with")
    parser.add_argument("--test", type=pathlib.Path, required=True, help="other photographs, to compare on")
    parser.add_argument("--networks", type=lambda text: text.split(","), default=["mobilenet_v2", "efficientnet_lite0"])
    parser.add_argument("--workdir", type=pathlib.Path, default=pathlib.Path("work/learned"))
    given = parser.parse_args()
    pictures = [pathlib.Path(path) for path, _ in folder_walk.pictures(given.test, given.test, folder_walk.LeftOut())]
    counts = {"calibration_images": PICTURES, "test_images": len(pictures)}
    document: dict[str, Any] = files.read_json(OUTPUT) or {}
    if {key: document.get(key) for key in counts} != counts:  # measured on other pictures
        document = {**counts, "networks": {}}
    for network in given.networks:
        made = {kind: answers(converted(network, kind, given.calibration, given.workdir), pictures) for kind in FILES}
        floats = made.pop("float32")
        document["networks"][network] = {kind: agreement(floats, found) for kind, found in made.items()}
        files.write_json(OUTPUT, document)
        print(network, document["networks"][network], file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
