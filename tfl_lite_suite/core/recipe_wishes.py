"""The sections of a recipe that say what its files should keep to: `decide` fits it, `budget` checks it."""

import dataclasses
from typing import Literal

from tfl_lite_suite.core.dataclass_parser import ranged, shares


@dataclasses.dataclass(frozen=True)
class Decide:
    """What the scores of a file mean. The stage `decide` fits it on the validation pictures.

    Attributes:
        min_recall: Smallest recall of given classes, as a share: `{crack: 0.95}`.
        max_false_alarms: Largest share of the pictures of other classes that may get a class of `min_recall` as answer
            (any class without `min_recall`), and of the pictures of none of the classes that may get any answer.
        costs: Cost of each error: `TRUE:ANSWER=COST`, separated by commas, or the path of a CSV file.
        keep: Share of the pictures of the classes that gets an answer; if absent, 0.95 with `data.unknown`.
        reject: The measure of certainty that decides when the answer is "none of these"; `auto` chooses the one that
            best separates the pictures of `data.unknown`.
        window: Video: number of the latest frames that count.
        share: Video: share of these frames that must give a class before it is announced.
        hysteresis: Video: a class stays announced until its share is smaller than `share` by this much.
    """

    min_recall: dict[str, float] = shares()
    max_false_alarms: float | None = ranged(None, 0, 1)
    costs: str = ""
    keep: float | None = ranged(None, 0, 1)
    reject: Literal["auto", "none", "max_probability", "margin", "entropy", "energy"] = "auto"
    window: int = ranged(5, 1, 1000)
    share: float = ranged(0.6, 0.001, 1)
    hysteresis: float = ranged(0.2, 0, 1)


@dataclasses.dataclass(frozen=True)
class Budget:
    """Limits that the files must keep. A limit that is absent is not checked.

    Attributes:
        files: Names of the files that must keep the limits; if empty, every int8 file, or every file if none is int8.
        max_top1_drop: Largest loss of top-1 against the first float network, as a share: 0.01 is one point.
        min_top1: Smallest top-1, as a share.
        min_agreement: Smallest share of test images on which a file gives the same answer as the Keras model it was
            made from.
        max_bytes: Largest size of the file.
        max_ms: Largest median latency, in milliseconds, on the fastest of the engines.
        max_memory: Largest memory of the process that runs the file, in bytes, on the engine that needs least.
        min_recall: Smallest recall of given classes, as a share: `{crack: 0.95}`.
        min_macro_f1: Smallest mean F1 of the classes, as a share.
        max_calibration_error: Largest expected calibration error, as a share.
    """

    files: tuple[str, ...] = ()
    max_top1_drop: float | None = ranged(None, 0, 1)
    min_top1: float | None = ranged(None, 0, 1)
    min_agreement: float | None = ranged(None, 0, 1)
    max_bytes: int | None = ranged(None, 1)
    max_ms: float | None = ranged(None, 0)
    max_memory: int | None = ranged(None, 1)
    min_recall: dict[str, float] = shares()
    min_macro_f1: float | None = ranged(None, 0, 1)
    max_calibration_error: float | None = ranged(None, 0, 1)

    @property
    def limits(self) -> dict[str, float]:
        """The limits that are set, by name; that of a class's recall is called `min_recall.CLASS`."""
        plain = {key: value for key, value in dataclasses.asdict(self).items() if key not in ("files", "min_recall")}
        recalls = {f"min_recall.{name}": share for name, share in self.min_recall.items()}
        return {key: value for key, value in (plain | recalls).items() if value is not None}
