"""A device reached by OpenSSH, such as a Raspberry Pi: the same verb runs there, its document comes back."""

import dataclasses
import json
import pathlib
import re
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any

from tfl_lite_suite.benchmark.job import Job
from tfl_lite_suite.benchmark.result import Comparison, Measurement
from tfl_lite_suite.core.errors import ArgumentError, SuiteError
from tfl_lite_suite.core.types import Document
from tfl_lite_suite.runtime import engines, exported_file
from tfl_lite_suite.runtime.remote import package
from tfl_lite_suite.runtime.remote.device import Device, Outcome
from tfl_lite_suite.runtime.remote.ssh import Address, Connection
from tfl_lite_suite.runtime.session import TFLITE
from tfl_lite_suite.runtime.targets import Target

_SUFFIX = re.compile(r"\.[A-Za-z0-9]{1,16}")
_EXPORTED = re.compile(r"(\.[A-Za-z0-9]{1,16}){1,3}")


class Ssh(Target):
    """A device behind an SSH server; connected to when it is first needed."""

    def __init__(self, address: str, wheels: str | None = None) -> None:
        """See `Target`; the address is `[USER@]HOST[:PORT]`."""
        super().__init__(address, wheels)
        self._where = Address.parse(address)
        self._packages: list[str] = []
        self._connection: Connection | None = None
        self._device: Device | None = None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._connection is not None:
            self._connection.close()

    def engines(self, names: list[str] | None) -> list[str]:
        """See `Target`: those asked for are installed on the device; else the device has its `[pi]` extra's."""
        self._packages = [engines.get(name).package for name in names or []]
        return names or [""]

    def benchmark(self, job: Job, *, curve: bool = False) -> Measurement:
        """See `Target`."""
        model = _Copy("model", job.model)
        sustain = [f"--sustain={job.min_seconds}s"] if curve else []
        outcome = self.run("benchmark", [f"--model={model.place}", *_flags(job), *sustain], [model])
        return Measurement.from_document({**self.document(outcome), "model": job.model}, str(self._where))

    def compare(self, first: Job, second: Job) -> Comparison:
        """See `Target`."""
        models = [_Copy("first", first.model), _Copy("second", second.model)]
        flags = [f"--compare={models[0].place},{models[1].place}", *_flags(first)]
        found = Comparison.from_document(self.document(self.run("benchmark", flags, models)), str(self._where))
        if len(found.models) != 2:
            raise SuiteError(f"{self._where}: it sent no comparison of two models back")
        own = tuple(
            dataclasses.replace(entry, model=model.path) for entry, model in zip(found.models, models, strict=True)
        )
        return dataclasses.replace(found, models=own)

    def evaluate(
        self,
        model: str,
        files: dict[str, bytes],
        data_set: str | None,
        settings: Mapping[str, object],
        wanted: list[str],
    ) -> tuple[Document, dict[str, bytes]]:
        """See `Target`."""
        self.engines([str(settings["engine"])] if "engine" in settings else None)
        copy = _Copy("model", model)
        # A data set known by name is looked for in the suite's cache, which is the folder of inputs there.
        folder = data_set or "data"
        flags = [
            f"--model={copy.place}",
            f"--data={data_set or 'inputs/data'}",
            *(f"--{key}={value}" for key, value in settings.items()),
        ]
        flags += [f"--{key}={key}" for key in wanted]
        outcome = self.run("evaluate", flags, [copy], {folder: package.archive(files)}, wanted=wanted)
        return {**self.document(outcome), "model": model}, outcome.files

    def run(
        self,
        verb: str,
        flags: Sequence[str],
        models: Sequence["_Copy"],
        archives: dict[str, bytes] | None = None,
        **more: Any,
    ) -> Outcome:
        """Runs a verb on the device.

        Args:
            verb: Its name.
            flags: Its flags, without the target.
            models: The models that the flags name.
            archives: See `Device.run`.
            **more: See `Device.run`.

        Raises:
            SuiteError: If it cannot be run, or fails there; the message is the verb's own.
        """
        inputs = {name: content for model in models for name, content in model.files.items()}
        if self._device is None:
            self._connection = Connection(self._where)
            self._device = Device(self._connection, self.wheels, self._packages)
        outcome = self._device.run(verb, flags, inputs=inputs, archives=archives, **more)
        if outcome.status == 1:
            message = outcome.note.removeprefix("error: ")
            for model in models:
                message = message.replace(model.place, model.path)
            raise SuiteError(f"on {self._where}: {message}")
        return outcome

    def document(self, outcome: Outcome) -> Document:
        """Returns the document of a verb that ran, with this target in it.

        Raises:
            SuiteError: If the device sent none.
        """
        if not isinstance(outcome.document, dict):
            raise SuiteError(f"{self._where}: it sent no document back: {outcome.note}")
        return outcome.document | {"target": f"ssh:{self._where}"}


TARGET = Ssh


class _Copy:
    """A model as it is on the device, where no name is a user's.

    Attributes:
        path: The model's file here.
        files: Contents of its files by their names in the device's folder `inputs`; the first is what engines open.
    """

    def __init__(self, stem: str, path: str) -> None:
        if not pathlib.Path(path).is_file():
            raise ArgumentError("model", f"no such file '{path}'")
        self.path = path
        self.files = _files(stem, path)

    @property
    def place(self) -> str:
        """Where it is on the device."""
        return f"inputs/{next(iter(self.files))}"


def _files(stem: str, path: str) -> dict[str, bytes]:
    file = pathlib.Path(path)
    if engines.format_of(path) == TFLITE:
        # Of the name only the suffix tells an engine anything.
        return {stem + (file.suffix if _SUFFIX.fullmatch(file.suffix) else ""): file.read_bytes()}
    described = exported_file.read(path)
    described.model_file(path)
    own = described.files[0].removesuffix(engines.get(engines.names_for(path)[0]).suffix)
    names = {name: stem + name.removeprefix(own) for name in described.files}
    if not all(_EXPORTED.fullmatch(name.removeprefix(stem)) for name in names.values()):
        raise SuiteError(f"'{path}': its files {list(names)} are not named as export names them. Export again")
    found = {new: (file.parent / name).read_bytes() for name, new in names.items()}
    description = dataclasses.replace(described, files=tuple(names.values())).document()
    return found | {exported_file.beside(names[described.files[0]]): json.dumps(description).encode()}


def _flags(job: Job) -> list[str]:
    engine = [f"--engine={job.engine}"] if job.engine else []
    return [
        *engine,
        f"--threads={job.threads}",
        f"--kernels={job.kernels}",
        f"--runs={job.runs}",
        f"--min_seconds={job.min_seconds}",
        f"--seed={job.seed}",
        *(["--profile"] if job.profile else []),
    ]
