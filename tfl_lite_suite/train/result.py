"""What training a network gave."""

import dataclasses
from collections.abc import Mapping

from tfl_lite_suite.core.result import Result, Share, omitted
from tfl_lite_suite.core.types import Document


@dataclasses.dataclass(frozen=True)
class TrainResult(Result):
    """What `train` prints.

    Attributes:
        top1: Share of the test pictures whose most probable class is right; `None` without test pictures.
        top5: Share of the test pictures whose class is among the five most probable; `None` without test pictures.
        epochs: Number of epochs.
        seconds: Their time.
        model: The network's name.
        params: Its parameters.
        precision: Precision of the training, such as `float32`.
        processes: Number of processes that trained it.
        replicas: Number of devices that trained it.
        images: Number of pictures in `train`, `validation` and `test`.
        notes: Notes about the pictures.
        history: One record for each epoch.
        balanced_accuracy: Mean recall of the classes on the test pictures.
        linear_probe: With pretrained weights, the baseline: the figures of a linear classifier of the pretrained
            network's features.
        transfer: Which network was kept, the probe or the fine-tuned one, and why.

    Example:
        >>> result = tls.Classifier.build("micro", images).train(images, epochs=1, batch_size=4)
        >>> len(result.history), result.model
        (1, 'micro')
    """

    top1: Share | None
    top5: Share | None
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
    balanced_accuracy: Share | None = omitted()
    linear_probe: Document | None = omitted()
    transfer: Document | None = omitted()
