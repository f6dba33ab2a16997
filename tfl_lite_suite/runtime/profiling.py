"""How long each operator of a model takes, in runs of their own: never in those that give the latency."""

import abc
import dataclasses
from collections.abc import Sequence

import numpy as np

from tfl_lite_suite.benchmark.result import OperatorTime, Profile
from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.core.types import Array
from tfl_lite_suite.runtime.session import Session

_LEAST_STEPS = 10


@dataclasses.dataclass(frozen=True)
class Trace:
    """What an engine recorded of some runs.

    Attributes:
        method: Where the times come from, in words.
        resolution_ns: Smallest difference that they show.
        operators: Name and type of each operator, in the order of execution and the engine's words; the name is `None`
            where it is not known.
        ns: Time of each operator in each run, int64, `(runs, operators)`.
        run_ns: Time of each whole run, recording included, int64, `(runs,)`.
    """

    method: str
    resolution_ns: int
    operators: Sequence[tuple[str | None, str]]
    ns: Array
    run_ns: Array

    def profile(self) -> Profile:
        """Returns the medians of the runs.

        Raises:
            SuiteError: If all operators together take too few steps of the resolution to share them out.
        """
        medians = np.median(self.ns, axis=0)
        total = medians.sum()
        if total < _LEAST_STEPS * self.resolution_ns:
            raise SuiteError(f"the operators are too short for {self.method}, which counts {self.resolution_ns} ns")
        return Profile(
            self.method,
            self.resolution_ns,
            len(self.run_ns),
            round(float(np.median(self.run_ns))),
            tuple(
                OperatorTime(name, kind, float(median / total), round(float(median)))
                for (name, kind), median in zip(self.operators, medians, strict=True)
            ),
        )


class ProfiledSession(Session):
    """A model opened so that its operators can be timed."""

    @abc.abstractmethod
    def profile(self, runs: int) -> Trace:
        """Times the operators on what `set_input` left there; the session must not be run after it.

        Args:
            runs: Number of runs to record, at least 1.
        """
