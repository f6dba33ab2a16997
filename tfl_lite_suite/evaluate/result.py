"""How well a model answers."""

import dataclasses
from collections.abc import Mapping

from tfl_lite_suite.core.result import Interval, Result, Share, omitted
from tfl_lite_suite.core.types import Document


@dataclasses.dataclass(frozen=True)
class ClassResult(Result):
    """How well one class is answered; `None` where the pictures do not say.

    Attributes:
        label: Its name.
        n: Its pictures.
        top1: Share of them for which it has the highest score.
        name: Its name.
        precision: Share of the pictures answered with it that are of it.
        recall: Share of its pictures that are answered with it.
        f1: Harmonic mean of the two.
        precision_ci95: 95 % interval of the precision.
        recall_ci95: 95 % interval of the recall.
        auroc: Probability that a picture of it has a higher probability of it than another picture.
        average_precision: Area below the curve of precision against recall.
    """

    label: str
    n: int
    top1: Share | None
    name: str = ""
    precision: Share | None = None
    recall: Share | None = None
    f1: Share | None = None
    precision_ci95: Interval | None = None
    recall_ci95: Interval | None = None
    auroc: float | None = None
    average_precision: Share | None = None


@dataclasses.dataclass(frozen=True)
class Separation(Result):
    """How well a score tells pictures of the classes from others.

    Attributes:
        auroc: Area below the ROC curve.
        false_alarms_at_95: Share of the others that would be answered if 95 % of the known pictures were kept.
    """

    auroc: float | None
    false_alarms_at_95: float


@dataclasses.dataclass(frozen=True)
class UnknownFigures(Separation):
    """What a decision does with pictures that are none of the classes, and how well its score tells them apart.

    Attributes:
        n: Pictures.
        false_alarms: Share that gets an answer all the same.
        false_alarms_ci95: 95 % interval of it.
        by_max_probability: The same of the greatest probability alone.
    """

    n: int
    false_alarms: float
    false_alarms_ci95: Interval | None
    by_max_probability: Separation


@dataclasses.dataclass(frozen=True)
class DecidedFigures(Result):
    """What a file's decision does with labelled pictures.

    Attributes:
        decision: The decision.
        coverage: Share that gets an answer.
        coverage_ci95: 95 % interval of it.
        accuracy: Share of those that are answered rightly; `None` without any.
        accuracy_ci95: 95 % interval of it.
        confusion: Pictures by true class (row) and answer (column, the last for none of these); absent where pictures
            show several classes.
    """

    decision: Document
    coverage: Share
    coverage_ci95: Interval | None
    accuracy: float | None
    accuracy_ci95: Interval | None
    confusion: tuple[tuple[int, ...], ...] | None = omitted()


@dataclasses.dataclass(frozen=True, kw_only=True)
class Figures(Result):
    """How well labelled pictures are answered; `None` where the pictures do not say.

    Attributes:
        n: Pictures.
        top1: Share whose class is the first answer.
        top5: Share whose class is among the first five.
        balanced_accuracy: Mean recall of the classes that have pictures.
        macro_f1: Mean F1 of the classes that have pictures or answers.
        auroc: Mean of the classes' area below the ROC curve.
        mean_average_precision: Mean of the classes' average precision.
        calibration_error: Mean distance between probability and accuracy.
        calibration_error_by_chance: What exact probabilities would show on so many pictures, in the mean.
        reliability: Probability and accuracy of pictures of like probability.
        risk_coverage: Of the surest share of the pictures the share answered wrongly.
        micro_f1: F1 over all classes of all pictures; there where pictures show several classes.
        exact_match: Share of the pictures all of whose classes are answered and no others; likewise.
        per_class: The classes, in the order of the logits.
        confusion: Pictures by true class (row) and answer (column); `None` of very many classes.
        confusion_cells: Of very many classes `[true class, answer, pictures]`, the most frequent first.
        ties: Pictures for which several classes have the highest score.
        warnings: What else to know.
    """

    n: int
    top1: Share
    top5: Share
    balanced_accuracy: Share | None = None
    macro_f1: Share | None = None
    auroc: float | None = None
    mean_average_precision: Share | None = None
    calibration_error: float | None = None
    calibration_error_by_chance: float | None = None
    reliability: tuple[Mapping[str, float], ...] = ()
    risk_coverage: tuple[Mapping[str, float], ...] = ()
    micro_f1: Share | None = omitted()
    exact_match: Share | None = omitted()
    per_class: tuple[ClassResult, ...] = ()
    confusion: tuple[tuple[int, ...], ...] | None = None
    confusion_cells: tuple[tuple[int, ...], ...] | None = omitted()
    ties: int
    warnings: tuple[str, ...]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Evaluation(Figures):
    """The result of `evaluate`: the `Figures`, and how they were measured.

    Attributes:
        model: The file.
        model_bytes: Its size.
        engine: What ran it.
        engine_version: Its version.
        threads: Threads of each worker's runtime.
        workers: Processes.
        skipped: Number of unreadable pictures that were left out; `None` if a recipe's splits already lack them.
        decided: Figures of the answers by the file's decision; absent without a decision.
        unknown: Answers to pictures of none of the classes; absent without any.
        input_sha256: Hash of all input tensors; equal on two machines that prepare pictures alike.
        seconds: Time of `preparing` the pictures and of `running` the model.
        images_per_s: Pictures a second, preparation included.
        normalization: How pixels became the values of the input.

    Example:
        >>> evaluation = tls.TfliteModel("leaf.tflite").evaluate(images)
        >>> evaluation.macro_f1, [item.label for item in evaluation.per_class]
        (1.0, ['birch', 'oak'])
    """

    model: str
    model_bytes: int
    engine: str
    engine_version: str
    threads: int
    workers: int
    skipped: int | None
    decided: DecidedFigures | None = omitted()
    unknown: UnknownFigures | None = omitted()
    input_sha256: str | None = None
    seconds: Mapping[str, float | None]
    images_per_s: float
    normalization: Document = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class Agreement(Result):
    """How far an engine's answers are those of another; the key `with`, in `others`, names that one.

    Attributes:
        top1: Share of the pictures with the same first answer.
        max_abs_diff: Greatest difference of a score; `None` where the scores were not kept.
    """

    top1: Share
    max_abs_diff: float | None


@dataclasses.dataclass(frozen=True, kw_only=True)
class EngineRow(Evaluation):
    """One engine of several that ran a model.

    Attributes:
        agreement: Its answers compared with those of the first engine that ran it.
        latency_ms: Median of single inferences.
        latency_valid: Whether the timing counts.
    """

    agreement: Agreement
    latency_ms: float
    latency_valid: bool


@dataclasses.dataclass(frozen=True)
class UnsupportedEngine(Result):
    """An engine that does not run a model, and why."""

    engine: str
    unsupported: str
