"""The decision: what a file's scores mean, and which answer, if any, they give.

It is saved inside a `.tflite` file beside the contract and executed alike by `evaluate`, `TfliteModel.predict` and the
Android app. `docs/decision.md` specifies each step; `decision_rules.py` executes it.
"""

import dataclasses
import json
import math
from typing import Literal

from tfl_lite_suite.core.dataclass_parser import parse, ranged
from tfl_lite_suite.core.errors import SuiteError

VERSION = 1
# Inside a `.tflite` file.
FILE_NAME = "tfl_lite_suite_decision.json"


@dataclasses.dataclass(frozen=True)
class Reject:
    """When a picture is none of the classes.

    Attributes:
        score: `none`: never; else what must reach `threshold`: `max_probability`, the greatest probability; `margin`,
            the greatest probability less the second; `entropy`, the sum of each probability times its logarithm, at
            most 0; `energy`, the logarithm of the sum of the exponentials of the
            logits (Liu et al., 2020, https://arxiv.org/abs/2010.03759).
        threshold: Pictures below it are none of the classes.
    """

    score: Literal["none", "max_probability", "margin", "entropy", "energy"] = "none"
    threshold: float = ranged(0.0, -1e30, 1e30)


@dataclasses.dataclass(frozen=True)
class Frames:
    """When successive frames of a video agree.

    Attributes:
        window: Number of the latest frames that count.
        share: Share of the window that must answer a class before it is announced.
        hysteresis: A class that is announced stays so while its share is at least `share - hysteresis`.
    """

    window: int = ranged(1, 1, 1000)
    share: float = ranged(1.0, 0.001, 1)
    hysteresis: float = ranged(0.0, 0, 1)


@dataclasses.dataclass(frozen=True)
class Decision:
    """From scores to an answer.

    Attributes:
        mode: `single`: one class a picture; `multi`: each class by itself, any number of them.
        scores: What the file gives: `logits` or `probabilities`.
        temperature: Logits are divided by it before they become probabilities.
        thresholds: Probability that each class must reach to be answered; absent: 0 in `single` mode, where the
            greatest score wins, and 0.5 in `multi` mode. In `single` mode, of the classes that reach theirs, the one
            wins whose probability is the greatest multiple of its threshold.
        reject: When to answer "none of these".
        frames: Consensus over frames.
    """

    mode: Literal["single", "multi"] = "single"
    scores: Literal["logits", "probabilities"] = "logits"
    temperature: float = ranged(1.0, 1e-3, 1e3)
    thresholds: tuple[float, ...] = ()
    reject: Reject = Reject()
    frames: Frames = Frames()

    def __post_init__(self) -> None:
        for index, value in enumerate(self.thresholds):
            if not (math.isfinite(value) and 1e-9 <= value <= 1):
                raise SuiteError(f"decision.thresholds[{index}]: expected a number from 1e-9 to 1. Received: {value}")
        if self.scores == "probabilities" and self.temperature != 1:
            raise SuiteError("decision.temperature: must be 1 where the file gives probabilities; scale its logits")
        if self.scores == "probabilities" and self.reject.score == "energy":
            raise SuiteError("decision.reject.score: energy needs logits; this file gives probabilities")
        if self.mode == "multi" and self.reject.score in ("margin", "entropy"):
            raise SuiteError(f"decision.reject.score: {self.reject.score} is for one class a picture, mode: single")

    def to_json(self) -> str:
        """Returns the decision as one JSON object, keys sorted."""
        return json.dumps({"version": VERSION, **dataclasses.asdict(self)}, sort_keys=True)


def from_json(text: str) -> Decision:
    """Parses what `Decision.to_json` wrote; the text may come from a hostile file.

    Raises:
        SuiteError: If the text is no such object, or of a newer version.
    """
    try:
        values = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise SuiteError(f"decision: not JSON: {error}") from error
    if not isinstance(values, dict):
        raise SuiteError("decision: expected a JSON object")
    if values.pop("version", None) != VERSION:
        raise SuiteError(f"decision: this release reads version {VERSION} only")
    missing = {field.name for field in dataclasses.fields(Decision)} - set(values)
    if missing:
        raise SuiteError(f"decision: missing keys: {', '.join(sorted(missing))}")
    return parse(Decision, values, "decision")
