"""MNN, on the processor alone, computing in float32 what is float32."""

import dataclasses
from typing import Any

import numpy as np

from tfl_lite_suite.errors import SuiteError
from tfl_lite_suite.runtime.engines._exported import ExportedEngine
from tfl_lite_suite.runtime.exported_file import ExportedFile
from tfl_lite_suite.runtime.session import Session

# HintMode::WINOGRAD_MEMORY_LEVEL. Its larger tiles round: SqueezeNet's logits differed by 2e-3, at level 0 by 2e-5.
_WINOGRAD_LEVEL = 3


@dataclasses.dataclass(frozen=True)
class MnnEngine(ExportedEngine):
    """The package `mnn`."""

    def session(self, module: Any, path: str, file: ExportedFile, threads: int) -> Session:
        """Opens an `.mnn` file; see `ExportedEngine.session`."""
        try:
            interpreter = module.Interpreter(path)
            interpreter.setSessionHint(_WINOGRAD_LEVEL, 0)
            native = interpreter.createSession({"backend": "CPU", "numThread": threads})
            return MnnSession(module, interpreter, native, file)
        except Exception as error:  # It raises plain ones.
            raise self.refusal(path, error) from error


class MnnSession(Session):
    """A model in MNN's interpreter."""

    def __init__(self, module: Any, interpreter: Any, native: Any, file: ExportedFile) -> None:
        self._module, self._interpreter, self._native = module, interpreter, native
        self.inputs, self.outputs = (file.input,), (file.output,)
        self._input, self._output = interpreter.getSessionInput(native), interpreter.getSessionOutput(native)
        shape = tuple(self._input.getShape())
        if shape != file.input.shape:
            raise SuiteError(f"its input has shape {list(shape)}, expected {list(file.input.shape)}")
        self.run = self._run
        self.set_input(np.zeros(file.input.shape, np.float32))
        self.run()

    def _run(self) -> None:
        status = self._interpreter.runSession(self._native)
        if status:
            raise SuiteError(f"MNN has no kernel for one of its operators (status {status})")

    def set_input(self, tensor: np.ndarray) -> None:
        """Copies a tensor into MNN's own."""
        self._input.copyFrom(self._host(np.ascontiguousarray(tensor)))

    def get_output(self) -> np.ndarray:
        """Returns a copy of the output."""
        host = self._host(np.zeros(self.output.shape, np.float32))
        self._output.copyToHostTensor(host)
        return np.array(host.getNumpyData(), np.float32).reshape(self.output.shape)

    def _host(self, values: np.ndarray) -> Any:
        module = self._module
        return module.Tensor(values.shape, module.Halide_Type_Float, values, module.Tensor_DimensionType_Tensorflow)

    def close(self) -> None:
        """Frees the session."""
        self._input = self._output = self._native = self._interpreter = None


ENGINE = MnnEngine("mnn", "mnn", "MNN", "mnn", ".mnn")
