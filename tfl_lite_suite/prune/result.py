"""What pruning a network gave."""

import dataclasses

from tfl_lite_suite.core.result import Result, Share, omitted
from tfl_lite_suite.core.types import Document


@dataclasses.dataclass(frozen=True)
class LeftWhole(Result):
    """Layers whose channels stay.

    Attributes:
        layers: Their names.
        reason: Why.
    """

    layers: tuple[str, ...]
    reason: str


@dataclasses.dataclass(frozen=True)
class PruneStep(Result):
    """What one of several steps of pruning keeps; the attributes are those of `PruneResult`."""

    history: tuple[Document, ...]
    left_whole: tuple[LeftWhole, ...]


@dataclasses.dataclass(frozen=True)
class PruneResult(Result):
    """What `prune` prints.

    Attributes:
        params_before: Parameters before.
        params_after: Parameters after.
        macs_before: Multiply-adds before.
        macs_after: Multiply-adds after.
        left_whole: Layers that were not pruned, with the reason.
        history: One record for each epoch of fine-tuning.
        top1_before: Top-1 on the test pictures before; `None` without pictures.
        top1_after: The same after.
        zero_share: Share of the kernels' weights that are zero, if weights were pruned instead of channels.
        most_values: Largest number of distinct values in a kernel.
        file_bytes_before: Size of the float32 `.tflite` file.
        file_bytes_after: The same after.
        zipped_bytes_before: Its size when zipped.
        zipped_bytes_after: The same after.
        warnings: What else to know.

    Example:
        >>> model.prune(images, params_ratio=0.7, epochs=1).results[-1].params_after < 30_000
        True
    """

    params_before: int
    params_after: int
    macs_before: int
    macs_after: int
    left_whole: tuple[LeftWhole, ...]
    history: tuple[Document, ...]
    top1_before: Share | None
    top1_after: Share | None
    zero_share: Share | None = omitted()
    most_values: int | None = omitted()
    file_bytes_before: int | None = omitted()
    file_bytes_after: int | None = omitted()
    zipped_bytes_before: int | None = omitted()
    zipped_bytes_after: int | None = omitted()
    warnings: tuple[str, ...] | None = omitted()
