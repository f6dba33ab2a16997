"""Counts the ARM instructions of every network's int8 file and of its float file, on LiteRT under QEMU.

    python tools/count_instructions.py [--networks=mobilenet_v2,micro] [--resolution=224]
        [--output=docs/results/instructions.json]

The networks are untrained. `bash tools/pi/emulate.sh --only=prepare` prepares the emulator. What the output holds
already is not counted again. `tools/update_readme.py` makes the table in docs/deployment.md.
"""

import argparse
import pathlib
import sys

from tfl_lite_suite import models
from tfl_lite_suite.benchmark import instructions
from tfl_lite_suite.benchmark.job import Job
from tfl_lite_suite.core import command_line, files
from tfl_lite_suite.core.errors import SuiteError, unknown_name
from tfl_lite_suite.core.types import JsonObject
from tfl_lite_suite.runtime import fresh_network

ROOT = pathlib.Path(__file__).resolve().parent.parent
ENGINE = "litert"
SCHEMES = ("float32", "int8")


def counted(network: str, resolution: int) -> JsonObject:
    """Returns the runtime's version, and by CPU and scheme the instructions of one inference."""
    found = {}
    for scheme in SCHEMES:
        path = fresh_network.convert(network, {"scheme": scheme, "resolution": resolution})
        found[scheme] = instructions.count(Job(path, ENGINE))
    cpus = {
        cpu: {scheme: counts.cpus[index].per_inference for scheme, counts in found.items()}
        for index, cpu in enumerate(instructions.BOARDS)
    }
    return {"engine_version": found[SCHEMES[0]].engine_version, "cpus": cpus}


def main() -> None:
    """Counts what the output lacks."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--networks", type=lambda text: text.split(","), default=models.names())
    parser.add_argument("--resolution", type=int, default=224)
    parser.add_argument("--output", type=pathlib.Path, default=ROOT / "docs" / "results" / "instructions.json")
    given = parser.parse_args()
    try:
        document = files.read_json(given.output) or {"resolution": given.resolution, "engine": ENGINE, "networks": {}}
        if document["resolution"] != given.resolution:
            raise SuiteError(
                f"--resolution: '{given.output}' is for {document['resolution']}. Received: {given.resolution}"
            )
        for network in given.networks:
            if network not in models.names():
                raise unknown_name("--networks", network, models.names(), "network")
            if network not in document["networks"]:
                document["networks"][network] = counted(network, given.resolution)
                files.write_json(given.output, document)
                print(network, document["networks"][network], file=sys.stderr, flush=True)
    except (SuiteError, OSError) as error:
        sys.exit(f"error: {command_line.describe(error)}")


if __name__ == "__main__":
    main()
