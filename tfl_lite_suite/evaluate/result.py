"""How well a model answers."""

import dataclasses

from tfl_lite_suite.core.result import Document, Result


@dataclasses.dataclass(frozen=True)
class ClassResult(Result):
    """How well one class is answered.

    Attributes:
        label: Its name.
        n: Its pictures.
        top1: Share of them answered rightly; `None` without pictures.
    """

    label: str
    n: int
    top1: float | None


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
        per_class: The classes, in the order of the logits.
        confusion: Pictures by true class (row) and answer (column).
        ties: Pictures for which several classes have the highest score.
        seconds: Time of `preparing` the pictures and of `running` the model.
        images_per_s: Pictures a second, preparation included.
        warnings: What else to know.
    """

    model: str
    model_bytes: int
    engine: str
    engine_version: str
    n: int
    top1: float
    top5: float
    per_class: tuple[ClassResult, ...]
    confusion: tuple[tuple[int, ...], ...]
    ties: int
    seconds: Document
    images_per_s: float
    warnings: tuple[str, ...]
