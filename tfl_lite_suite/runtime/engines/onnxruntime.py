"""ONNX Runtime, on the processor alone."""

import dataclasses
import functools
import json
import os
import pathlib
import tempfile
import time
from typing import Any

import numpy as np

from tfl_lite_suite.core.types import Array, ForeignObject
from tfl_lite_suite.runtime.engines._exported import ExportedEngine
from tfl_lite_suite.runtime.exported_file import ExportedFile
from tfl_lite_suite.runtime.profiling import ProfiledSession, Trace

_ERRORS_ONLY = 3
# How the trace names a whole run, and ends the name of an operator's.
_RUN, _NODE = "model_run", "_kernel_time"


@dataclasses.dataclass(frozen=True)
class OnnxRuntimeEngine(ExportedEngine):
    """The package `onnxruntime`."""

    def session(
        self, module: ForeignObject, path: str, file: ExportedFile, threads: int, *, profiled: bool = False
    ) -> ProfiledSession:
        """Opens an `.onnx` file; see `ExportedEngine.session`."""
        options = module.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
        options.log_severity_level = _ERRORS_ONLY
        options.enable_profiling = profiled
        options.profile_file_prefix = os.path.join(tempfile.gettempdir(), f"tfl_lite_suite_{os.getpid()}")
        try:
            return OnnxSession(module.InferenceSession(path, options, providers=["CPUExecutionProvider"]), file)
        except Exception as error:  # Its exceptions have no common class of their own.
            raise self.refusal(path, error) from error


class OnnxSession(ProfiledSession):
    """An `.onnx` file, with its input and output bound to arrays, so that a run copies neither."""

    def __init__(self, session: ForeignObject, file: ExportedFile) -> None:
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

    def set_input(self, tensor: Array) -> None:
        """Copies a tensor into the bound array."""
        np.copyto(self._input, tensor)

    def get_output(self) -> Array:
        """Returns a copy of the output."""
        return self._output.copy()

    def profile(self, runs: int) -> Trace:
        """See `ProfiledSession.profile`."""
        run_ns = []
        for _ in range(runs):
            begin = time.perf_counter_ns()
            self.run()
            run_ns.append(time.perf_counter_ns() - begin)
        trace = pathlib.Path(self._session.end_profiling())
        events = json.loads(trace.read_text(encoding="utf-8"))
        trace.unlink()
        recorded: list[list[Any]] = [[]]
        for event in events:
            if event["name"] == _RUN:
                recorded.append([])
            elif event["cat"] == "Node" and event["name"].endswith(_NODE):
                recorded[-1].append(event)
        # Runs before these were recorded as well; an empty list follows the last.
        recorded = recorded[-runs - 1 : -1]
        operators = [(event["name"].removesuffix(_NODE), event["args"]["op_name"]) for event in recorded[0]]
        times = np.array([[1000 * event["dur"] for event in run] for run in recorded], np.int64)
        return Trace("ONNX Runtime's profiler", 1000, operators, times, np.array(run_ns, np.int64))

    def close(self) -> None:
        """Frees the session."""
        del self.run, self._session


ENGINE = OnnxRuntimeEngine("onnxruntime", "onnxruntime", "onnxruntime", "onnx", ".onnx")
