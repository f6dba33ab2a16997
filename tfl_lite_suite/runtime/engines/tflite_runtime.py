"""tflite-runtime, the interpreter without TensorFlow; its wheels stop at Python 3.11."""

import dataclasses

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.runtime.engines._interpreter import InterpreterEngine
from tfl_lite_suite.runtime.profiling import ProfiledSession
from tfl_lite_suite.runtime.session import Kernels


@dataclasses.dataclass(frozen=True)
class TfliteRuntimeEngine(InterpreterEngine):
    """The package `tflite-runtime`."""

    def open_profiled(self, path: str, *, threads: int = 1, kernels: Kernels = "default") -> ProfiledSession:
        """Refuses: the package has no profiler."""
        raise SuiteError(
            f"not given by {self.name}. Use `engine=litert`; with `kernels=builtin` it has the same kernels"
        )


ENGINE = TfliteRuntimeEngine(name="tflite_runtime", package="tflite-runtime", module="tflite_runtime.interpreter")
