"""The interface that every inference engine implements.

An `Engine` names a runtime and opens model files; a `Session` is one opened model. `engines` finds the engines by
name. Nothing here imports a runtime: that happens in `Engine.open`.
"""

import abc
import dataclasses
import importlib
import importlib.util
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

from tfl_lite_suite.core.contract import Contract
from tfl_lite_suite.core.errors import ArgumentError, SuiteError
from tfl_lite_suite.core.types import Array, ForeignObject
from tfl_lite_suite.tflite.graph import TensorSpec
from tfl_lite_suite.tflite.normalization import RAW, Normalization

if TYPE_CHECKING:
    from tfl_lite_suite.core.decision import Decision
    from tfl_lite_suite.runtime.profiling import ProfiledSession

Kernels = Literal["default", "builtin", "reference"]
TFLITE = "tflite"


class Session(abc.ABC):
    """One model, opened by one engine and ready to run.

    Attributes:
        inputs: Specifications of the input tensors.
        outputs: Specifications of the output tensors.
        run: Runs the model on what `set_input` left there. A plain callable, so that a timing loop adds nothing to it.
    """

    inputs: tuple[TensorSpec, ...]
    outputs: tuple[TensorSpec, ...]
    run: Callable[[], object]

    @property
    def input(self) -> TensorSpec:
        """The only input tensor.

        Raises:
            SuiteError: If the model has several inputs.
        """
        if len(self.inputs) != 1:
            names = ", ".join(f"{spec.name} {list(spec.shape)}" for spec in self.inputs)
            raise SuiteError(f"the model has {len(self.inputs)} inputs ({names}); an image classifier has one")
        return self.inputs[0]

    @property
    def output(self) -> TensorSpec:
        """The only output tensor.

        Raises:
            SuiteError: If the model has several outputs.
        """
        if len(self.outputs) != 1:
            names = ", ".join(f"{spec.name} {list(spec.shape)}" for spec in self.outputs)
            raise SuiteError(f"the model has {len(self.outputs)} outputs ({names}); an image classifier has one")
        return self.outputs[0]

    @abc.abstractmethod
    def set_input(self, tensor: Array) -> None:
        """Copies a tensor into the engine's own input buffer.

        Args:
            tensor: An array of exactly the input's shape and dtype.
        """

    @abc.abstractmethod
    def get_output(self) -> Array:
        """Returns a copy of the first output tensor of the last run."""

    def invoke(self, tensor: Array) -> Array:
        """Runs the model once.

        Args:
            tensor: An array of exactly the input's shape and dtype.

        Returns:
            A copy of the first output tensor, in the file's own dtype.
        """
        self.set_input(tensor)
        self.run()
        return self.get_output()

    def take_batches(self, size: int) -> int:
        """Has each run take several pictures, where the engine can do so.

        Args:
            size: How many; the network must not fix the number itself.

        Returns:
            How many pictures a run takes from now on.
        """
        return 1

    @property
    def arena_bytes(self) -> int | None:
        """Bytes of the arena that holds the activations, where the engine tells; else `None`."""
        return None

    @abc.abstractmethod
    def close(self) -> None:
        """Frees the engine's memory; the session cannot be used after it."""


@dataclasses.dataclass(frozen=True)
class ModelFile:
    """What a model's file says of itself, read without a runtime.

    Attributes:
        file_bytes: Its size; of all its files, where a model is several.
        contract: Its preprocessing contract, if it has one.
        labels: Class names in the order of the output; empty if it has none.
        input_shape: Dimensions of the first input.
        output_shape: Dimensions of the first output.
        decision: What the scores mean, if the file says.
        gives_probabilities: Whether the scores are probabilities already.
        normalization: How a pixel becomes the real value that the first input takes.
    """

    file_bytes: int
    contract: Contract | None
    labels: tuple[str, ...]
    input_shape: tuple[int, ...]
    output_shape: tuple[int, ...]
    decision: "Decision | None" = None
    gives_probabilities: bool = False
    normalization: Normalization = RAW


@dataclasses.dataclass(frozen=True)
class Engine(abc.ABC):
    """A runtime for models.

    Attributes:
        name: What `--engine` calls it.
        package: Its package on PyPI.
        module: The module that is imported to use it.
        format: What `export --to` calls the files it runs.
        suffix: How their names end.
        beside_tensorflow: Whether it works in a process that has TensorFlow loaded; the symbols of others collide.
    """

    name: str
    package: str
    module: str
    format: str = TFLITE
    suffix: str = ".tflite"
    beside_tensorflow: bool = False

    def available(self) -> bool:
        """Whether the runtime is installed; does not import it."""
        return importlib.util.find_spec(self.module.partition(".")[0]) is not None

    @property
    def version(self) -> str:
        """The installed version, such as `2.14.0`."""
        # Imported late: it takes a tenth of a small model's whole cold start.
        import importlib.metadata

        return importlib.metadata.version(self.package)

    def require_installed(self) -> None:
        """Checks that the runtime is there: enough for reading files, and for running them in another process.

        Raises:
            SuiteError: If it is not installed; the message says how to install it.
        """
        if not self.available():
            raise ArgumentError("engine", f"{self.name} is not installed{self._how_to_install()}")

    def require(self) -> None:
        """Checks that the runtime can be used in this process.

        Raises:
            SuiteError: If it is not installed, or TensorFlow is loaded here and its symbols collide with the runtime's.
        """
        self.require_installed()
        if "tensorflow" in sys.modules and not self.beside_tensorflow:
            raise SuiteError(f"{self.name} cannot run in a process that has TensorFlow loaded; use a child process")

    def load(self) -> ForeignObject:
        """Imports the runtime.

        Returns:
            Its module.

        Raises:
            SuiteError: If it is not installed or does not load.
        """
        self.require()
        try:
            return importlib.import_module(self.module)
        except ImportError as error:
            raise SuiteError(
                f"{self.name} {self.version} is installed but does not load: {error}. "
                "python -m tfl_lite_suite.doctor names versions that work together"
            ) from error

    def _how_to_install(self) -> str:
        from tfl_lite_suite.core import package_requirements

        extras = package_requirements.extras_with(self.package)
        if extras:
            return f". Install it with: pip install '{package_requirements.DISTRIBUTION}[{extras[0]}]'"
        python = ".".join(map(str, sys.version_info[:2]))
        return f", and no extra of {package_requirements.DISTRIBUTION} has {self.package} for Python {python}"

    @abc.abstractmethod
    def inspect(self, path: str) -> ModelFile:
        """Reads a model's file without the runtime and without trusting it.

        Args:
            path: The model's file.

        Raises:
            SuiteError: If it is missing, damaged, or no file of this engine's kind.
        """

    @abc.abstractmethod
    def open(self, path: str, *, threads: int = 1, kernels: Kernels = "default") -> Session:
        """Opens a model.

        Args:
            path: The model's file.
            threads: Threads that the runtime may use, at least 1.
            kernels: `default`, as the runtime comes (XNNPACK where it has it); `builtin`, its own optimized kernels
                without any delegate; `reference`, the plain kernels.

        Returns:
            A session with its tensors allocated.

        Raises:
            SuiteError: If the runtime cannot be loaded or refuses the file.
        """

    @abc.abstractmethod
    def open_profiled(self, path: str, *, threads: int = 1, kernels: Kernels = "default") -> "ProfiledSession":
        """Opens a model so that its operators can be timed.

        Args:
            path: The model's file.
            threads: See `open`.
            kernels: See `open`.

        Raises:
            SuiteError: As `open`, or if the runtime does not tell the time of single operators.
        """
