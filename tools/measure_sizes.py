"""Writes `docs/results/full_size.json`: bytes of every network at 224×224×3 and 1,000 classes, float32 and int8."""

import json
import pathlib
import subprocess
import sys
import tempfile

from tfl_lite_suite import models
from tfl_lite_suite.core.files import write_json

ROOT = pathlib.Path(__file__).resolve().parent.parent
_INT8 = ("--scheme=int8", "--ptq=plain", "--calibration=fashion_mnist", "--calibration_images=4")


def file_bytes(network: str, *flags: str) -> int:
    """Returns the size of a freshly initialised network's `.tflite`."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "tfl_lite_suite.convert", f"--model={network}", "--json", *flags]
        child = subprocess.run([*command, f"--output={folder}/model.tflite"], check=True, stdout=subprocess.PIPE)
    return json.loads(child.stdout)["file_bytes"]


def main() -> None:
    """Converts every network twice; takes minutes."""
    sizes = {
        name: {"float32": file_bytes(name, "--scheme=float32"), "int8": file_bytes(name, *_INT8)}
        for name in models.names()
    }
    write_json(ROOT / "docs" / "results" / "full_size.json", {"resolution": 224, "classes": 1000, "networks": sizes})


if __name__ == "__main__":
    main()
