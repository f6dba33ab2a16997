"""What training a network gave."""

import dataclasses
from collections.abc import Mapping

from tfl_lite_suite.core.result import Result, omitted
from tfl_lite_suite.core.types import Document


@dataclasses.dataclass(frozen=True)
class TrainResult(Result):
    """What `train` prints.

    Attributes:
        top1: Share of the test pictures whose class is the first answer; `None` without test pictures.
        top5: Share whose class is among the first five; `None` without test pictures.
        epochs: Epochs trained.
        seconds: Their time.
        model: The network's name.
        params: Its parameters.
        precision: The policy it was trained with, such as `float32`.
        processes: How many trained it.
        replicas: On how many devices.
        images: Number of pictures in `train`, `validation` and `test`.
        notes: What there is to know about the pictures.
        history: A record an epoch.
        balanced_accuracy: Mean recall of the classes on the test pictures.
        linear_probe: With pretrained weights, the baseline: the figures of a linear classifier of the frozen network's
            features.
        transfer: What was kept, the probe or the fine-tuned network, and why.

    Example:
        >>> result = tls.Classifier.build("micro", images).train(images, epochs=1, batch_size=4)
        >>> len(result.history), result.model
        (1, 'micro')
    """

    top1: float | None
    top5: float | None
    epochs: int
    seconds: float
    model: str
    params: int
    precision: str
    processes: int
    replicas: int
    images: Mapping[str, int]
    notes: tuple[str, ...]
    history: tuple[Document, ...]
    balanced_accuracy: float | None = omitted()
    linear_probe: Document | None = omitted()
    transfer: Document | None = omitted()
