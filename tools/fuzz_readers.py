"""The readers of foreign bytes that `fuzz.py` tries: for each its samples, its mutations and how it is called."""

import dataclasses
import functools
import io
import json
import pathlib
import sys
from collections.abc import Callable, Sequence
from typing import Any

import fuzz_java
import fuzz_mutations as mutations
import numpy as np
from PIL import Image

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tests" / "helpers"))


@dataclasses.dataclass(frozen=True)
class Reader:
    """One reader.

    Attributes:
        samples: Makes whole files.
        read: Reads a file; may raise `SuiteError`.
        mutate: Mutations, of which each execution takes one.
        suffix: How the files' names end.
    """

    samples: Callable[[], list[bytes]]
    read: Callable[[pathlib.Path], Any]
    mutate: Sequence[mutations.Mutation]
    suffix: str


def _tflite_samples() -> list[bytes]:
    import foreign_metadata
    import tflite_samples

    from tfl_lite_suite.core.contract import Contract
    from tfl_lite_suite.tflite import metadata_writer

    contract = Contract(8, 8, 3, 9, 9, labels=("a", "b", "c", "d"))
    plain = [tflite_samples.int8_classifier(), tflite_samples.int8_classifier(float_mean=True, input_type=np.uint8)]
    plain.append(tflite_samples.float_classifier())
    own = [metadata_writer.write(content, contract, name="sample") for content in plain]
    theirs = [foreign_metadata.write(content, mean=[127.5], std=[127.5], labels="a\nb\nc\nd\n") for content in plain]
    return [*plain, *own, *theirs]


def _inspect(path: pathlib.Path) -> None:
    from tfl_lite_suite.runtime.engines import _interpreter

    _interpreter._inspected(str(path))


def _lint(path: pathlib.Path) -> None:
    from tfl_lite_suite.core.files import to_json
    from tfl_lite_suite.lint import analysis, html_page

    report = analysis.analyse(path)
    size = len(to_json(report))
    if size > 10 * path.stat().st_size + (32 << 20):
        raise MemoryError(f"{size:,} characters of JSON")
    html_page.draw(report)


def _picture_samples() -> list[bytes]:
    random = np.random.default_rng(0)
    found = []
    for mode, shape in (("RGB", (9, 12, 3)), ("L", (12, 9)), ("RGBA", (5, 6, 4)), ("P", (8, 8)), ("I;16", (7, 7))):
        for format in ("PNG", "JPEG", "WEBP", "BMP", "GIF"):
            content, depth = io.BytesIO(), np.uint16 if mode == "I;16" else np.uint8
            try:
                image = Image.fromarray(random.integers(0, 256, shape).astype(depth))
                image.convert("P") if mode == "P" else image
                image.save(content, format, exif=b"Exif\0\0II*\0\x08\0\0\0\1\0\x12\1\3\0\1\0\0\0\6\0\0\0\0\0\0\0")
            except (OSError, KeyError, TypeError, ValueError):
                continue
            found.append(content.getvalue())
    return found


def _picture(path: pathlib.Path) -> None:
    from tfl_lite_suite.core import image

    pixels = image.decode(path, 3)
    assert pixels.ndim == 3 and pixels.shape[2] == 3 and pixels.dtype == np.uint8


def _contract_samples() -> list[bytes]:
    from tfl_lite_suite.core.contract import Contract

    return [Contract(8, 8, 3, 9, 9, labels=("a", "b")).to_json().encode()]


def _contract(path: pathlib.Path) -> None:
    from tfl_lite_suite.core import contract

    found = contract.beside(path.with_name("model.keras"))
    assert found is None or found == contract.from_json(found.to_json())


def _recipe_samples() -> list[bytes]:
    folder = pathlib.Path(__file__).resolve().parents[1] / "recipes"
    return [path.read_bytes() for path in sorted(folder.glob("*.yaml"))]


def _recipe(path: pathlib.Path) -> None:
    from tfl_lite_suite.core import recipe

    recipe.dump(recipe.load(str(path), []))


def _exported_samples() -> list[bytes]:
    from tfl_lite_suite.core.contract import Contract
    from tfl_lite_suite.runtime.exported_file import ExportedFile
    from tfl_lite_suite.tflite.graph import TensorSpec

    spec = TensorSpec("x", (1, 8, 8, 3), "float32")
    file = ExportedFile(("m.onnx",), spec, spec, Contract(8, 8, 3, 8, 8), ("a", "b"), {"file": "x", "sha256": "0"})
    return [json.dumps(file.document()).encode()]


def _exported(path: pathlib.Path) -> None:
    from tfl_lite_suite.runtime import exported_file

    model = path.with_name("m.onnx")
    model.write_bytes(b"x")
    path.replace(exported_file.beside(model))
    exported_file.read(str(model)).model_file(str(model))


def _tfrecord_samples() -> list[bytes]:
    from tfl_lite_suite.data import tfrecord

    made = []
    for count in (1, 3):
        content = io.BytesIO()
        for number in range(count):
            tfrecord.write_record(content, tfrecord.encode_example(_picture_samples()[0], number, f"class {number}"))
        made.append(content.getvalue())
    return made


def _tfrecord(path: pathlib.Path) -> None:
    from tfl_lite_suite import data
    from tfl_lite_suite.core import image

    path.replace(path.with_name("train-00000-of-00001.tfrecord"))
    listing = data.listing_of(str(path.parent))
    for place in range(min(len(listing), 4)):
        image.decode(listing.read(place), 3, listing.keys[place])


def _example(random: Any, data: bytes, others: Sequence[bytes]) -> bytes:
    """Changes the first record and makes its checksums right again."""
    from tfl_lite_suite.data import tfrecord

    length = int.from_bytes(data[:8], "little")
    content = io.BytesIO()
    tfrecord.write_record(content, mutations.of_bytes(random, data[12 : 12 + length], others))
    return content.getvalue() + data[16 + length :]


def _csv_samples() -> list[bytes]:
    return [
        b"file,label\na.png,cat\nb.png,dog\n",
        b"file;cat;dog\na.png;1;0\nb.png;1;1\n",
        b"image,class,split\na,x,train\nb,y,test\n",
    ]


def _csv(path: pathlib.Path) -> None:
    from tfl_lite_suite import data

    for name in ("a.png", "b.png"):
        path.with_name(name).write_bytes(b"x")
    data.listing_of(str(path))


def _torch_samples() -> list[bytes]:
    import tempfile

    import torch_files

    values = np.arange(24, dtype=np.float32)
    state = {"weight": torch_files.tensor("a", values, shape=(2, 12), strides=(12, 1))}
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "w.pth"
        return [
            pathlib.Path(write(path, state, [("a", values)])).read_bytes()
            for write in (torch_files.write_zip, torch_files.write_legacy)
        ]


def _torch(path: pathlib.Path) -> None:
    from tfl_lite_suite.models.weights import torch_file

    torch_file.read(path)


def _keras_config() -> dict[str, Any]:
    entry = {
        "module": "keras.layers",
        "class_name": "Conv2D",
        "config": {"name": "conv", "filters": 3, "activation": "relu"},
        "registered_name": None,
    }
    return {"module": "keras", "class_name": "Sequential", "config": {"name": "s", "layers": [entry, entry]}}


def _keras_samples() -> list[bytes]:
    import zipfile

    import h5py

    weights = io.BytesIO()
    with h5py.File(weights, "w") as file:
        for name in ("conv", "dense"):
            group = file.create_group(f"layers/{name}/vars")
            group.create_dataset("0", data=np.zeros((3, 3), np.float32))
            group.create_dataset("1", data=np.zeros(3, np.float32), compression="gzip")
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("metadata.json", json.dumps({"keras_version": "3.3.0"}))
        archive.writestr("config.json", json.dumps(_keras_config()))
        archive.writestr("model.weights.h5", weights.getvalue())
    return [content.getvalue()]


def _keras(path: pathlib.Path) -> None:
    from tfl_lite_suite.models.keras_io import archive

    archive.read(path)


def _h5_samples() -> list[bytes]:
    import h5py

    made = []
    for version, compression in (("2.15.0", None), ("3.3.0", "gzip")):
        content = io.BytesIO()
        with h5py.File(content, "w", libver="latest" if compression else "earliest") as file:
            file.attrs["keras_version"] = version
            file.attrs["model_config"] = json.dumps(_keras_config())
            group = file.create_group("model_weights").create_group("conv")
            group.attrs["weight_names"] = ["conv/kernel:0", "conv/bias:0"]
            group.create_dataset("conv/kernel:0", data=np.ones((3, 3, 1, 3), np.float32), compression=compression)
            group.create_dataset("conv/bias:0", data=np.zeros(3, np.float32))
        made.append(content.getvalue())
    return made


def _h5(path: pathlib.Path) -> None:
    from tfl_lite_suite.core.errors import SuiteError
    from tfl_lite_suite.models.keras_io import archive
    from tfl_lite_suite.models.keras_io.listed_arrays import ListedArrays

    archive.read(path)
    try:
        with archive.arrays(path) as group:
            ListedArrays(group=group).of_layers(_keras_config()["config"]["layers"])
    except MemoryError:
        raise
    except Exception as error:  # as `models.load` does
        raise SuiteError(type(error).__name__) from None


def _predictions(path: pathlib.Path) -> None:
    from tfl_lite_suite.core import predictions

    predictions.read(path)


def _device_samples() -> list[bytes]:
    latency: dict[str, object] = {
        "mean": 1.0,
        "std": 0.1,
        "min": 0.9,
        "p50": 1.0,
        "p90": 1.1,
        "p95": 1.1,
        "p99": 1.2,
        "max": 1.3,
    }
    latency["ci95"] = [0.9, 1.1]
    device = {"board": None, "cpu": "x", "cores": 2, "os": "y", "governor": None, "frequency_mhz": 1.0}
    document = {
        "model": "m.tflite", "engine": "litert", "engine_version": "2.3.0", "kernels": "default", "threads": 1,
        "device": {**device, "temperature_c": 50.0, "machine": "aarch64"}, "target": "ssh:pi", "warmup_runs": 3,
        "runs": 9, "input": {"shape": [1, 8, 8, 3], "dtype": "int8"}, "latency_ms": latency, "frames_per_s": 1000.0,
        "stages_ms": {"preprocessing": 1.0, "inference": 1.0, "postprocessing": 0.1, "picture": [480, 640]},
        "cold_start_ms": 5.0, "peak_rss_bytes": 10, "arena_bytes": 5, "model_bytes": 7, "energy_j": 0.1,
        "energy_method": "rapl", "valid": True, "warnings": ["warm"], "raw_ms": [1.0] * 9, "raw_ns": [10**6] * 9,
        "load": {"others": 0.0, "waiting": 0.0, "steal": 0.0}, "cold_start_parts_ms": {"process": 5.0}, "seed": 0,
        "curve": [{"seconds": 1, "p50_ms": 1.0, "frames_per_s": 2.0, "temperature_c": None, "frequency_mhz": 3.0}],
        "profile": {"method": "x", "runs": 5, "run_ns": 9, "resolution_ns": 1, "operators": [
            {"name": "a;b", "type": "CONV_2D", "median_ns": 10, "share": 1.0}]},
    }  # fmt: skip
    return [json.dumps(document).encode()]


def _device(path: pathlib.Path) -> None:
    from tfl_lite_suite import benchmark
    from tfl_lite_suite.benchmark.result import Measurement
    from tfl_lite_suite.core.errors import SuiteError

    try:
        document = json.loads(path.read_bytes())
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise SuiteError("it sent no document back")
    benchmark.show(Measurement.from_document(document))


def _associated(random: Any, data: bytes, others: Sequence[bytes]) -> bytes:
    """Changes the archive of a model, and where it says that its files lie."""
    start = data.find(b"PK\x03\x04")
    if start < 0:
        return mutations.of_words(random, data, others)
    return data[:start] + mutations.of_bytes(random, data[start:], others)


def _head(random: Any, data: bytes, others: Sequence[bytes]) -> bytes:
    """Changes where the first table and its fields lie."""
    return mutations.of_words(random, data[:64], others) + data[64:]


def _java(name: str) -> Callable[[pathlib.Path], None]:
    return functools.partial(fuzz_java.read, name)


def _compiled(samples: Callable[[], list[bytes]]) -> Callable[[], list[bytes]]:
    """Compiles Java's readers before the first child process, so that all use the same classes."""

    def made() -> list[bytes]:
        fuzz_java.classes()
        return samples()

    return made


_FLAT = (mutations.of_bytes, mutations.of_words, mutations.of_words, mutations.of_zip(mutations.of_json))
READERS = {
    "device": Reader(_device_samples, _device, (mutations.of_json, mutations.of_bytes), ".json"),
    "tflite": Reader(_tflite_samples, _inspect, _FLAT, ".tflite"),
    "lint": Reader(_tflite_samples, _lint, _FLAT, ".tflite"),
    "picture": Reader(_picture_samples, _picture, (mutations.of_bytes, mutations.of_png, mutations.of_words), ".png"),
    "contract": Reader(_contract_samples, _contract, (mutations.of_json, mutations.of_bytes), "contract.json"),
    "recipe": Reader(_recipe_samples, _recipe, (mutations.of_text, mutations.of_text, mutations.of_bytes), ".yaml"),
    "exported": Reader(_exported_samples, _exported, (mutations.of_json, mutations.of_bytes), ".json"),
    "tfrecord": Reader(_tfrecord_samples, _tfrecord, (_example, _example, mutations.of_bytes), ".tfrecord"),
    "csv": Reader(_csv_samples, _csv, (mutations.of_text, mutations.of_bytes), ".csv"),
    "torch": Reader(_torch_samples, _torch, (mutations.of_bytes, mutations.of_zip(mutations.of_bytes)), ".pth"),
    "keras": Reader(
        _keras_samples,
        _keras,
        (mutations.of_bytes, mutations.of_zip(mutations.of_json), mutations.of_zip(mutations.of_words)),
        ".keras",
    ),
    "h5": Reader(_h5_samples, _h5, (mutations.of_bytes, mutations.of_words), ".h5"),
    "predictions": Reader(
        lambda: [b'{"class_names": ["a", "b"], "keys": ["x", "y"], "labels": [0, 1], "top1": [1, 1]}'],
        _predictions,
        (mutations.of_json, mutations.of_bytes),
        ".json",
    ),
    "java_model": Reader(_compiled(_tflite_samples), _java("java_model"), (*_FLAT, _associated), ".tflite"),
    "java_table": Reader(_compiled(_tflite_samples), _java("java_table"), (*_FLAT, _head), ".tflite"),
    "java_zip": Reader(_compiled(_tflite_samples), _java("java_zip"), (*_FLAT, _associated), ".tflite"),
    "java_json": Reader(
        _compiled(lambda: [*_contract_samples(), *_device_samples()]),
        _java("java_json"),
        (mutations.of_json, mutations.of_text, mutations.of_bytes),
        ".json",
    ),
}
