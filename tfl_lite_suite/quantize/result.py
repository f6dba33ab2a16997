"""What preparing a network for int8 gave."""

import dataclasses
from collections.abc import Mapping
from typing import Any, TypeVar

from tfl_lite_suite.core.result import Result, Share, omitted
from tfl_lite_suite.core.types import Document

Q = TypeVar("Q", bound="QuantizeResult")


@dataclasses.dataclass(frozen=True)
class QuantizeResult(Result):
    """What `quantize` prints: a `QatResult` or a `PtqResult`.

    Attributes:
        top1_float: Top-1 of the float model on the test pictures; `None` without test pictures.
        seconds: Time of the work.

    Example:
        >>> model.quantize(images, "ptq").result.top1_ptq
        1.0
    """

    top1_float: Share | None
    seconds: float

    @classmethod
    def from_document(cls: type[Q], document: object, where: str = "") -> Q:
        """Returns a `QatResult` or `PtqResult` from a JSON document, depending on its keys.

        Example:
            >>> result = model.quantize(images, "ptq").result
            >>> type(tls.QuantizeResult.from_document(result.document())).__name__
            'PtqResult'
        """
        if cls is QuantizeResult and isinstance(document, Mapping):
            kind: Any = PtqResult if "top1_ptq" in document else QatResult
            return kind.from_document(document, where)  # type: ignore[no-any-return]
        return super().from_document(document, where)


@dataclasses.dataclass(frozen=True)
class QatResult(QuantizeResult):
    """Quantization-aware training.

    Attributes:
        top1_qat: Share of the test pictures answered rightly with fake quantization; `None` without test pictures.
        top5_qat: Share of the test pictures whose class is among the five most probable; `None` without test pictures.
        top1_start: As `top1_qat`, before training.
        start: The int8 network before training: `techniques`, `ranges`, and `agreement` and `kl` with the float one;
            and as much about each of the `trials`.
        kept: What was best on the validation pictures: `start`, or `epoch 2`.
        validation: Their number, `images`, and `top1_start` and `top1_epochs` on them; where the answers of the float
            network were learned, also `root_kl_start` and `root_kl_epochs`, how far from them.
        epochs: Number of epochs.
        history: One record for each epoch.
        top1_ptq_file: As `top1_qat`, of the file that `--scheme=ptq` made in the same work folder, if it did.
    """

    top1_qat: Share | None
    top5_qat: Share | None
    epochs: int
    history: tuple[Document, ...]
    # Absent from what earlier code kept.
    top1_start: Share | None = omitted()
    start: Document | None = omitted()
    kept: str | None = omitted()
    validation: Document | None = omitted()
    top1_ptq_file: Share | None = omitted()


@dataclasses.dataclass(frozen=True)
class PtqResult(QuantizeResult):
    """Quantization without training.

    Attributes:
        output: The `.tflite` file.
        top1_ptq: Share of the test pictures that it answers rightly; `None` without test pictures.
        ptq: Which techniques were used, and how far its answers are those of the float model.
        calibration: What is wrong with the calibration pictures.
        float_ops: Operators that compute in float.
    """

    output: str
    top1_ptq: Share | None
    ptq: Document
    calibration: tuple[Document, ...]
    float_ops: tuple[Document, ...]
