"""What fitting a file's decision gave."""

import dataclasses

from tfl_lite_suite.core.result import Result, Share
from tfl_lite_suite.core.types import Document
from tfl_lite_suite.evaluate.result import UnknownFigures


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
        calibration_error: `before`, with a temperature of 1, and `after`, on pictures that were not used for the fit;
            `by_chance`, the mean that exact probabilities would show on so many pictures.
        top1: Share of the pictures whose class has the greatest score; `None` for pictures with several labels.
        balanced_accuracy: Mean recall of the classes.
        macro_f1: Mean F1 of the classes.
        coverage: Share of the pictures that gets an answer.
        per_class: Recall, precision and F1 of each class.
        unknown: Answers to pictures of none of the classes; `None` without any.
        wishes: Each requirement, such as `min_recall`: the value `wanted`, the value `received`, and whether it is
            `met`.
        warnings: Requirements that cannot be met, or for which there are too few pictures, and classes that are never
            found.
        costs: Mean cost of an answer on these pictures, `reached` and `without` the thresholds, and `saved_ci95`, the
            95 % interval of the difference; `None` without `--costs`.

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
    calibration_error: Document
    top1: Share | None
    balanced_accuracy: Share | None
    macro_f1: Share | None
    coverage: Share
    per_class: tuple[Document, ...]
    unknown: UnknownFigures | None
    wishes: tuple[Document, ...]
    warnings: tuple[str, ...]
    costs: Document | None = None
