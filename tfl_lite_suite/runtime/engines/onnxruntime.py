"""ONNX Runtime, on the processor alone."""

import dataclasses
import functools
from typing import Any

import numpy as np

from tfl_lite_suite.runtime.engines._exported import ExportedEngine
from tfl_lite_suite.runtime.exported_file import ExportedFile
from tfl_lite_suite.runtime.session import Session

_ERRORS_ONLY = 3


@dataclasses.dataclass(frozen=True)
class OnnxRuntimeEngine(ExportedEngine):
    """The package `onnxruntime`."""

    def session(self, module: Any, path: str, file: ExportedFile, threads: int) -> Session:
        """Opens an `.onnx` file; see `ExportedEngine.session`."""
        options = module.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
        options.log_severity_level = _ERRORS_ONLY
        try:
            return OnnxSession(module.InferenceSession(path, options, providers=["CPUExecutionProvider"]), file)
        except Exception as error:  # Its exceptions have no common class of their own.
            raise self.refusal(path, error) from error


class OnnxSession(Session):
    """An `.onnx` file, with its input and output bound to arrays, so that a run copies neither."""

    def __init__(self, session: Any, file: ExportedFile) -> None:
        self._session = session
        self.inputs, self.outputs = (file.input,), (file.output,)
        self._input, self._output = (np.zeros(spec.shape, spec.dtype) for spec in (file.input, file.output))
        binding = session.io_binding()
        for bind, values, name in (
            (binding.bind_input, self._input, session.get_inputs()[0].name),
            (binding.bind_output, self._output, session.get_outputs()[0].name),
        ):
            bind(name, "cpu", 0, values.dtype, values.shape, values.ctypes.data)
        self.run = functools.partial(session.run_with_iobinding, binding)
        self.run()

    def set_input(self, tensor: np.ndarray) -> None:
        """Copies a tensor into the bound array."""
        np.copyto(self._input, tensor)

    def get_output(self) -> np.ndarray:
        """Returns a copy of the output."""
        return self._output.copy()

    def close(self) -> None:
        """Frees the session."""
        del self.run, self._session


ENGINE = OnnxRuntimeEngine("onnxruntime", "onnxruntime", "onnxruntime", "onnx", ".onnx")
