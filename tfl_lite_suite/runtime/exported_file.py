"""What stands beside an exported model, as `MODEL.json`: all that the other formats have no place for."""

import dataclasses
import json
import os
import pathlib
from collections.abc import Mapping, Sequence
from typing import Any

from tfl_lite_suite.core import contract as contract_module
from tfl_lite_suite.core import decision as decision_module
from tfl_lite_suite.core.contract import Contract
from tfl_lite_suite.core.decision import Decision
from tfl_lite_suite.core.errors import ArgumentError, SuiteError
from tfl_lite_suite.core.files import write_json
from tfl_lite_suite.core.types import Document, JsonObject
from tfl_lite_suite.runtime.session import ModelFile
from tfl_lite_suite.tflite.graph import TensorSpec
from tfl_lite_suite.tflite.normalization import RAW, SOURCES, Normalization

VERSION = 2


@dataclasses.dataclass(frozen=True)
class ExportedFile:
    """A model in another engine's format.

    Attributes:
        files: Names of its files, which lie together; the first is what engines open.
        input: What its input takes.
        output: What its output gives.
        contract: How pictures become the input, if the `.tflite` file said.
        labels: Class names in the order of the output; empty if it had none.
        source: `file` and `sha256` of the `.tflite` file, and `converter`, what converted it.
        decision: What the scores mean, if the `.tflite` file said.
        gives_probabilities: Whether the scores are probabilities already.
        normalization: How a pixel becomes the input's real value.
    """

    files: tuple[str, ...]
    input: TensorSpec
    output: TensorSpec
    contract: Contract | None
    labels: tuple[str, ...]
    source: Mapping[str, str]
    decision: Decision | None = None
    gives_probabilities: bool = False
    normalization: Normalization = RAW

    def write(self, folder: str | os.PathLike[str]) -> str:
        """Writes the description beside the files; returns its path."""
        path = beside(pathlib.Path(folder) / self.files[0])
        write_json(path, self.document())
        return path

    def document(self) -> JsonObject:
        """Returns what `read` reads."""
        contract = None if self.contract is None else json.loads(self.contract.to_json())
        decision = None if self.decision is None else json.loads(self.decision.to_json())
        tensors = {name: _described(spec) for name, spec in (("input", self.input), ("output", self.output))}
        known = {"contract": contract, "decision": decision, "normalization": dataclasses.asdict(self.normalization)}
        return {"version": VERSION, **vars(self), **tensors, **known}

    def model_file(self, path: str) -> ModelFile:
        """Returns what engines tell of a model before they open it.

        Args:
            path: The first file.

        Raises:
            SuiteError: If one of the files is missing.
        """
        folder = pathlib.Path(path).parent
        for name in self.files:
            if not os.path.isfile(folder / name):
                raise SuiteError(f"'{path}': its file '{name}' is missing. Keep the exported files together")
        size = sum((folder / name).stat().st_size for name in self.files)
        says = self.decision, self.gives_probabilities, self.normalization
        return ModelFile(size, self.contract, self.labels, self.input.shape, self.output.shape, *says)


def beside(path: str | os.PathLike[str]) -> str:
    """Returns where the description of a model lies."""
    return f"{os.fspath(path)}.json"


def read(path: str) -> ExportedFile:
    """Reads the description of a model; the text may come from a hostile file.

    Args:
        path: The model's first file.

    Raises:
        SuiteError: If it is missing or damaged.
    """
    if not os.path.isfile(path):
        raise ArgumentError("model", f"no such file '{path}'")
    where = beside(path)
    try:
        values: Any = json.loads(pathlib.Path(where).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise SuiteError(
            f"'{path}': no '{os.path.basename(where)}' beside it, which tells its input and labels; export writes it. "
            "Keep them together, or export again"
        ) from None
    except (OSError, ValueError, RecursionError) as error:
        raise SuiteError(f"'{where}': not JSON: {error}") from error
    try:
        if values["version"] != VERSION:
            raise SuiteError(f"'{where}': this release reads version {VERSION} only. Export again")
        contract, decision = values["contract"], values.get("decision")
        return ExportedFile(
            _names(values["files"]),
            _tensor(values["input"]),
            _tensor(values["output"]),
            None if contract is None else contract_module.from_json(json.dumps(contract)),
            tuple(str(label) for label in values["labels"]),
            {str(key): str(value) for key, value in values["source"].items()},
            None if decision is None else decision_module.from_json(json.dumps(decision)),
            bool(values.get("gives_probabilities", False)),
            _normalization(values["normalization"]),
        )
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise SuiteError(f"'{where}': no description of an exported model: {error!r}. Export again") from error


def _names(values: Sequence[object]) -> tuple[str, ...]:
    names = tuple(str(name) for name in values)
    if not names or any(os.path.basename(name) != name or not name for name in names):
        raise ValueError(f"files: {values!r}")
    return names


def _normalization(values: Document) -> Normalization:
    mean, std = (tuple(float(value) for value in values[name]) for name in ("mean", "std"))
    source = values["source"]
    if source not in SOURCES:
        raise ValueError(f"normalization.source: {source!r}")
    return Normalization(mean, std, source, str(values["problem"]))


def _described(spec: TensorSpec) -> JsonObject:
    return {name: getattr(spec, name) for name in ("name", "shape", "dtype", "scale", "zero_point")}


def _tensor(values: Document) -> TensorSpec:
    return TensorSpec.per_tensor(
        str(values["name"]),
        tuple(int(size) for size in values["shape"]),
        str(values["dtype"]),
        float(values["scale"]),
        int(values["zero_point"]),
    )
