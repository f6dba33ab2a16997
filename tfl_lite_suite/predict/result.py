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
    """What a model answers to one picture, by the decision in its file.

    Attributes:
        label: The class; `None` where the picture is none of them.
        probability: That of `label`, or of the likeliest class where the picture is none of them.
        ranked: The likeliest classes, the likeliest first; of equal scores the lowest index.
        rejected: Whether the decision says that the picture is none of the classes.
        labels: Every class answered, the likeliest first: one, or of a model for several labels any number.

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
