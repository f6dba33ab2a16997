"""Counts the operators that LiteRT's compiler puts on a Qualcomm NPU, and writes `docs/results/npu.json`.

    python tools/measure_npu.py [--networks=micro,mobilenet_v2] [--output=docs/results/npu.json]

The files are untrained int8 networks at 96×96. The compiler needs Qualcomm's libraries: docs/engines.md says where they
come from. `tools/update_readme.py` makes the table there.
"""

import argparse
import importlib.metadata
import pathlib
import re
import sys
import tempfile

from tfl_lite_suite import models
from tfl_lite_suite.core import command_line, files
from tfl_lite_suite.core.errors import SuiteError, unknown_name
from tfl_lite_suite.core.types import JsonObject
from tfl_lite_suite.runtime import fresh_network

OUTPUT = pathlib.Path(__file__).resolve().parent.parent / "docs" / "results" / "npu.json"
RESOLUTION, PROCESSOR = 96, "SM8650"
# A teacher, of 138 MB.
NOT_SMALL = ("vgg16",)
_STATS = re.compile(r"(\d+) / (\d+) ops offloaded to (\d+) partitions")


def counts(report: str) -> JsonObject:
    """Returns what the compiler's report says: operators on the NPU, all operators, and partitions."""
    found = _STATS.search(report)
    if found is None:
        raise SuiteError(f"the compiler reported no partitions: {' '.join(report.split())[:300]}")
    return {"on_npu": int(found[1]), "operators": int(found[2]), "partitions": int(found[3])}


def compiled(model: str) -> JsonObject:
    """Returns the counts for a file."""
    from ai_edge_litert.aot import aot_compile
    from ai_edge_litert.aot.vendors.qualcomm import target

    with tempfile.TemporaryDirectory() as folder:
        processor = target.Target(getattr(target.SocModel, PROCESSOR))
        return counts(aot_compile.aot_compile(model, output_dir=folder, target=[processor]).compilation_report())


def main() -> None:
    """Compiles every network that the flags name."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    small = [name for name in models.names() if name not in NOT_SMALL]
    parser.add_argument("--networks", type=lambda text: text.split(","), default=small)
    parser.add_argument("--output", type=pathlib.Path, default=OUTPUT)
    given = parser.parse_args()
    version = importlib.metadata.version("ai-edge-litert")
    document = {"resolution": RESOLUTION, "processor": PROCESSOR, "ai_edge_litert": version, "networks": {}}
    try:
        for network in given.networks:
            if network not in models.names():
                raise unknown_name("--networks", network, models.names(), "network")
            path = fresh_network.convert(network, {"scheme": "int8", "resolution": RESOLUTION})
            document["networks"][network] = counts_of = compiled(path)
            print(network, counts_of, file=sys.stderr, flush=True)
            files.write_json(given.output, document)
    except (SuiteError, OSError) as error:
        sys.exit(f"error: {command_line.describe(error)}")


if __name__ == "__main__":
    main()
