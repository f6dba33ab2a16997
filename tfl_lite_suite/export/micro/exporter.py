"""Writes a model as C++ sources for TensorFlow Lite Micro, and compares the real interpreter's bytes with LiteRT's."""

import dataclasses
import json
import pathlib
import time

import numpy as np

from tfl_lite_suite.core.contract import Contract
from tfl_lite_suite.core.decision import Decision
from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.core.files import make_folder, write_text
from tfl_lite_suite.core.types import Array, JsonObject
from tfl_lite_suite.evaluate import answers
from tfl_lite_suite.export.micro import micro_interpreter, npu, operators, settings
from tfl_lite_suite.export.result import Export
from tfl_lite_suite.runtime import engines, pixels
from tfl_lite_suite.runtime.session import Kernels
from tfl_lite_suite.tflite import normalization
from tfl_lite_suite.tflite.file import TfliteFile

ENGINE = "tflm"
SOURCES = pathlib.Path(__file__).parent / "cpp"
_BYTES_A_LINE = 20
# Its reference kernels round in two steps, half away from zero, as TensorFlow Lite Micro's do; LiteRT's do otherwise.
_ALIKE = "tflite_runtime"


def require() -> None:
    """Checks that the interpreter is installed; raises `SuiteError` if not."""
    micro_interpreter.require()


def bundle(
    model: str, output_dir: str, pictures: Array, contract: Contract, frame: tuple[int, int, int] | None = None
) -> Export:
    """Writes the sources into the folder `micro` and compares.

    Args:
        model: The `.tflite` file, with input and output of 8 bits.
        output_dir: Where to.
        pictures: Prepared pictures to compare on, uint8 `(n, height, width, channels)`.
        contract: How the model wants its pictures.
        frame: `(height, width, channels)` of the camera's pictures; as the model's own input if absent.

    Raises:
        SuiteError: If TensorFlow Lite Micro cannot run the model.
    """
    begin, path = time.monotonic(), pathlib.Path(model)
    file = TfliteFile.read(model)
    names = [name for name, _ in file.op_histogram]
    operators.check(names)
    input, output = file.inputs[0], file.outputs[0]
    # Types are checked before the arena is searched for.
    decision = file.decision or Decision(scores="probabilities" if file.gives_probabilities else "logits")
    frame = frame or contract.image_shape
    encoder = pixels.encoder(input, normalization.of_file(file))
    settings.header(contract, decision, frame, encoder, output, 0)
    arena = micro_interpreter.least_arena(path)
    folder = pathlib.Path(output_dir) / "micro"
    make_folder(folder)
    written = {
        **{source.name: source.read_text(encoding="utf-8") for source in SOURCES.iterdir()},
        "settings.h": settings.header(contract, decision, frame, encoder, output, arena),
        "resolver.h": operators.resolver(names),
        "model.h": _MODEL_HEADER,
        "model.cc": model_source(path.read_bytes()),
    }
    compared = _compare(model, pictures, encoder, arena)
    facts = {"model": path.name, "model_bytes": path.stat().st_size, "arena_bytes": arena}
    facts |= {"operators": sorted(set(names)), "frame": list(frame), "labels": list(contract.labels)}
    facts |= {"npu": _estimates(path), **compared}
    written["micro.json"] = json.dumps(facts, indent=1) + "\n"
    for name, text in written.items():
        write_text(folder / name, text)
    paths = tuple(str(folder / name) for name in sorted(written, key=lambda name: name != "model.cc"))
    return Export(
        engine=ENGINE,
        format="micro",
        files=paths,
        max_abs_diff=compared["max_abs_diff"],
        top1_agreement=compared["top1_agreement"],
        pictures=len(pictures),
        reference=compared["reference"],
        bytes=sum(pathlib.Path(name).stat().st_size for name in paths),
        converter=f"tflite-micro {micro_interpreter.version()}",
        seconds=time.monotonic() - begin,
        arena_bytes=arena,
    )


def _estimates(path: pathlib.Path) -> list[JsonObject]:
    """Returns what Vela expects of the model on each neural processor; nothing where Vela is not installed."""
    found = [npu.estimate(path, name) for name in npu.CONFIGURATIONS] if npu.available() else []
    return [dataclasses.asdict(estimate) for estimate in found if estimate]


def _compare(model: str, pictures: Array, encoder: pixels.PixelEncoder, arena: int) -> JsonObject:
    """Compares output bytes with those of LiteRT's builtin kernels, and of the kernels that round alike."""
    made = micro_interpreter.outputs(pathlib.Path(model), encoder.encode(pictures), arena)
    found = {**_compared(model, pictures, made, "litert", "builtin"), "pictures": len(pictures)}
    if engines.get(_ALIKE).available():
        alike = _compared(model, pictures, made, _ALIKE, "reference")
        found["rounding_alike"] = {key: alike[key] for key in ("reference", "equal_outputs", "top1_agreement")}
    return found


def _compared(model: str, pictures: Array, made: Array, engine: str, kernels: Kernels) -> JsonObject:
    output = TfliteFile.read(model).outputs[0]
    scores = (made.astype(np.float64) - output.zero_point) * output.scale
    runner = answers.Runner(model, engine, kernels=kernels, keep_logits=True)
    reference = runner.answer(pictures.__getitem__, len(pictures)).logits
    if reference is None:
        raise SuiteError(f"{model}: {engine} gave no scores")
    steps = np.abs(np.rint((scores - reference) / output.scale))
    return {
        "max_abs_diff": float(np.abs(scores - reference).max()),
        "equal_outputs": float((steps == 0).mean()),
        "top1_agreement": float((scores.argmax(1) == reference.argmax(1)).mean()),
        "reference": f"{engine} {engines.get(engine).version}, {kernels} kernels",
    }


_MODEL_HEADER = """// The model's file as an array.
#ifndef TFL_LITE_SUITE_MODEL_H_
#define TFL_LITE_SUITE_MODEL_H_

namespace tfl_lite_suite {

extern const unsigned char kModel[];
extern const int kModelBytes;

}  // namespace tfl_lite_suite

#endif  // TFL_LITE_SUITE_MODEL_H_
"""


def model_source(content: bytes) -> str:
    """Returns `model.cc`, the file's bytes aligned to 16."""
    lines = [
        ", ".join(f"0x{byte:02x}" for byte in content[first : first + _BYTES_A_LINE])
        for first in range(0, len(content), _BYTES_A_LINE)
    ]
    body = ",\n    ".join(lines)
    return f"""#include "model.h"

namespace tfl_lite_suite {{

alignas(16) const unsigned char kModel[] = {{
    {body}}};
const int kModelBytes = {len(content)};

}}  // namespace tfl_lite_suite
"""
