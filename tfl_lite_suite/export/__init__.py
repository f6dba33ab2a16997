"""Converts a `.tflite` file for other engines, microcontrollers and browsers, and compares the answers with its own."""

import dataclasses
import pathlib
import sys
import tempfile
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

from tfl_lite_suite.core import own_modules
from tfl_lite_suite.core.errors import ArgumentError, SuiteError
from tfl_lite_suite.core.figures import percent
from tfl_lite_suite.core.types import Array, JsonObject
from tfl_lite_suite.export.result import Export

if TYPE_CHECKING:
    from tfl_lite_suite.runtime.session import ModelFile
    from tfl_lite_suite.tflite.file import TfliteFile

__path__ = own_modules.extended(__path__, "export")
_PATCH = 8
# What must not slow down --help (NumPy) is imported where it is used.


def export_formats(
    model: str,
    formats: Sequence[str],
    output_dir: str,
    source: str | None = None,
    limit: int = 100,
    frame: tuple[int, int, int] | None = None,
) -> list[Export]:
    """Writes a model in several formats and compares their answers with its own.

    Args:
        model: The `.tflite` file.
        formats: Names of `export.exporters.names()`.
        output_dir: Where to; made if missing.
        source: Pictures to compare on, what `--data` names; patches of random colours if absent.
        limit: Greatest number of pictures; 0 compares nothing.
        frame: For microcontrollers: `(height, width, channels)` of the camera's pictures; the model's input if absent.

    Returns:
        The rows that `--json` prints.

    Raises:
        SuiteError: If the file is no `.tflite` file, an exporter or its engine is not installed, or no format can hold
            the model.
    """
    from tfl_lite_suite.core.files import make_folder
    from tfl_lite_suite.evaluate import preprocessing
    from tfl_lite_suite.export import exporters
    from tfl_lite_suite.runtime import engines
    from tfl_lite_suite.runtime.session import TFLITE

    chosen = [exporters.get(format) for format in formats]
    reference = engines.get(engines.default(model))
    if reference.format != TFLITE:
        raise ArgumentError("model", f"expected a .tflite file. Received: '{model}'")
    file = reference.inspect(model)
    for exporter in chosen:
        exporter.require()
        if not hasattr(exporter, "bundle"):
            engines.get(exporter.ENGINE).require()
    for warning in preprocessing.warnings_of_guess(file):
        print(f"warning: {warning}", file=sys.stderr)
    make_folder(output_dir)
    pictures = pictures_for(file, source if limit else None, limit)
    if source is None and limit:
        print("compared on patches of random colours; export --data=DATA compares on pictures", file=sys.stderr)
    rows = [_exported(model, format, output_dir, pictures, frame) for format in formats]
    if all(row.unsupported for row in rows):
        raise SuiteError("; ".join(str(row.unsupported) for row in rows))
    return rows


def _exported(model: str, format: str, output_dir: str, pictures: Array, frame: tuple[int, int, int] | None) -> Export:
    from tfl_lite_suite.benchmark.job import contract_of
    from tfl_lite_suite.export import exporters
    from tfl_lite_suite.tflite.file import TfliteFile

    exporter, files = exporters.get(format), list[str]()
    engine = exporter.ENGINE
    print(f"exporting to {format} …", file=sys.stderr)
    begin = time.monotonic()
    try:
        if hasattr(exporter, "bundle"):
            file = TfliteFile.read(model)
            contract = file.contract or contract_of(file.inputs[0].shape)
            if contract is None or not file.outputs or len(file.outputs[0].shape) != 2:
                raise SuiteError(f"{model}: not an image classifier")
            classes = file.outputs[0].shape[1]
            if classes == 1:
                raise SuiteError("one score for two classes. Convert the .keras file: it gives the file two scores")
            if not contract.labels and len(file.labels) == classes:
                contract = dataclasses.replace(contract, labels=file.labels)
            return exporter.bundle(model, output_dir, pictures, contract, frame)
        files, converter = export(model, format, output_dir)
        size = sum(pathlib.Path(name).stat().st_size for name in files)
        seconds = time.monotonic() - begin
        return Export(
            engine=engine,
            format=format,
            files=tuple(files),
            **(compare(model, files[0], engine, pictures) if len(pictures) else {}),
            bytes=size,
            converter=converter,
            seconds=seconds,
            unsupported=None,
        )
    except SuiteError as error:
        for name in files:
            pathlib.Path(name).unlink(missing_ok=True)
        reason = str(error)
    unsupported = reason if reason.startswith("not supported") else f"not supported by {engine}: {reason}"
    return Export(engine=engine, format=format, unsupported=unsupported)


def export(model: str, format: str, output_dir: str) -> tuple[list[str], str]:
    """Writes a model in another format, with its description beside it.

    Args:
        model: The `.tflite` file.
        format: One of `exporters.names()`.
        output_dir: Where to; made if missing.

    Returns:
        Paths of the files, of which the first is what the format's engine opens and the last is the description; and
        what converted them.

    Raises:
        SuiteError: If the format has no equal of something in the model.
    """
    from tfl_lite_suite.core.files import UNFINISHED, make_folder, sha256
    from tfl_lite_suite.export import exporters
    from tfl_lite_suite.tflite.file import TfliteFile

    exporter = cast(exporters.Exporter, exporters.get(format))
    file = TfliteFile.read(model)
    make_folder(output_dir)
    stem = pathlib.Path(model).stem
    names = tuple(stem + suffix for suffix in exporter.SUFFIXES)
    with tempfile.TemporaryDirectory(dir=output_dir, prefix=UNFINISHED) as scratch:
        made = tuple(pathlib.Path(scratch) / name for name in names)
        converter = exporter.convert(pathlib.Path(model).resolve(), made)
        for path in made:
            path.replace(pathlib.Path(output_dir) / path.name)
    source = {"file": pathlib.Path(model).name, "sha256": sha256(model), "converter": converter}
    beside = _describe(file, names, exporter.KEEPS_TYPES, source).write(output_dir)
    return [str(pathlib.Path(output_dir) / name) for name in names] + [beside], converter


def compare(model: str, path: str, engine: str, pictures: Array) -> JsonObject:
    """Compares an exported model's answers with those of its `.tflite` file.

    Args:
        model: The `.tflite` file.
        path: The exported file.
        engine: What runs it.
        pictures: uint8 `(n, height, width, channels)`.

    Returns:
        `max_abs_diff` between logits, `top1_agreement` as a share, `pictures` and the `reference` engine.
    """
    import numpy as np

    from tfl_lite_suite.evaluate import answers as accuracy
    from tfl_lite_suite.runtime import engines

    reference = engines.default(model)
    runners = [accuracy.Runner(file, name, keep_logits=True) for file, name in ((model, reference), (path, engine))]
    answers = [runner.answer(pictures.__getitem__, len(pictures)) for runner in runners]
    own, other = (answer.logits for answer in answers)
    assert own is not None and other is not None
    return {
        "max_abs_diff": float(np.abs(own - other).max()),
        "top1_agreement": float((answers[0].top[:, 0] == answers[1].top[:, 0]).mean()),
        "pictures": len(pictures),
        "reference": f"{reference} {engines.get(reference).version}",
    }


def pictures_for(file: "ModelFile", source: str | None, limit: int) -> Array:
    """Returns pictures to compare on: of a data set, or patches of random colours.

    Args:
        file: The model.
        source: What `--data` names; patches if absent.
        limit: Greatest number.

    Returns:
        uint8 `(n, height, width, channels)`.
    """
    import numpy as np

    from tfl_lite_suite import data
    from tfl_lite_suite.benchmark.job import contract_of

    of = file.contract or contract_of(file.input_shape)
    if of is None:
        raise ArgumentError("model", f"not an image classifier. Received: an input of shape {list(file.input_shape)}")
    if source is None:
        shape = (limit, -(-of.height // _PATCH), -(-of.width // _PATCH), of.channels)
        patches = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
        return patches.repeat(_PATCH, 1).repeat(_PATCH, 2)[:, : of.height, : of.width]
    any_label = dataclasses.replace(of, labels=data.listing_of(source).class_names)
    split = data.open_all(source, any_label, limit=limit)
    data.findings.tell(split.notes)
    return split.images(np.arange(len(split)))


def show(rows: Sequence[Export]) -> str:
    """Returns the rows as text."""
    lines = []
    for row in rows:
        if row.unsupported:
            lines.append(f"{row.engine}: {row.unsupported}")
            continue
        compared = "not compared"
        if row.top1_agreement is not None:
            compared = (
                f"top-1 agrees with {row.reference} on {percent(row.top1_agreement)} of {row.pictures} pictures, "
                f"logits differ by at most {row.max_abs_diff:.3g}"
            )
        lines.append(
            f"{row.engine}: {row.files[0]}, {row.bytes:,} bytes; {compared}; {row.converter}, {row.seconds:.1f} s"
            + (f"; arena {row.arena_bytes:,} bytes" if row.arena_bytes else "")
        )
    return "\n".join(lines)


def _describe(file: "TfliteFile", names: tuple[str, ...], keeps_types: bool, source: dict[str, str]) -> Any:
    from tfl_lite_suite.runtime.exported_file import ExportedFile
    from tfl_lite_suite.tflite import normalization
    from tfl_lite_suite.tflite.graph import TensorSpec

    input, output = (
        spec if keeps_types else TensorSpec(spec.name, spec.shape, "float32")
        for spec in (file.inputs[0], file.outputs[0])
    )
    says = file.decision, file.gives_probabilities
    return ExportedFile(names, input, output, file.contract, file.labels, source, *says, normalization.of_file(file))
