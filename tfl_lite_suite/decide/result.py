"""What fitting a file's decision gave."""

import dataclasses

from tfl_lite_suite.core.result import Interval, Result, Share, called
from tfl_lite_suite.core.types import Document
from tfl_lite_suite.evaluate.result import UnknownFigures


@dataclasses.dataclass(frozen=True, kw_only=True)
class WishCheck(Result):
    """What was wanted of a decision, and what the pictures say of it.

    Attributes:
        wish: `min_recall` or `max_false_alarms`.
        of: The class; `unknown` for pictures of none of the classes. Its key is `class`.
        wanted: The share that was wanted.
        received: The share of the pictures; `None` without any.
        ci95: Its 95 % interval.
        n: Number of pictures.
        met: Whether the wish is met on them.
    """

    wish: str
    of: str = called("class")
    wanted: Share
    received: Share | None
    ci95: Interval | None
    n: int
    met: bool


@dataclasses.dataclass(frozen=True, kw_only=True)
class AnswerCosts(Result):
    """Mean cost of an answer.

    Attributes:
        reached: With the decision.
        without: Without its thresholds.
        saved_ci95: 95 % interval of what the thresholds save.
    """

    reached: float
    without: float
    saved_ci95: Interval


@dataclasses.dataclass(frozen=True, kw_only=True)
class Calibration(Result):
    """Calibration errors; `None` where no picture has probabilities.

    Attributes:
        before: With a temperature of 1.
        after: On pictures that were not used for the fit.
        by_chance: The mean that exact probabilities would show on so many pictures.
    """

    before: float | None
    after: float | None
    by_chance: float | None = None


@dataclasses.dataclass(frozen=True)
class DecideResult(Result):
    """What `decide` prints; see `docs/decision.md`.

    Attributes:
        model: The file whose scores were used.
        output: The new file, which contains the decision.
        n: Number of pictures used for the fit.
        n_unknown: Number of pictures of none of the classes; `None` without any.
        decision: The decision.
        temperature: The number by which the scores are divided.
        calibration_error: How far probabilities are from shares of right answers.
        top1: Share of the pictures whose class has the greatest score; `None` for pictures with several labels.
        balanced_accuracy: Mean recall of the classes.
        macro_f1: Mean F1 of the classes.
        coverage: Share of the pictures that gets an answer.
        per_class: Recall, precision and F1 of each class.
        unknown: Answers to pictures of none of the classes; `None` without any.
        wishes: Each requirement, such as `min_recall`, and whether it is met.
        warnings: Requirements that cannot be met, or for which there are too few pictures, and classes that are never
            found.
        costs: Mean cost of an answer on these pictures; `None` if no costs were given.

    Example:
        >>> result = tls.TfliteModel("leaf.tflite").decide(images).result
        >>> result.n, result.decision["mode"]
        (2, 'single')
    """

    model: str
    output: str
    n: int
    n_unknown: int | None
    decision: Document
    temperature: float
    calibration_error: Calibration
    top1: Share | None
    balanced_accuracy: Share | None
    macro_f1: Share | None
    coverage: Share
    per_class: tuple[Document, ...]
    unknown: UnknownFigures | None
    wishes: tuple[WishCheck, ...]
    warnings: tuple[str, ...]
    costs: AnswerCosts | None = None
