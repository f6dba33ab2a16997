"""Measures fresh networks on a device, for `advise --device=FILE`; about a quarter of an hour, most of it conversion.

    python tools/measure_device.py --output=pi.json --target=ssh:pi@raspberrypi

A network that the device cannot run is left out. Measurements are kept as they come, so that a stopped run goes on.
"""

import argparse
import json
import pathlib
import subprocess
import sys
from typing import Any

from tfl_lite_suite import models
from tfl_lite_suite.core.files import read_json, write_json

# Resolution and width of each measurement; both are in `summary/networks.json`.
SIZES = ((224, 1.0), (128, 0.5), (64, 1.0))
SCHEMES = ("float32", "int8")
KEPT = ("engine", "engine_version", "device", "target", "threads", "peak_rss_bytes", "model_bytes", "energy_j", "valid")


def measure(name: str, resolution: int, alpha: float, scheme: str, options: list[str]) -> list[dict[str, Any]]:
    """Returns what `benchmark` measured of a fresh network, an entry an engine."""
    command = [sys.executable, "-m", "tfl_lite_suite.benchmark", f"--model={name}", f"--resolution={resolution}"]
    command += [f"--alpha={alpha}", f"--scheme={scheme}", "--json", *options]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if not done.stdout:
        return []
    documents = json.loads(done.stdout)
    of = {"network": name, "resolution": resolution, "alpha": alpha, "scheme": scheme}
    return [
        of | {"ms": document["latency_ms"]["p50"]} | {key: document[key] for key in KEPT}
        for document in (documents if isinstance(documents, list) else [documents])
    ]


def main() -> None:
    """Writes the file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=pathlib.Path, required=True)
    parser.add_argument("--target", default="local")
    parser.add_argument("--engine", default="litert", help="one, or several separated by commas")
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    options = [f"--target={arguments.target}", f"--engine={arguments.engine}", f"--threads={arguments.threads}"]
    found = (read_json(arguments.output) or {}).get("measurements", [])
    done = {(row["network"], row["resolution"], row["alpha"], row["scheme"]) for row in found}
    for resolution, alpha in SIZES:
        for name in models.names():
            for scheme in SCHEMES:
                if (name, resolution, alpha, scheme) in done:
                    continue
                found += measure(name, resolution, alpha, scheme, options)
                write_json(arguments.output, {"measurements": found})


if __name__ == "__main__":
    main()
