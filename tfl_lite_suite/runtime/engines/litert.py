"""LiteRT, TensorFlow Lite's successor (`ai-edge-litert`)."""

import dataclasses

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.runtime.engines._interpreter import InterpreterEngine
from tfl_lite_suite.runtime.profiling import ProfiledSession
from tfl_lite_suite.runtime.session import Kernels

# Before, the library's functions took other arguments.
_PROFILER_SINCE = (2, 2)


@dataclasses.dataclass(frozen=True)
class LitertEngine(InterpreterEngine):
    """The package `ai-edge-litert`."""

    def open_profiled(self, path: str, *, threads: int = 1, kernels: Kernels = "default") -> ProfiledSession:
        """Opens a `.tflite` file with LiteRT's profiler; see `Engine.open_profiled`."""
        self.require()
        if tuple(int(number) for number in self.version.split(".")[:2]) < _PROFILER_SINCE:
            raise SuiteError(f"not given by {self.name} {self.version}: it has no profiler before version 2.2")
        if kernels == "reference":
            # The library (2.3) accepts the wish and runs the builtin kernels.
            raise SuiteError(f"not given by {self.name} for the reference kernels. Use `kernels=builtin`, or default")
        from tfl_lite_suite.runtime.engines._litert_profiler import LitertProfiledSession

        return LitertProfiledSession(path, threads, kernels)


ENGINE = LitertEngine(
    name="litert", package="ai-edge-litert", module="ai_edge_litert.interpreter", beside_tensorflow=True
)
