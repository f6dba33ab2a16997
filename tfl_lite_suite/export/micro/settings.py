"""The constants of a model in C++: sizes, the filter of the resize, labels, output and decision."""

import json
import struct
from collections.abc import Iterable, Sequence

from tfl_lite_suite.core import image
from tfl_lite_suite.core.contract import Contract
from tfl_lite_suite.core.decision import Decision
from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.core.types import Array
from tfl_lite_suite.runtime import pixels
from tfl_lite_suite.tflite.graph import TensorSpec

_REJECT = {
    "none": "kNone",
    "max_probability": "kMaxProbability",
    "margin": "kMargin",
    "entropy": "kEntropy",
    "energy": "kEnergy",
}


def header(
    contract: Contract,
    decision: Decision,
    frame: tuple[int, int, int],
    input: pixels.PixelEncoder,
    output: TensorSpec,
    arena_bytes: int,
) -> str:
    """Returns `settings.h`.

    Args:
        contract: How the model wants its pictures.
        decision: What its scores mean.
        frame: `(height, width, channels)` of the camera's pictures.
        input: How pixels stand in the model's input.
        output: The model's output, `(1, classes)`.
        arena_bytes: Memory that the interpreter needs.

    Raises:
        SuiteError: If the types are not 8 bits.
    """
    for dtype, name in ((input.table.dtype.name, "input"), (output.dtype, "output")):
        if dtype not in ("int8", "uint8"):
            raise SuiteError(f"not supported by tflm: an {name} of type {dtype}. Convert with --io_type=int8")
    height, width, channels = frame
    new_height, new_width = image.scaled_size(height, width, contract)
    rows = _axis("Row", height, new_height, contract.height)
    columns = _axis("Column", width, new_width, contract.width)
    numbers = {
        "FrameHeight": height,
        "FrameWidth": width,
        "FrameChannels": channels,
        "Height": contract.height,
        "Width": contract.width,
        "Channels": contract.channels,
        "Classes": output.shape[-1],
        "ArenaBytes": arena_bytes,
        "OutputZeroPoint": output.zero_point,
        "InputTables": len(input.table),
    }
    flags = {
        "StretchContrast": contract.contrast == "stretch",
        "PlainInput": input.plain,
        "SignedInput": input.table.dtype == "int8",
        "SignedOutput": output.dtype == "int8",
    }
    parts = [
        *(f"constexpr int k{name} = {value};" for name, value in numbers.items()),
        *(f"constexpr bool k{name} = {str(value).lower()};" for name, value in flags.items()),
        f"constexpr float kOutputScale = {_float(output.scale)};",
        rows,
        columns,
        f"constexpr uint8_t kInputTable[] = {{{_list(_bytes(input))}}};",
        _labels(contract.labels or tuple(map(str, range(output.shape[-1])))),
        *_decision(decision),
    ]
    return _file("\n".join(parts))


def _file(body: str) -> str:
    return f"""// What a model's file says of its input and output, as constants. Written by tfl_lite_suite.
#ifndef TFL_LITE_SUITE_SETTINGS_H_
#define TFL_LITE_SUITE_SETTINGS_H_

#include <cstdint>

#include "decision.h"

namespace tfl_lite_suite {{

{body}

}}  // namespace tfl_lite_suite

#endif  // TFL_LITE_SUITE_SETTINGS_H_
"""


def _bytes(input: pixels.PixelEncoder) -> Array:
    """Returns the tensor's byte for each pixel value of each channel, or of all; hardly anything if it is plain."""
    return input.table[:1, :1].view("uint8").ravel() if input.plain else input.table.view("uint8").ravel()


def _axis(name: str, size: int, scaled: int, kept: int) -> str:
    first, weights = image.resize_weights(size, scaled, image.crop_offset(scaled, kept), kept)
    taps = weights.shape[1]
    return "\n".join(
        [
            f"constexpr int k{name}Taps = {taps};",
            f"constexpr int16_t k{name}First[] = {{{_list(first)}}};",
            f"constexpr int32_t k{name}Weights[] = {{{_list(weights.ravel())}}};",
        ]
    )


def _decision(decision: Decision) -> Iterable[str]:
    thresholds = "nullptr"
    if decision.thresholds:
        yield f"constexpr double kThresholds[] = {{{', '.join(map(float.hex, decision.thresholds))}}};"
        thresholds = "kThresholds"
    fields: Sequence[str] = (
        str(decision.mode == "multi").lower(),
        str(decision.scores == "probabilities").lower(),
        float.hex(float(decision.temperature)),
        thresholds,
        f"RejectScore::{_REJECT[decision.reject.score]}",
        float.hex(float(decision.reject.threshold)),
    )
    yield f"constexpr Decision kDecision = {{{', '.join(fields)}}};"


def _labels(labels: Sequence[str]) -> str:
    return f"constexpr const char* kLabels[] = {{{', '.join(map(_text, labels))}}};"


def _list(values: Array) -> str:
    return ", ".join(map(str, values.tolist()))


def _float(value: float) -> str:
    """Returns a float32 exactly, as a hexadecimal literal."""
    return float.hex(struct.unpack("f", struct.pack("f", value))[0]) + "f"


def _text(value: str) -> str:
    """Returns a C++ string literal of UTF-8."""
    quoted = json.dumps(value)[1:-1]
    plain = "".join(letter for letter in quoted if letter.isascii() and letter.isprintable())
    if plain == quoted and "\\u" not in quoted and "?" not in quoted:
        return f'"{quoted}"'
    return '"' + "".join(f"\\{byte:03o}" for byte in value.encode("utf-8", "replace")) + '"'
