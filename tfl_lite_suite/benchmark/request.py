"""What a user asks `benchmark` for: a model, or two to compare, on engines and thread counts, here or on a device."""

import dataclasses
import os
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from tfl_lite_suite.benchmark.job import Job
from tfl_lite_suite.benchmark.result import Comparison, Measurement
from tfl_lite_suite.core.errors import ArgumentError, InvalidMeasurement, unknown_argument
from tfl_lite_suite.runtime import engines, exporting, fresh_network, targets
from tfl_lite_suite.runtime.session import TFLITE

if TYPE_CHECKING:
    from tfl_lite_suite.runtime.session import Kernels
    from tfl_lite_suite.runtime.targets import Target

_UNITS = {"s": 1, "m": 60, "h": 3600}


@dataclasses.dataclass(frozen=True)
class Request:
    """The values of the flags of `benchmark`, under the same names; see its `--help`.

    Attributes:
        network: Settings of `convert` for a model that is the name of a network.
    """

    model: str | None
    engine: Sequence[str] | None
    threads: Sequence[str]
    target: str
    wheels: str | None
    runs: int
    min_seconds: float
    sustain: str | None
    compare: Sequence[str] | None
    kernels: "Kernels"
    profile: bool
    count_instructions: bool
    accept_disturbed: bool
    seed: int
    network: Mapping[str, object]

    @property
    def network_name(self) -> str | None:
        """The model, where it is the name of a network and not a file."""
        is_file = not self.model or os.path.exists(self.model) or os.sep in self.model or "." in self.model
        return None if is_file or self.compare else self.model

    def measure(self) -> Measurement | Comparison | list[Measurement]:
        """Measures.

        Returns:
            One measurement; for a sweep a list of them; with `compare` the comparison.

        Raises:
            InvalidMeasurement: If it does not count; it holds what was measured.
            SuiteError: If it cannot be measured.
        """
        with targets.get(self.target, self.wheels) as target:
            if self.kernels not in target.kernels:
                raise unknown_argument("kernels", self.kernels, target.kernels, "value for this target")
            names = target.engines(self._engines())
            if self.compare:
                compared = self._compare(target, names[0])
                self._check([compared], compared)
                return compared
            begin = time.monotonic()
            path = self._model_file()
            files = [(_file_for(path, engine), engine) for engine in names]
            made_in = time.monotonic() - begin
            jobs = [self._job(file, engine, threads, made_in) for file, engine in files for threads in self._threads()]
            measured = [target.benchmark(job, curve=self.sustain is not None) for job in jobs]
            if self.count_instructions:
                measured = self._with_instructions(jobs, measured)
        found = measured if len(measured) > 1 else measured[0]
        self._check(measured, found)
        return found

    def _engines(self) -> list[str] | None:
        """The engines asked for; `None` leaves them to the target, but for a file that one engine alone runs."""
        first = (self.compare or [self.model or ""])[0]
        if self.engine or engines.format_of(first) == TFLITE:
            return list(self.engine) if self.engine else None
        return engines.names_for(first)

    def _job(self, model: str, engine: str, threads: int, made_in: float = 0.0) -> Job:
        seconds = max(self.min_seconds, _seconds(self.sustain) if self.sustain else 0)
        return Job(model, engine, threads, self.kernels, self.runs, seconds, None, self.seed, self.profile, made_in)

    def _compare(self, target: "Target", engine: str) -> Comparison:
        if self.compare is None or len(self.compare) != 2:
            raise ArgumentError(
                "compare", f"expected two files, as in `compare=a.tflite,b.tflite`. Received: {self.compare}"
            )
        if self.profile:
            raise ArgumentError("profile", "leave it out with `compare`, which times whole inferences only")
        for flag, values in (("engine", self.engine or ()), ("threads", self.threads)):
            if len(values) > 1:
                raise ArgumentError(flag, f"`compare` takes one value. Received: '{','.join(values)}'")
        models = [_file_for(path, engine) for path in self.compare]
        first = self._job(models[0], engine, self._threads()[0])
        return target.compare(first, dataclasses.replace(first, model=models[1]))

    def _with_instructions(self, jobs: Sequence[Job], measured: Sequence[Measurement]) -> list[Measurement]:
        """Adds what each model costs on an emulated ARM CPU."""
        from tfl_lite_suite.benchmark import instructions

        if self.target != "local":
            raise ArgumentError("count_instructions", "the emulator runs here; leave out `target`")
        return [
            dataclasses.replace(one, instructions=instructions.count(job))
            for job, one in zip(jobs, measured, strict=True)
        ]

    def _model_file(self) -> str:
        """The file to measure; a network's name is converted first, in a process of its own."""
        if not self.model:
            raise ArgumentError("model", "missing. Expected a .tflite file or the name of a network")
        return fresh_network.convert(self.network_name, self.network) if self.network_name else self.model

    def _threads(self) -> list[int]:
        for text in self.threads:
            if not text.strip().isdecimal() or not 1 <= int(text) <= 256:
                raise ArgumentError("threads", f"expected whole numbers from 1 to 256, as in 1,2,4. Received: '{text}'")
        return [int(text) for text in self.threads]

    def _check(self, measured: Sequence[Measurement | Comparison], found: object) -> None:
        """Raises what was found if a part of it does not count, so that scripts see it from the exit status."""
        invalid = next((one for one in measured if not one.valid), None)
        if invalid is not None and not self.accept_disturbed:
            why = next(iter(invalid.warnings), "it says so itself")
            raise InvalidMeasurement(f"measured, but it does not count: {why}", found)


def _file_for(path: str, engine: str) -> str:
    """The file that an engine runs, exported here; an engine that the target chooses takes what it is given."""
    return exporting.file_for(path, engine) if engine in engines.names() else path


def _seconds(text: str) -> float:
    number, unit = (text[:-1], text[-1]) if text[-1:] in _UNITS else (text, "s")
    try:
        seconds = float(number) * _UNITS[unit]
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise ArgumentError("sustain", f"expected a time such as 90s, 30m or 1h. Received: '{text}'")
    return seconds
