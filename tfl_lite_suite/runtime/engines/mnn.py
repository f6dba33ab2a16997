"""MNN, on the processor alone, computing in float32 what is float32."""

import dataclasses
import time

import numpy as np

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.core.types import Array, ForeignObject
from tfl_lite_suite.runtime.engines._exported import ExportedEngine
from tfl_lite_suite.runtime.exported_file import ExportedFile
from tfl_lite_suite.runtime.profiling import ProfiledSession, Trace

# HintMode::WINOGRAD_MEMORY_LEVEL. Its larger tiles round: SqueezeNet's logits differed by 2e-3, at level 0 by 2e-5.
_WINOGRAD_LEVEL = 3


@dataclasses.dataclass(frozen=True)
class MnnEngine(ExportedEngine):
    """The package `mnn`."""

    def session(
        self, module: ForeignObject, path: str, file: ExportedFile, threads: int, *, profiled: bool = False
    ) -> ProfiledSession:
        """Opens an `.mnn` file; see `ExportedEngine.session`."""
        try:
            interpreter = module.Interpreter(path)
            interpreter.setSessionHint(_WINOGRAD_LEVEL, 0)
            native = interpreter.createSession({"backend": "CPU", "numThread": threads})
            return MnnSession(module, interpreter, native, file)
        except Exception as error:  # It raises plain ones.
            raise self.refusal(path, error) from error


class MnnSession(ProfiledSession):
    """A model in MNN's interpreter."""

    def __init__(
        self, module: ForeignObject, interpreter: ForeignObject, native: ForeignObject, file: ExportedFile
    ) -> None:
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

    def set_input(self, tensor: Array) -> None:
        """Copies a tensor into MNN's own."""
        self._input.copyFrom(self._host(np.ascontiguousarray(tensor)))

    def get_output(self) -> Array:
        """Returns a copy of the output."""
        host = self._host(np.zeros(self.output.shape, np.float32))
        self._output.copyToHostTensor(host)
        return np.array(host.getNumpyData(), np.float32).reshape(self.output.shape)

    def _host(self, values: Array) -> ForeignObject:
        module = self._module
        return module.Tensor(values.shape, module.Halide_Type_Float, values, module.Tensor_DimensionType_Tensorflow)

    def profile(self, runs: int) -> Trace:
        """See `ProfiledSession.profile`."""
        recorded = [self._time_operators(skip=False) for _ in range(runs)]
        # An operator that is skipped costs just its two calls into Python.
        skipped = [self._time_operators(skip=True) for _ in range(runs)]
        times, overhead = (np.array([run[1] for run in every], np.int64) for every in (recorded, skipped))
        times = np.maximum(times - np.median(overhead, axis=0).astype(np.int64), 0)
        method = "MNN's calls before and after each operator, less what the calls themselves take"
        return Trace(method, 1, recorded[0][0], times, np.array([run[2] for run in recorded], np.int64))

    def _time_operators(self, skip: bool) -> tuple[list[tuple[str, str]], list[int], int]:
        """Runs once; returns name and type of each operator, its nanoseconds, and those of the whole run."""
        operators, times, clock = list[tuple[str, str]](), list[int](), time.perf_counter_ns
        started = 0

        def before(tensors: object, operator: object) -> bool:
            nonlocal started
            started = clock()
            return not skip

        def after(tensors: object, operator: ForeignObject) -> bool:
            times.append(clock() - started)
            operators.append((operator.getName(), operator.getType()))
            return True

        begin = clock()
        self._interpreter.runSessionWithCallBackInfo(self._native, before, after)
        return operators, times, clock() - begin

    def close(self) -> None:
        """Frees the session."""
        self._input = self._output = self._native = self._interpreter = None


ENGINE = MnnEngine("mnn", "mnn", "MNN", "mnn", ".mnn")
