"""Compares the app's answers with those of Python on photographs, and writes `docs/results/android_parity.json`.

    python tools/android/measure_parity.py --data=FOLDER [--pictures=500] [--workdir=work/parity]

MobileNetV2 at 96×96 with ImageNet weights, as float32, int8 and uint8 file; the app's code runs on the JVM, by
`ParityTest`. `tools/update_readme.py` makes the table of docs/android.md.
"""

import argparse
import pathlib
import re
import subprocess
import sys

import make_parity

from tfl_lite_suite.core import files
from tfl_lite_suite.core.verb_process import verb_command

ROOT = pathlib.Path(__file__).resolve().parents[2]
OUTPUT = ROOT / "docs" / "results" / "android_parity.json"
NETWORK = ("--model=mobilenet_v2", "--weights=imagenet", "--resolution=96")
_INT8 = ("--scheme=int8", "--ptq=plain", "--calibration_images=100")
_LINE = re.compile(
    r"parity, (.+): (\d+) pictures, tensors identical, top-1 same on (\d+), outputs identical on (\d+), .*"
    r"largest difference ([\d.E-]+)"
)


def file_of(kind: str, data: pathlib.Path, folder: pathlib.Path) -> pathlib.Path:
    """Returns a file of the network, converted if there is none yet."""
    path = folder / f"{kind}.tflite"
    if not path.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        flags = ["--scheme=float32"] if kind == "float32" else [*_INT8, f"--io_type={kind}", f"--calibration={data}"]
        subprocess.run(verb_command("convert", *NETWORK, *flags, f"--output={path}"), check=True)
    return path


def rows(kind: str, said: str) -> list[dict[str, object]]:
    """Returns what `ParityTest` printed about a file, a row for the kernels that it ran."""
    return [
        {
            "file": kind,
            "kernels": match[1],
            "pictures": int(match[2]),
            "top1_same": int(match[3]),
            "outputs_identical": int(match[4]),
            # `ParityTest` counts floats in thousandths, integers in steps of their scale.
            "largest_difference": float(match[5]) * (1e-3 if kind == "float32" else 1.0),
        }
        for match in _LINE.finditer(said)
    ]


def main() -> None:
    """Converts, records and compares each file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=pathlib.Path, required=True)
    parser.add_argument("--pictures", type=int, default=500)
    parser.add_argument("--workdir", type=pathlib.Path, default=pathlib.Path("work/parity"))
    given = parser.parse_args()
    pictures, found = make_parity.find_pictures(given.data, given.pictures), []
    for kind in ("float32", "int8", "uint8"):
        folder = (given.workdir / kind).resolve()
        make_parity.record(file_of(kind, given.data, given.workdir), pictures, folder)
        command = ["mvn", "-f", str(ROOT / "android_demo" / "pom.xml"), "test", "-Dtest=ParityTest"]
        done = subprocess.run([*command, f"-Dparity.dir={folder}"], stdout=subprocess.PIPE, text=True, check=False)
        of_file = rows(kind, done.stdout)
        if done.returncode or not of_file:
            sys.exit(f"error: ParityTest failed on {kind}:\n{done.stdout[-2000:]}")
        found += of_file
        files.write_json(OUTPUT, {"network": " ".join(NETWORK), "rows": found})


if __name__ == "__main__":
    main()
