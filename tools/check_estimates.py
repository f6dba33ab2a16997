"""Compares what `advise` and `lint` estimate with what was measured, and writes `docs/results/estimates.json`.

    python tools/check_estimates.py [--networks=micro,mobilenet_v2] [--output=docs/results/estimates.json]

File size is compared with the trained files of `docs/results/NETWORK_fashion_mnist.json`, memory and latency with the
measurements that come with `advise` (`reference_device.json`), latency on networks that its model did not see.
Arenas are measured here, on untrained int8 files: that of LiteRT with its builtin kernels for `lint`, that of
TensorFlow Lite Micro for `advise`. Neither depends on what else the machine does. `tools/update_readme.py` makes the
tables of docs/choose.md and docs/lint.md.
"""

import argparse
import pathlib
import statistics
import sys
from collections.abc import Iterable

from tfl_lite_suite import models
from tfl_lite_suite.advise import devices, latency_model
from tfl_lite_suite.advise.candidates import Catalogue, size_of
from tfl_lite_suite.benchmark.job import Job
from tfl_lite_suite.core import command_line, files
from tfl_lite_suite.core.errors import SuiteError, unknown_name
from tfl_lite_suite.core.types import JsonObject
from tfl_lite_suite.export.micro import micro_interpreter
from tfl_lite_suite.lint import lint
from tfl_lite_suite.report import recorded_run
from tfl_lite_suite.runtime import fresh_network, targets
from tfl_lite_suite.summary import costs
from tfl_lite_suite.summary.costs import Size

RESULTS = pathlib.Path(__file__).resolve().parent.parent / "docs" / "results"
TRAINED = ("float32", "int8_ptq", "int8_qat")
CLASSES = 1000
# Baselines and teachers, of 25 and 138 MB.
NOT_SMALL = ("resnet50", "vgg16")
RESOLUTION = 96
ENGINE, LINT_TARGET = "litert", "litert-2.1"


def spread(pairs: Iterable[tuple[float, float | None]]) -> JsonObject:
    """Returns how far estimates are from measurements: their number, the median and the largest relative error.

    Args:
        pairs: Estimate and measurement.
    """
    errors = [abs(estimate / measured - 1) for estimate, measured in pairs if measured]
    return {"measurements": len(errors), "median_error": statistics.median(errors), "largest_error": max(errors)}


def file_sizes() -> JsonObject:
    """Returns the errors of the file size against the trained files of each network, before pruning."""
    pairs = []
    for network in models.names():
        run = recorded_run.read_record(RESULTS / f"{network}_fashion_mnist.json")
        size = run and size_of(run)
        if run and size in costs.sizes():
            cost = costs.cost(size, len(run.evaluated[0].per_class))
            pairs += [
                (cost.file_bytes(str(file.scheme)), file.file_bytes) for file in run.converted if file.name in TRAINED
            ]
    return spread(pairs)


def of_reference() -> dict[str, JsonObject]:
    """Returns the errors of memory and latency against the measurements that come with `advise`."""
    document = files.read_json(devices.REFERENCE)
    known = {(one.size, one.scheme): one.figures for one in Catalogue("none", CLASSES, None, []).candidates()}
    memory = []
    for row in document["measurements"]:
        if row["engine"] == ENGINE:
            figures = known[Size(row["network"], row["alpha"], row["resolution"]), row["scheme"]]
            memory.append((figures["memory"].value, row["peak_rss_bytes"]))
    found = {"memory of the process, litert": spread(memory)}
    groups: dict[str, list[latency_model.Timed]] = {}
    for timed in latency_model.read(document):
        groups.setdefault(f"latency, {timed.engine}, {timed.scheme}", []).append(timed)
    for title, of_group in groups.items():
        found[title] = spread((predicted, row.ms) for row, predicted in latency_model.held_out(of_group))
    return found


def arenas(network: str) -> JsonObject:
    """Returns the arenas of a network's int8 file, estimated and measured, in bytes."""
    path = fresh_network.convert(network, {"scheme": "int8", "resolution": RESOLUTION})
    measured = targets.get("local").benchmark(Job(path, ENGINE, kernels="builtin", runs=1, min_seconds=0.0))
    return {
        "lint": lint(path, LINT_TARGET, trial=False).arena_bytes,
        "litert": measured.arena_bytes,
        "advise": costs.cost(Size(network, 1.0, RESOLUTION), CLASSES).micro_arena_bytes,
        "tflm": micro_interpreter.least_arena(pathlib.Path(path)),
    }


def main() -> None:
    """Compares, and measures the arenas that the output does not have yet."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    small = [name for name in models.names() if name not in NOT_SMALL]
    parser.add_argument("--networks", type=lambda text: text.split(","), default=small)
    parser.add_argument("--output", type=pathlib.Path, default=RESULTS / "estimates.json")
    given = parser.parse_args()
    try:
        document = files.read_json(given.output) or {"resolution": RESOLUTION, "arenas": {}}
        document["figures"] = {"file size": file_sizes(), **of_reference()}
        for network in given.networks:
            if network not in models.names():
                raise unknown_name("--networks", network, models.names(), "network")
            if network not in document["arenas"]:
                print(network, file=sys.stderr, flush=True)
                document["arenas"][network] = arenas(network)
                files.write_json(given.output, document)
        files.write_json(given.output, document)
    except (SuiteError, OSError) as error:
        sys.exit(f"error: {command_line.describe(error)}")


if __name__ == "__main__":
    main()
