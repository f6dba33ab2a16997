"""What training a network gave."""

import dataclasses
from collections.abc import Mapping

from tfl_lite_suite.core.result import Result, Share, omitted
from tfl_lite_suite.core.types import Document


@dataclasses.dataclass(frozen=True, kw_only=True)
class ProbeResult(Result):
    """What a linear classifier of a pretrained network's features is worth; `None` without test pictures.

    Attributes:
        top1: Share of the test pictures whose most probable class is right.
        balanced_accuracy: Mean recall of the classes.
        macro_f1: Mean F1 of the classes.
        loss: Mean loss.
        strength: Strength of its penalty on weights.
    """

    top1: Share | None = None
    balanced_accuracy: Share | None = None
    macro_f1: Share | None = None
    loss: float | None = None
    strength: float | None = None


@dataclasses.dataclass(frozen=True, kw_only=True)
class JudgedNetwork(Result):
    """A network between the probe and the fine-tuned one, on pictures that it did not learn from.

    Attributes:
        share: How far it is from the probe, from 0 to 1.
        top1: As of `ProbeResult`, like the next three.
        balanced_accuracy: See there.
        macro_f1: See there.
        loss: See there.
        cost: By which it is chosen: the share of errors and the loss, over pictures and over classes.
    """

    share: float
    top1: Share
    balanced_accuracy: Share
    macro_f1: Share
    loss: float
    cost: float


@dataclasses.dataclass(frozen=True, kw_only=True)
class TransferChoice(Result):
    """Which network transfer learning kept, and why.

    Attributes:
        kept: `linear_probe` or `fine_tuned`.
        share: How far it is from the probe to the fine-tuned network, from 0 to 1.
        reason: Why, in words.
        judged_by: The pictures that told; absent without fine-tuning.
        candidates: The networks that were judged on them.
        plan: How the network was to be fine-tuned.
    """

    kept: str
    share: float
    reason: str
    judged_by: str | None = omitted()
    candidates: tuple[JudgedNetwork, ...] | None = omitted()
    plan: Document | None = omitted()


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
    linear_probe: ProbeResult | None = omitted()
    transfer: TransferChoice | None = omitted()
