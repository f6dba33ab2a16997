"""What `quantize --scheme=ptq --debug` looks at: accuracy, the worst layers, and fewer calibration pictures."""

import dataclasses
import pathlib
from typing import Any

import numpy as np

from tfl_lite_suite.core.files import write_text
from tfl_lite_suite.core.progress import Progress
from tfl_lite_suite.core.types import JsonObject
from tfl_lite_suite.models import tflite_converter
from tfl_lite_suite.models.graph.logits import divergence
from tfl_lite_suite.models.tflite_interpreter import Interpreter
from tfl_lite_suite.quantize.ptq import layer_error, techniques

CHART = "layer_error.svg"
_COUNTS = (8, 16, 32, 64, 128)
_PICTURES = 6
_WORST = 5
_CHUNK = 256


def top1(content: bytes, split: Any) -> float:
    """Returns the share of a split's pictures that an int8 model names rightly; equal scores go to the lower class."""
    interpreter, right = Interpreter(content), 0
    progress = Progress("evaluation", len(split))
    for start in range(0, len(split), _CHUNK):
        rows = np.arange(start, min(start + _CHUNK, len(split)))
        right += int((interpreter.scores(split.images(rows)).argmax(axis=1) == split.labels[rows]).sum())
        progress.update(int(rows[-1]) + 1)
    progress.close()
    return right / len(split)


def debug(quantized: techniques.Quantized, folder: pathlib.Path, io_type: str) -> JsonObject:
    """Finds the worst layers, draws the error of all, and tries fewer calibration pictures.

    Args:
        quantized: The quantized model.
        folder: Where the chart `CHART` is written.
        io_type: As for `converter.convert`.

    Returns:
        `layers`, `worst_layers`, `chart` and `sensitivity`.
    """
    best = quantized.calibrated
    errors = layer_error.layer_errors(best.full_range, best.reference, quantized.for_ranges[:_PICTURES])
    write_text(folder / CHART, layer_error.chart(errors, "Error of each int8 operator"))
    return {
        "layers": [dataclasses.asdict(error) for error in errors],
        "worst_layers": [
            {"layer": error.layer, "own_snr_db": error.own_snr_db} for error in layer_error.worst(errors, _WORST)
        ],
        "chart": str(folder / CHART),
        "sensitivity": sensitivity(quantized, io_type),
    }


def sensitivity(quantized: techniques.Quantized, io_type: str) -> list[JsonObject]:
    """Returns agreement and divergence with ranges from fewer and fewer pictures, without bias correction."""
    rows = []
    for count in (count for count in _COUNTS if count <= len(quantized.for_ranges)):
        pictures = quantized.for_ranges[:count]
        content = tflite_converter.convert(quantized.calibrated.model, "int8", io_type=io_type, calibration=pictures)
        scores = Interpreter(content).scores(quantized.judging)
        agreement = float(np.mean(scores.argmax(axis=1) == quantized.expected.argmax(axis=1)))
        kl = float(divergence(quantized.expected, scores).mean())
        rows.append({"pictures": count, "agreement": agreement, "kl": kl})
    return rows
