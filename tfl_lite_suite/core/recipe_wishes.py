"""The sections of a recipe that say what its files should keep to: `decide` fits it, `budget` checks it."""

import dataclasses
from typing import Literal

from tfl_lite_suite.core.dataclass_parser import ranged, shares


@dataclasses.dataclass(frozen=True)
class Decide:
    """What a file's scores should mean; fitted on validation pictures by the stage `decide`.

    Attributes:
        min_recall: Least recall of single classes, by their names, as a share.
        max_false_alarms: Greatest share of other pictures that is answered with a class of `min_recall`, or with any
            class where there is none; and of pictures of none of the classes that is answered at all.
        costs: What errors cost: `TRUE:ANSWER=COST`, separated by commas, or the path of a CSV file.
        keep: Share of the pictures of the classes that gets an answer; 0.95 if absent and `data.unknown` is given.
        reject: By what a picture is found to be none of the classes; `auto` takes what tells those of `data.unknown`
            apart best.
        window: Video: number of latest frames that count.
        share: Video: share of them that must agree.
        hysteresis: Video: by how much less a class may have to stay announced.
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
    """Limits that the run must keep to; a limit that is absent is not checked.

    Attributes:
        files: Names of the files that must keep them; every int8 file if empty, or every file where none is int8.
        max_top1_drop: Greatest loss of top-1 against the first float network, as a share: 0.01 is one point.
        min_top1: Least top-1, as a share.
        min_agreement: Least share of test images on which a file answers as the Keras model that it was made from.
        max_bytes: Greatest size of the file.
        max_ms: Greatest median latency, in milliseconds, on the fastest of the engines.
        max_memory: Greatest resident memory of the benchmark's process, in bytes, on the leanest of the engines.
        min_recall: Least recall of single classes, by their names, as a share.
        min_macro_f1: Least mean F1 of the classes, as a share.
        max_calibration_error: Greatest expected calibration error, as a share.
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
