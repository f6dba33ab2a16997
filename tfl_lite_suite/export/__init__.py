"""Converts a `.tflite` file for ONNX Runtime, NCNN and MNN, and compares their answers with the file's own."""

import dataclasses
import pathlib
import sys
import tempfile
import time
from typing import TYPE_CHECKING, Any

from absl import flags

from tfl_lite_suite import cli
from tfl_lite_suite.errors import SuiteError

if TYPE_CHECKING:
    import numpy as np

    from tfl_lite_suite.runtime.session import ModelFile
    from tfl_lite_suite.tflite_file import TfliteFile

_KEYS = (
    *("engine", "format", "files", "max_abs_diff", "top1_agreement"),
    *("pictures", "reference", "bytes", "converter", "seconds", "unsupported"),
)
_PATCH = 8
# What must not slow down --help (NumPy) is imported where it is used.


def export(model: str, format: str, output_dir: str) -> tuple[list[str], str]:
    """Writes a model in another format, with its description beside it.

    Args:
        model: The `.tflite` file.
        format: One of `deploy.exporters.names()`.
        output_dir: Where to; made if missing.

    Returns:
        Paths of the files, of which the first is what the format's engine opens and the last is the description; and
        what converted them.

    Raises:
        SuiteError: If the format has no equal of something in the model.
    """
    from tfl_lite_suite.deploy import exporters
    from tfl_lite_suite.results import UNFINISHED, make_folder, sha256
    from tfl_lite_suite.tflite_file import TfliteFile

    exporter = exporters.get(format)
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


def compare(model: str, path: str, engine: str, pictures: "np.ndarray") -> dict[str, Any]:
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

    from tfl_lite_suite.runtime import accuracy, engines

    reference = engines.default(model)
    runners = [accuracy.Runner(model, reference, keep_logits=True), accuracy.Runner(path, engine, keep_logits=True)]
    answers = [runner.answer(pictures.__getitem__, len(pictures)) for runner in runners]
    own, other = (answer.logits for answer in answers)
    assert own is not None and other is not None
    return {
        "max_abs_diff": float(np.abs(own - other).max()),
        "top1_agreement": float((answers[0].top[:, 0] == answers[1].top[:, 0]).mean()),
        "pictures": len(pictures),
        "reference": f"{reference} {engines.get(reference).version}",
    }


def pictures_for(file: "ModelFile", source: str | None, limit: int) -> "np.ndarray":
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
    from tfl_lite_suite.runtime.job import contract_of

    of = file.contract or contract_of(file.input_shape)
    if of is None:
        raise SuiteError(f"--model: not an image classifier. Received: an input of shape {list(file.input_shape)}")
    if source is None:
        shape = (limit, -(-of.height // _PATCH), -(-of.width // _PATCH), of.channels)
        patches = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
        return patches.repeat(_PATCH, 1).repeat(_PATCH, 2)[:, : of.height, : of.width]
    any_label = dataclasses.replace(of, labels=data.listing_of(source).class_names)
    split = data.open_all(source, any_label, limit=limit)
    return split.images(np.arange(len(split)))


def show(rows: list[dict[str, Any]]) -> str:
    """Returns the rows as text."""
    lines = []
    for row in rows:
        if row["unsupported"]:
            lines.append(f"{row['engine']}: {row['unsupported']}")
            continue
        lines.append(
            f"{row['engine']}: {row['files'][0]}, {row['bytes']:,} bytes; top-1 agrees with {row['reference']} on "
            f"{100 * row['top1_agreement']:.2f} % of {row['pictures']} pictures, logits differ by at most "
            f"{row['max_abs_diff']:.3g}; {row['converter']}, {row['seconds']:.1f} s"
        )
    return "\n".join(lines)


def _describe(file: "TfliteFile", names: tuple[str, ...], keeps_types: bool, source: dict[str, str]) -> Any:
    from tfl_lite_suite.runtime.exported_file import ExportedFile
    from tfl_lite_suite.runtime.session import TensorSpec

    input, output = (
        TensorSpec(spec.name, spec.shape, spec.dtype, spec.scale, spec.zero_point)
        if keeps_types
        else TensorSpec(spec.name, spec.shape, "float32")
        for spec in (file.inputs[0], file.outputs[0])
    )
    return ExportedFile(names, input, output, file.contract, file.labels, source)


def _main() -> list[dict[str, Any]]:
    from tfl_lite_suite.deploy import exporters
    from tfl_lite_suite.results import make_folder
    from tfl_lite_suite.runtime import engines
    from tfl_lite_suite.runtime.session import TFLITE

    given = flags.FLAGS
    model, output_dir = cli.required("model"), cli.required("output_dir")
    chosen = [exporters.get(format) for format in given.to]
    reference = engines.get(engines.default(model))
    if reference.format != TFLITE:
        raise SuiteError(f"--model: expected a .tflite file. Received: '{model}'")
    file = reference.inspect(model)
    for exporter in chosen:
        exporter.require()
        engines.get(exporter.ENGINE).require()
    make_folder(output_dir)
    pictures = pictures_for(file, given.data, given.limit)
    if given.data is None:
        print("compared on patches of random colours; --data=DATA compares on pictures", file=sys.stderr)
    rows = [_row(model, format, output_dir, pictures) for format in given.to]
    if all(row["unsupported"] for row in rows):
        raise SuiteError("; ".join(row["unsupported"] for row in rows))
    return rows


def _row(model: str, format: str, output_dir: str, pictures: "np.ndarray") -> dict[str, Any]:
    from tfl_lite_suite.deploy import exporters

    row: dict[str, Any] = dict.fromkeys(_KEYS)
    row |= {"engine": exporters.get(format).ENGINE, "format": format, "files": []}
    print(f"exporting to {format} …", file=sys.stderr)
    begin = time.monotonic()
    try:
        files, converter = export(model, format, output_dir)
        row |= {
            "files": files,
            "converter": converter,
            "bytes": sum(pathlib.Path(name).stat().st_size for name in files),
        }
        row["seconds"] = time.monotonic() - begin
        row |= compare(model, files[0], row["engine"], pictures)
    except SuiteError as error:
        for name in row["files"]:
            pathlib.Path(name).unlink(missing_ok=True)
        row |= {"files": [], "unsupported": _as_unsupported(row["engine"], str(error))}
    return row


def _as_unsupported(engine: str, reason: str) -> str:
    return reason if reason.startswith("not supported") else f"not supported by {engine}: {reason}"


if __name__ == "__main__":
    flags.DEFINE_string("model", None, "The .tflite file.")
    flags.DEFINE_list("to", ["onnx", "ncnn", "mnn"], "Formats, comma-separated.")
    flags.DEFINE_string("output_dir", None, "Folder to write to; made if missing.")
    flags.DEFINE_string("data", None, "Pictures to compare on: fashion_mnist or a folder; random colours if absent.")
    flags.DEFINE_integer("limit", 100, "Greatest number of pictures to compare on.", 1)
    cli.run_verb("export", __doc__, _main, show)
