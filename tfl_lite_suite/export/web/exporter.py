"""Writes a model as a web page that runs it with LiteRT.js, and compares the page's answers with LiteRT's."""

import dataclasses
import hashlib
import json
import math
import pathlib
import sys
import time
from collections.abc import Mapping

import numpy as np

import tfl_lite_suite
from tfl_lite_suite.core.contract import Contract
from tfl_lite_suite.core.decision import Decision
from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.core.files import make_folder, sha256, write_bytes
from tfl_lite_suite.core.types import Array, JsonObject
from tfl_lite_suite.export.result import Export
from tfl_lite_suite.export.web import litert_js
from tfl_lite_suite.runtime import chromium, pixels
from tfl_lite_suite.tflite import metadata_writer, normalization
from tfl_lite_suite.tflite.file import TfliteFile
from tfl_lite_suite.tflite.unsigned_io import unsigned

ENGINE = "litert_js"
SOURCES = pathlib.Path(__file__).parent / "page"
MODEL, DESCRIPTION, RUNTIME = "model.tflite", "model.json", "litert"
# Loaded when the browser is known to want them; the service worker keeps them from then on.
_ON_USE = tuple(f"{RUNTIME}/{variant}.{suffix}" for variant in litert_js.VARIANTS for suffix in ("js", "wasm.gz"))
_TYPES = ("uint8", "float32")


def require() -> None:
    """Checks that the page's runtime is at hand; raises `SuiteError` if not."""
    for package in (litert_js.CORE, litert_js.WASM_UTILS):
        litert_js.obtain(package)


def bundle(
    model: str, output_dir: str, pictures: Array, contract: Contract, frame: tuple[int, int, int] | None = None
) -> Export:
    """Writes the page into the folder `web` and compares, where there is a browser.

    Args:
        model: The `.tflite` file.
        output_dir: Where to.
        pictures: Prepared pictures to compare on, uint8 `(n, height, width, channels)`; may be none.
        contract: How the model wants its pictures.
        frame: Of no use here.

    Raises:
        SuiteError: If the page cannot run the model.
    """
    begin, folder = time.monotonic(), pathlib.Path(output_dir) / "web"
    content = unsigned(metadata_writer.strip(pathlib.Path(model).read_bytes()))
    description = describe(model, content, contract)
    files = {
        **{path.name: path.read_bytes() for path in sorted(SOURCES.iterdir())},
        **{f"{RUNTIME}/{name}": runtime for name, runtime in litert_js.files().items()},
        MODEL: content,
        DESCRIPTION: _json(description),
        "manifest.json": _json(_manifest(description["name"])),
    }
    files["files.js"] = _listing(files)
    for name, data in files.items():
        make_folder((folder / name).parent)
        write_bytes(folder / name, data)
    paths = tuple(str(folder / name) for name in sorted(files, key=lambda name: (name != "index.html", name)))
    try:
        compared = _compare(model, folder, pictures)
    except SuiteError:
        # The page does not run its model.
        for path in paths:
            pathlib.Path(path).unlink()
        raise
    return Export(
        engine=ENGINE,
        format="web",
        files=paths,
        **compared,
        bytes=sum(map(len, files.values())),
        converter=f"LiteRT.js {litert_js.VERSION}",
        seconds=time.monotonic() - begin,
    )


def page_of(model: str, folder: str) -> pathlib.Path:
    """Writes the page of a model of the suite, compares nothing, and returns the page's folder.

    Raises:
        SuiteError: If the file has no contract, or the page cannot run it.
    """
    contract = TfliteFile.read(model).contract
    if contract is None:
        raise SuiteError(f"{model}: has no preprocessing contract; make it with convert")
    bundle(model, folder, np.zeros((0, *contract.image_shape), np.uint8), contract)
    return pathlib.Path(folder) / "web"


def describe(model: str, content: bytes, contract: Contract) -> JsonObject:
    """Returns what the page must know of the model: `model.json`.

    Args:
        model: The `.tflite` file that was given.
        content: The model that the page runs.
        contract: How it wants its pictures.

    Raises:
        SuiteError: If its input or output is of a type that LiteRT.js does not take.
    """
    given, file = TfliteFile.read(model), TfliteFile(content, model)
    if len(file.inputs) != 1 or len(file.outputs) != 1 or len(file.outputs[0].shape) != 2:
        raise SuiteError("not supported by litert_js: a model with several inputs or outputs, or no row of scores")
    input, output = file.inputs[0], file.outputs[0]
    for spec, what in ((input, "input"), (output, "output")):
        if spec.dtype not in _TYPES:
            raise SuiteError(f"not supported by litert_js: an {what} of type {spec.dtype}. Convert with --io_type=int8")
    if input.shape != (1, *contract.image_shape):
        raise SuiteError(
            f"not supported by litert_js: an input of shape {list(input.shape)}, which is not the contract's"
        )
    if not math.isfinite(output.scale) or output.dtype == "uint8" and not output.scale > 0:
        raise SuiteError(f"{model}: the output's scale is {output.scale}; its scores mean nothing")
    labels = given.labels if len(given.labels) == output.shape[1] else map(str, range(output.shape[1]))
    table = pixels.encoder(input, normalization.of_file(given)).table
    plain = np.array_equal(table, [np.arange(256)])
    decision = given.decision or Decision(scores="probabilities" if given.gives_probabilities else "logits")
    if decision.thresholds and len(decision.thresholds) != output.shape[1]:
        raise SuiteError(
            f"{model}: its decision has {len(decision.thresholds)} thresholds for {output.shape[1]} classes"
        )
    return {
        "version": 1,
        "name": pathlib.Path(model).name,
        "file": MODEL,
        "bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        "input": {"shape": input.shape, "dtype": input.dtype, "table": None if plain else table.tolist()},
        "output": {
            "classes": output.shape[1],
            "dtype": output.dtype,
            "scale": output.scale,
            "zero_point": output.zero_point,
        },
        "contract": {key: value for key, value in dataclasses.asdict(contract).items() if key != "labels"},
        "labels": list(labels),
        "decision": dataclasses.asdict(decision),
        "computes": "int8" if file.fully_int8 else "float32" if input.dtype == "float32" else "mixed",
        "source": {
            "file": pathlib.Path(model).name,
            "sha256": sha256(model),
            "bytes": pathlib.Path(model).stat().st_size,
        },
        "runtime": {"name": "LiteRT.js", "version": litert_js.VERSION},
        "suite": tfl_lite_suite.__version__,
    }


def _manifest(name: str) -> JsonObject:
    """Returns what makes the page installable."""
    icons: list[dict[str, str]] = [
        {"src": f"icon-{size}.png", "sizes": f"{size}x{size}", "type": "image/png", "purpose": "any maskable"}
        for size in (192, 512)
    ]
    return {
        "name": f"TFL Lite Suite: {pathlib.PurePath(name).stem}",
        "short_name": pathlib.PurePath(name).stem,
        "start_url": "./",
        "scope": "./",
        "display": "standalone",
        "background_color": "#ffffff",
        "theme_color": "#0b5fa5",
        "icons": icons,
    }


def _listing(files: Mapping[str, bytes]) -> bytes:
    """Returns the list of files that the service worker keeps; any change of a file changes its version."""
    digest = hashlib.sha256()
    for name, data in sorted(files.items()):
        digest.update(f"{name}\0{hashlib.sha256(data).hexdigest()}\n".encode())
    kept = ["./", *sorted(name for name in files if name not in (*_ON_USE, "sw.js"))]
    listing = {"version": digest.hexdigest()[:16], "kept": kept, "on_use": sorted(_ON_USE)}
    return b"self.tflLiteSuiteFiles = " + _json(listing)


def _json(document: object) -> bytes:
    return (json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":")) + "\n").encode()


def _compare(model: str, folder: pathlib.Path, pictures: Array) -> JsonObject:
    """Compares the page's scores with those of LiteRT for the file; nothing without pictures or a browser."""
    from tfl_lite_suite.evaluate import answers
    from tfl_lite_suite.runtime import engines
    from tfl_lite_suite.runtime.web_page import ModelRefused, WebPage

    if not len(pictures):
        return {}
    if chromium.find() is None:
        print("not compared: no Chromium or Chrome is on the path", file=sys.stderr)
        return {}
    name = engines.default(model)
    runner = answers.Runner(model, name, keep_logits=True)
    reference = runner.answer(pictures.__getitem__, len(pictures)).logits
    assert reference is not None
    try:
        opened = WebPage(folder)
    except ModelRefused:
        raise
    except SuiteError as error:
        print(f"not compared: {error}", file=sys.stderr)
        return {}
    with opened as page:
        scores = page.scores(pictures)
    return {
        "max_abs_diff": float(np.abs(scores - reference).max()),
        "top1_agreement": float((scores.argmax(1) == reference.argmax(1)).mean()),
        "pictures": len(pictures),
        "reference": f"{name} {engines.get(name).version}",
    }
