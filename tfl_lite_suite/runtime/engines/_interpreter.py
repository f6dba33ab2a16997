"""What tflite-runtime and LiteRT share: the same `Interpreter` class."""

import dataclasses
import os
import sys
from collections.abc import Sequence

import numpy as np

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.core.types import Array, Document, ForeignObject
from tfl_lite_suite.runtime import isolation
from tfl_lite_suite.runtime.session import Engine, Kernels, ModelFile, Session
from tfl_lite_suite.tflite import limits, normalization
from tfl_lite_suite.tflite.file import TfliteFile
from tfl_lite_suite.tflite.graph import TensorSpec

_RESOLVERS: dict[Kernels, str] = {
    "default": "AUTO",
    "builtin": "BUILTIN_WITHOUT_DEFAULT_DELEGATES",
    "reference": "BUILTIN_REF",
}
_READING_BYTES, _READING_SECONDS = 512 << 20, 10


@dataclasses.dataclass(frozen=True)
class InterpreterEngine(Engine):
    """A package with TensorFlow Lite's `Interpreter`."""

    def inspect(self, path: str) -> ModelFile:
        """Reads a `.tflite` file in a process with limits, for it may be hostile; see `Engine.inspect`."""
        if "tensorflow" in sys.modules:
            # Its threads do not survive a fork; the reader's own budget has to do.
            return _inspected(path)
        size = os.path.getsize(path) if os.path.isfile(path) else 0
        allowed = isolation.Limits(_READING_BYTES + size, _READING_SECONDS)
        found: ModelFile = isolation.call(lambda emit: _inspected(path), f"reading '{path}'", limits=allowed)
        return found

    def open(self, path: str, *, threads: int = 1, kernels: Kernels = "default") -> Session:
        """Opens a `.tflite` file; see `Engine.open`."""
        module = self.load()
        resolver = getattr(module.OpResolverType, _RESOLVERS[kernels])
        try:
            interpreter = module.Interpreter(
                model_path=path, num_threads=threads, experimental_op_resolver_type=resolver
            )
        except (ValueError, RuntimeError) as error:
            raise SuiteError(f"'{path}': {self.name} {self.version} refuses the file: {error}") from error
        return InterpreterSession(interpreter, path, f"{self.name} {self.version}")


def _inspected(path: str) -> ModelFile:
    file = TfliteFile.read(path)
    limits.check_claims(file)
    taken, given = (specs[0].shape if specs else () for specs in (file.inputs, file.outputs))
    probabilities = bool(file.outputs) and file.gives_probabilities
    says = file.decision, probabilities, normalization.of_file(file)
    return ModelFile(file.file_bytes, file.contract, file.labels, taken, given, *says)


class InterpreterSession(Session):
    """A `.tflite` file in an `Interpreter`."""

    def __init__(self, interpreter: ForeignObject, path: str, engine: str) -> None:
        for details in interpreter.get_input_details():
            _check_static(details, path)
        try:
            interpreter.allocate_tensors()
        except (ValueError, RuntimeError) as error:
            raise SuiteError(f"'{path}': {engine} cannot prepare it: {error}") from error
        self._interpreter = interpreter
        self.inputs = _specs(interpreter.get_input_details())
        self.outputs = _specs(interpreter.get_output_details())
        if not self.outputs:
            raise SuiteError(f"'{path}': the model has no output; there is nothing to compute")
        self.run = interpreter.invoke
        self._input_index = interpreter.get_input_details()[0]["index"] if self.inputs else -1
        self._output_index = interpreter.get_output_details()[0]["index"] if self.outputs else -1

    def set_input(self, tensor: Array) -> None:
        """Copies a tensor into the interpreter's arena."""
        self._interpreter.set_tensor(self._input_index, tensor)

    def take_batches(self, size: int) -> int:
        """See `Session.take_batches`."""
        self._interpreter.resize_tensor_input(self._input_index, [size, *self.input.shape[1:]])
        self._interpreter.allocate_tensors()
        return size

    def get_output(self) -> Array:
        """Returns a copy of the first output tensor."""
        return np.asarray(self._interpreter.get_tensor(self._output_index))

    @property
    def arena_bytes(self) -> int | None:
        """Bytes from the first to the last activation tensor; `None` where a delegate hides its own.

        Weights that are unpacked once are kept elsewhere, and are added.
        """
        operators = self._interpreter._get_ops_details()
        if any(operator["op_name"] in ("DELEGATE", "TfLiteXNNPackDelegate") for operator in operators):
            return None
        computed = {int(index) for operator in operators for index in operator["outputs"]}
        computed |= {int(details["index"]) for details in self._interpreter.get_input_details()}
        unpacking = (item for item in operators if item["op_name"] in ("DEQUANTIZE", "DENSIFY"))
        kept = {int(item["outputs"][0]) for item in unpacking if int(item["inputs"][0]) not in computed}
        changing = computed - kept
        views = {index: self._interpreter.tensor(index)() for index in computed}
        starts = {index: views[index].__array_interface__["data"][0] for index in changing}
        if not starts:
            return None
        span = max(start + views[index].nbytes for index, start in starts.items()) - min(starts.values())
        return int(span + sum(views[index].nbytes for index in kept))

    def close(self) -> None:
        """Frees the interpreter."""
        del self.run, self._interpreter


def _specs(details: Sequence[Document]) -> tuple[TensorSpec, ...]:
    return tuple(
        TensorSpec.per_tensor(
            name=str(item["name"]),
            shape=tuple(int(size) for size in item["shape"]),
            dtype=np.dtype(item["dtype"]).name,
            scale=float(item["quantization"][0]),
            zero_point=int(item["quantization"][1]),
        )
        for item in details
    )


def _check_static(details: Document, path: str) -> None:
    """Refuses an input with an open dimension other than the batch, which the interpreter sets to 1."""
    signature = [int(size) for size in details.get("shape_signature", details["shape"])]
    if any(size < 1 for size in signature[1:]) or any(int(size) < 1 for size in details["shape"]):
        raise SuiteError(
            f"'{path}': input '{details['name']}' has a dynamic shape {signature}. "
            "Convert the model with a fixed height, width and channel count"
        )
