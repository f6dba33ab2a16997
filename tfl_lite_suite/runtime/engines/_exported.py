"""What engines share that run exported files: the description beside the file, and one choice of kernels."""

import abc
import dataclasses

from tfl_lite_suite.core.errors import ArgumentError, SuiteError
from tfl_lite_suite.runtime import exported_file
from tfl_lite_suite.runtime.exported_file import ExportedFile
from tfl_lite_suite.runtime.profiling import ProfiledSession
from tfl_lite_suite.runtime.session import Engine, Kernels, ModelFile, Session


@dataclasses.dataclass(frozen=True)
class ExportedEngine(Engine):
    """An engine with a format of its own."""

    def inspect(self, path: str) -> ModelFile:
        """Reads the description beside a file; see `Engine.inspect`."""
        return self._read(path).model_file(path)

    def open(self, path: str, *, threads: int = 1, kernels: Kernels = "default") -> Session:
        """Opens an exported file; see `Engine.open`."""
        file = self._described(path, kernels)
        return self.session(self.load(), path, file, threads)

    def open_profiled(self, path: str, *, threads: int = 1, kernels: Kernels = "default") -> ProfiledSession:
        """Opens an exported file; see `Engine.open_profiled`."""
        file = self._described(path, kernels)
        return self.session(self.load(), path, file, threads, profiled=True)

    def _described(self, path: str, kernels: Kernels) -> ExportedFile:
        if kernels != "default":
            raise ArgumentError("kernels", f"{self.name} has no choice of kernels. Received: '{kernels}'")
        file = self._read(path)
        file.model_file(path)
        return file

    def _read(self, path: str) -> ExportedFile:
        if not path.endswith(self.suffix):
            raise SuiteError(
                f"'{path}': {self.name} runs {self.suffix} files. Write one with: "
                f"python -m tfl_lite_suite.export --model=FILE.tflite --to={self.format} --output_dir=DIR"
            )
        return exported_file.read(path)

    def refusal(self, path: str, why: object) -> SuiteError:
        """Returns the error for a file that the runtime does not take."""
        return SuiteError(f"'{path}': {self.name} {self.version} refuses the file: {why}")

    @abc.abstractmethod
    def session(
        self, module: object, path: str, file: ExportedFile, threads: int, *, profiled: bool = False
    ) -> ProfiledSession:
        """Opens a file.

        Args:
            module: The runtime's module.
            path: The model's first file.
            file: Its description.
            threads: Threads that the runtime may use.
            profiled: Whether its operators are to be timed.

        Raises:
            SuiteError: If the runtime refuses the file.
        """
