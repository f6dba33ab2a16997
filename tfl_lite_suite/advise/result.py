"""What choosing a network gave."""

import dataclasses
from collections.abc import Mapping

from tfl_lite_suite.core.result import Result, omitted


@dataclasses.dataclass(frozen=True)
class Figure(Result):
    """A number and where it comes from.

    Attributes:
        value: The number.
        basis: `measured`, `published`, `predicted` or `estimated`.
        source: In words.
    """

    value: float
    basis: str
    source: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class Choice(Result):
    """A network, and how it is compressed.

    Attributes:
        score: How good it is by the priority, from 0 to 1; absent where its accuracy is not known.
        model: What it is called.
        network: The network's name.
        alpha: Width multiplier.
        resolution: Height and width of the input, in pixels.
        compression: `float32`, `int8`, or the name of the file that was measured.
        evidence: Its figures by name, as `candidates.Candidate` has them.
        why: What speaks for it, in words.
        recipe: The recipe that made it; empty where it was never made here.
    """

    score: float | None = omitted()
    model: str
    network: str
    alpha: float
    resolution: int
    compression: str
    evidence: Mapping[str, Figure]
    why: str
    recipe: str


@dataclasses.dataclass(frozen=True)
class Rejected(Result):
    """What breaks a limit, and which."""

    model: str
    why: str


@dataclasses.dataclass(frozen=True)
class Relaxation(Result):
    """What a limit would have to be if all others stay.

    Attributes:
        limit: Its name.
        allowed: Its value.
        needed: The nearest value that admits something.
        by: The difference.
        model: What it admits.
    """

    limit: str
    allowed: float
    needed: float
    by: float
    model: str


@dataclasses.dataclass(frozen=True)
class DeviceUsed(Result):
    """The device, and the error of its latency model on networks that it was not fitted to, by engine and scheme."""

    name: str
    latency_error: Mapping[str, float | None]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Advice(Result):
    """What `advise` prints.

    Attributes:
        choices: What keeps every limit, the best first.
        rejected: What does not.
        unmeasured: What keeps every other limit, but whose accuracy nobody measured.
        relax: What to relax, where nothing fits.
        limits: The limits, by name.
        priority: The weight of each goal.
        data: The data set whose accuracy counts.
        classes: Number of classes.
        device: What the latencies are of.
        notes: What else to know.
    """

    choices: tuple[Choice, ...]
    rejected: tuple[Rejected, ...]
    unmeasured: tuple[Choice, ...]
    relax: tuple[Relaxation, ...]
    limits: Mapping[str, float]
    priority: Mapping[str, float]
    data: str
    classes: int
    device: DeviceUsed
    notes: tuple[str, ...]
