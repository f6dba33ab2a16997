"""A device reached by OpenSSH, such as a Raspberry Pi: the same verb runs there, its document comes back."""

import pathlib
import re
from collections.abc import Sequence
from types import TracebackType
from typing import Any

from tfl_lite_suite.errors import SuiteError
from tfl_lite_suite.runtime import engines
from tfl_lite_suite.runtime.job import Job
from tfl_lite_suite.runtime.remote import package
from tfl_lite_suite.runtime.remote.device import Device, Outcome
from tfl_lite_suite.runtime.remote.ssh import Address, Connection
from tfl_lite_suite.runtime.session import TFLITE
from tfl_lite_suite.runtime.targets import Target

_SUFFIX = re.compile(r"\.[A-Za-z0-9]{1,16}")


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
        for name in names or []:
            if engines.get(name).format != TFLITE:
                raise SuiteError(f"--engine: {name} runs on this machine only, not yet over ssh")
        self._packages = [engines.get(name).package for name in names or []]
        return names or [""]

    def benchmark(self, job: Job, *, curve: bool = False) -> dict[str, Any]:
        """See `Target`."""
        name = _name("model", job.model)
        sustain = [f"--sustain={job.min_seconds}s"] if curve else []
        outcome = self.run("benchmark", [f"--model=inputs/{name}", *_flags(job), *sustain], {name: job.model})
        return self.document(outcome) | {"model": job.model}

    def compare(self, first: Job, second: Job) -> dict[str, Any]:
        """See `Target`."""
        names = [_name("first", first.model), _name("second", second.model)]
        models = [first.model, second.model]
        flags = [f"--compare=inputs/{names[0]},inputs/{names[1]}", *_flags(first)]
        document = self.document(self.run("benchmark", flags, dict(zip(names, models, strict=True))))
        for entry, model in zip(document["models"], models, strict=True):
            entry["model"] = model
        return document

    def evaluate(
        self, model: str, files: dict[str, bytes], data_set: str | None, settings: dict[str, Any], wanted: list[str]
    ) -> tuple[dict[str, Any], dict[str, bytes]]:
        """See `Target`."""
        self.engines([settings["engine"]] if "engine" in settings else None)
        name = _name("model", model)
        # A data set known by name is looked for in the suite's cache, which is the folder of inputs there.
        folder = data_set or "data"
        flags = [
            f"--model=inputs/{name}",
            f"--data={data_set or 'inputs/data'}",
            *(f"--{key}={value}" for key, value in settings.items()),
        ]
        flags += [f"--{key}={key}" for key in wanted]
        outcome = self.run("evaluate", flags, {name: model}, {folder: package.archive(files)}, wanted=wanted)
        return self.document(outcome) | {"model": model}, outcome.files

    def run(
        self,
        verb: str,
        flags: Sequence[str],
        models: dict[str, str],
        archives: dict[str, bytes] | None = None,
        **more: Any,
    ) -> Outcome:
        """Runs a verb on the device.

        Args:
            verb: Its name.
            flags: Its flags, without the target.
            models: Files of this machine by the names that they get in the device's folder `inputs`.
            archives: See `Device.run`.
            **more: See `Device.run`.

        Raises:
            SuiteError: If it cannot be run, or fails there; the message is the verb's own.
        """
        inputs = {}
        for name, path in models.items():
            if not pathlib.Path(path).is_file():
                raise SuiteError(f"--model: no such file '{path}'")
            inputs[name] = pathlib.Path(path).read_bytes()
        if self._device is None:
            self._connection = Connection(self._where)
            self._device = Device(self._connection, self.wheels, self._packages)
        outcome = self._device.run(verb, flags, inputs=inputs, archives=archives, **more)
        if outcome.status == 1:
            message = outcome.note.removeprefix("error: ")
            for name, path in models.items():
                message = message.replace(f"inputs/{name}", path)
            raise SuiteError(f"on {self._where}: {message}")
        return outcome

    def document(self, outcome: Outcome) -> dict[str, Any]:
        """Returns the document of a verb that ran, with this target in it.

        Raises:
            SuiteError: If the device sent none.
        """
        if not isinstance(outcome.document, dict):
            raise SuiteError(f"{self._where}: it sent no document back: {outcome.note}")
        return outcome.document | {"target": f"ssh:{self._where}"}


TARGET = Ssh


def _name(stem: str, model: str) -> str:
    """Returns what a model is called on the device: only its suffix, if that is harmless, tells an engine anything."""
    suffix = pathlib.Path(model).suffix
    return stem + (suffix if _SUFFIX.fullmatch(suffix) else "")


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
