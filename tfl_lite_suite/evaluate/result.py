"""How well a model answers."""

import dataclasses

from tfl_lite_suite.core.result import Document, Result


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
    top1: float | None
    name: str = ""
    precision: float | None = None
    recall: float | None = None
    f1: float | None = None
    precision_ci95: tuple[float, ...] | None = None
    recall_ci95: tuple[float, ...] | None = None
    auroc: float | None = None
    average_precision: float | None = None


@dataclasses.dataclass(frozen=True)
class Evaluation(Result):
    """What `evaluate` prints; `docs/evaluate.md` describes the keys in `others`.

    Attributes:
        model: The file.
        model_bytes: Its size.
        engine: What ran it.
        engine_version: Its version.
        n: Pictures.
        top1: Share whose class is the first answer.
        top5: Share whose class is among the first five.
        balanced_accuracy: Mean recall of the classes that have pictures.
        macro_f1: Mean F1 of the classes that have pictures or answers.
        auroc: Mean of the classes' area below the ROC curve.
        mean_average_precision: Mean of the classes' average precision.
        calibration_error: Mean distance between probability and accuracy.
        reliability: Probability and accuracy of pictures of like probability.
        risk_coverage: Of the surest share of the pictures the share answered wrongly.
        per_class: The classes, in the order of the logits.
        confusion: Pictures by true class (row) and answer (column); `None` of very many classes.
        ties: Pictures for which several classes have the highest score.
        seconds: Time of `preparing` the pictures and of `running` the model.
        images_per_s: Pictures a second, preparation included.
        warnings: What else to know.

    Example:
        >>> evaluation = tls.TfliteModel("leaf.tflite").evaluate(images)
        >>> evaluation.macro_f1, [item.label for item in evaluation.per_class]
        (1.0, ['birch', 'oak'])
    """

    model: str
    model_bytes: int
    engine: str
    engine_version: str
    n: int
    top1: float
    top5: float
    per_class: tuple[ClassResult, ...]
    confusion: tuple[tuple[int, ...], ...] | None
    ties: int
    seconds: Document
    images_per_s: float
    warnings: tuple[str, ...]
    balanced_accuracy: float | None = None
    macro_f1: float | None = None
    auroc: float | None = None
    mean_average_precision: float | None = None
    calibration_error: float | None = None
    reliability: tuple[Document, ...] = ()
    risk_coverage: tuple[Document, ...] = ()
