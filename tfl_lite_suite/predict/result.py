"""What a model answers to a picture."""

import dataclasses

from tfl_lite_suite.core.result import Result


@dataclasses.dataclass(frozen=True)
class Ranked(Result):
    """A class and its probability.

    Attributes:
        label: The class.
        probability: From 0 to 1.
    """

    label: str
    probability: float


@dataclasses.dataclass(frozen=True)
class Prediction(Result):
    """The answer of a model for one picture, by the decision in its file.

    Attributes:
        label: The class; `None` if the picture is none of the classes.
        probability: The probability of `label`, or of the most probable class if the picture is none of the classes.
        ranked: The most probable classes, the most probable first; among equal scores the lowest index first.
        rejected: Whether the decision says that the picture is none of the classes.
        labels: All classes of the answer, the most probable first: one class, or any number if the model gives several
            labels.

    Example:
        >>> prediction = tls.TfliteModel("leaf.tflite").predict("leaf.png")
        >>> prediction.label
        'oak'
        >>> [item.label for item in prediction.ranked]
        ['oak', 'birch']
    """

    label: str | None
    probability: float
    ranked: tuple[Ranked, ...]
    rejected: bool
    labels: tuple[str, ...]
