"""Compares the suite's conversion with `TFLiteConverter.from_keras_model` in one process: time, file size, latency."""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable

from tfl_lite_suite import models
from tfl_lite_suite.core.framework import native_messages, tf
from tfl_lite_suite.models import tflite_converter


def timed(function: Callable[[], bytes]) -> tuple[bytes, float]:
    """Returns what `function` returns, and the seconds that it took."""
    start = time.monotonic()
    content = function()
    return content, time.monotonic() - start


def stock(model: object) -> bytes:
    """Converts the usual way."""
    with native_messages():
        return bytes(tf.lite.TFLiteConverter.from_keras_model(model).convert())


def latency_ratio(ours: bytes, theirs: bytes) -> dict[str, object]:
    """Returns `benchmark --compare` of two files, run in a process without TensorFlow."""
    with tempfile.TemporaryDirectory() as folder:
        paths = [pathlib.Path(folder) / name for name in ("ours.tflite", "stock.tflite")]
        for path, content in zip(paths, (ours, theirs), strict=True):
            path.write_bytes(content)
        command = [sys.executable, "-m", "tfl_lite_suite.benchmark", "--json", f"--compare={paths[0]},{paths[1]}"]
        child = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
        return dict(json.loads(child.stdout))


def main() -> None:
    """Prints one line a round, then the latency comparison."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="mobilenet_v2")
    parser.add_argument("--resolution", type=int, default=224)
    parser.add_argument("--rounds", type=int, default=2)
    arguments = parser.parse_args()
    side = arguments.resolution
    model = models.build(arguments.model, (side, side, 3), 1000)
    for _ in range(arguments.rounds):
        ours, seconds = timed(lambda: tflite_converter.convert(model, "float32"))
        theirs, stock_seconds = timed(lambda: stock(model))
        print(
            f"{arguments.model} {side}: suite {seconds:.2f} s, from_keras_model {stock_seconds:.2f} s, "
            f"ratio {stock_seconds / seconds:.1f}; {len(ours):,} and {len(theirs):,} bytes"
        )
    compared = latency_ratio(ours, theirs)
    print(f"latency, suite over from_keras_model: {compared['ratio']} (99 % interval {compared['ratio_ci99']})")


if __name__ == "__main__":
    main()
