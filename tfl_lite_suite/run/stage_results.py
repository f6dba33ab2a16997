"""What the stages that make models leave in `results.json`, as reports and later runs read it.

Each has what is read of it; what else a stage keeps is in `others`. A value may be missing where a former release, or a
record of a run, does not have it.
"""

import dataclasses
from collections.abc import Mapping

from tfl_lite_suite.core.result import Interval, Result, Share, omitted


@dataclasses.dataclass(frozen=True, kw_only=True)
class Epoch(Result):
    """An epoch of training."""

    loss: float
    train_top1: Share | None = omitted()
    validation_top1: Share | None = omitted()


@dataclasses.dataclass(frozen=True, kw_only=True)
class StageResult(Result):
    """What all of them have.

    Attributes:
        seconds: Time that the work took.
        history: A record an epoch, where there was training.
    """

    seconds: float | None = omitted()
    history: tuple[Epoch, ...] = ()


@dataclasses.dataclass(frozen=True, kw_only=True)
class Probe(Result):
    """The linear classifier of a pretrained network's features."""

    top1: Share
    balanced_accuracy: Share | None = omitted()


@dataclasses.dataclass(frozen=True, kw_only=True)
class Transfer(Result):
    """What was kept, the probe or the fine-tuned network; `reason` says why."""

    reason: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class Trained(StageResult):
    """Of `train`; the attributes are those of `train.result.TrainResult`."""

    top1: Share | None = omitted()
    top5: Share | None = omitted()
    balanced_accuracy: Share | None = omitted()
    epochs: int | None = omitted()
    model: str = ""
    params: int = 0
    images: Mapping[str, int] = dataclasses.field(default_factory=dict)
    linear_probe: Probe | None = omitted()
    transfer: Transfer | None = omitted()


@dataclasses.dataclass(frozen=True, kw_only=True)
class Pruned(StageResult):
    """Of `prune`; the attributes are those of `prune.result.PruneResult`."""

    params_before: int
    params_after: int
    macs_before: int
    macs_after: int
    top1_before: Share | None = omitted()
    top1_after: Share | None = omitted()
    zipped_bytes_before: int | None = omitted()
    zipped_bytes_after: int | None = omitted()


@dataclasses.dataclass(frozen=True, kw_only=True)
class LayerError(Result):
    """How far an int8 layer's output is from the float one's; `own_snr_db` is that of the layer alone, in decibels."""

    layer: str
    operator: str
    snr_db: float | None
    cosine: float
    own_snr_db: float | None


@dataclasses.dataclass(frozen=True, kw_only=True)
class Quantized(StageResult):
    """Of `quantize`, of one scheme or of both together.

    Attributes:
        top1_float: Share of the test pictures that the float network answers rightly.
        top1_qat: As `top1_float`, with fake quantization.
        top5_qat: Share whose class is among the first five.
        top1_ptq: As `top1_float`, of the int8 file that was made without training.
        layers: The error of each layer, where `--debug` asked for it.
        tasks: Of both schemes together, the results of each, by its name.
    """

    top1_float: Share | None = omitted()
    top1_qat: Share | None = omitted()
    top5_qat: Share | None = omitted()
    top1_ptq: Share | None = omitted()
    layers: tuple[LayerError, ...] = ()
    tasks: Mapping[str, "Quantized"] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Wish(Result):
    """A wish of the recipe's section `decide`, and whether it is met."""

    met: bool


@dataclasses.dataclass(frozen=True, kw_only=True)
class DecidedFile(Result):
    """A file whose decision was fitted; `name` is the file's."""

    name: str
    wishes: tuple[Wish, ...] = ()


@dataclasses.dataclass(frozen=True, kw_only=True)
class Change(Result):
    """How a model's answers differ from those of another.

    Attributes:
        gained: Pictures that only the later one answers rightly.
        lost: Pictures that only the earlier one answers rightly.
        points: Difference of top-1, as a share.
        ci95: Its 95 % interval.
        verdict: `gain`, `loss` or `not shown`.
        metrics: What `metrics.paired_intervals` says of the other metrics.
        recall: The change of each class that has pictures.
    """

    gained: int
    lost: int
    points: float
    ci95: Interval
    verdict: str
    metrics: Mapping[str, object] | None = omitted()
    recall: "tuple[ClassChange, ...] | None" = omitted()


@dataclasses.dataclass(frozen=True, kw_only=True)
class ClassChange(Result):
    """The change of the recall of the class `name`; the attributes are those of `Change`."""

    name: str
    gained: int
    lost: int
    points: float
    ci95: Interval
    verdict: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class LedgerRow(Result):
    """A model of a run on the test pictures.

    Attributes:
        name: The stage that made it, or the file's name.
        runtime: What ran it.
        n: Number of pictures.
        top1: Share of them that it answers rightly.
        balanced_accuracy: Mean recall of the classes.
        macro_f1: Mean F1 of the classes.
        calibration_error: Of its probabilities; `None` where it has none.
        source: The model that it was made from.
        against_float: The change against the first float network; `None` for that network.
        agreement: Share of the pictures that it answers like its source.
        flips: Pictures that it answers otherwise.
        change: The change against its source.
        balanced_n: How many pictures of one class would leave as much to chance as the mean recall of the classes does.
    """

    name: str
    runtime: str
    n: int
    top1: Share
    balanced_accuracy: Share | None = None
    macro_f1: Share | None = None
    calibration_error: float | None = None
    source: str | None = None
    against_float: Change | None = None
    agreement: Share | None = omitted()
    flips: int | None = omitted()
    change: Change | None = omitted()
    balanced_n: float | None = omitted()


@dataclasses.dataclass(frozen=True, kw_only=True)
class LimitCheck(Result):
    """A limit of the budget, and what was measured.

    Attributes:
        file: The file that must keep it.
        limit: Its key in the recipe.
        allowed: Its value.
        received: The worst engine's accuracy, or the best engine's latency and memory.
        ok: Whether it is kept.
    """

    file: str
    limit: str
    allowed: float
    received: float
    ok: bool


@dataclasses.dataclass(frozen=True, kw_only=True)
class BudgetResult(Result):
    """Of `budget`: whether all limits are kept, and each of them."""

    ok: bool
    checks: tuple[LimitCheck, ...]
