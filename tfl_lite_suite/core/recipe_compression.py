"""The sections of a recipe that make a trained network small: a teacher, pruning, int8."""

import dataclasses
from typing import Literal

from tfl_lite_suite.core.dataclass_parser import ranged
from tfl_lite_suite.core.errors import SuiteError

UNPRUNED = "unpruned"


@dataclasses.dataclass(frozen=True)
class Distill:
    """A teacher: the network learns from its answers as well as from the labels. Without `teacher` this is off.

    Attributes:
        teacher: A network of the suite, which is trained first with the settings of `train`; a `.keras` file; or
            `unpruned`: the network before pruning, only for the stage `prune`.
        alpha: Width multiplier of a teacher that is trained.
        weights: Initial weights of such a teacher, as in `model.weights`.
        epochs: Number of epochs of such a teacher; `train.epochs` if absent.
        share: Share of the loss that is the distance to the teacher's answers; the rest is the loss of the labels.
        temperature: The logits of both networks are divided by this number before their distance is computed.
        features: Weight of a second loss: the small network learns which pictures of a batch the teacher finds similar.
            Usual values are thousands; 0 turns this off.
        during: The stages in which the network learns from the teacher.
    """

    teacher: str | None = None
    alpha: float = ranged(1.0, 0.05, 4)
    weights: str = "none"
    epochs: int | None = ranged(None, 0, 10000)
    share: float = ranged(0.7, 0, 1)
    temperature: float = ranged(4.0, 0.1, 100)
    features: float = ranged(0.0, 0, 1e6)
    during: tuple[Literal["train", "prune", "quantize"], ...] = ("train",)

    def __post_init__(self) -> None:
        if self.teacher == UNPRUNED and self.during != ("prune",):
            raise SuiteError(
                f"distill.during: the teacher 'unpruned' teaches in prune alone: [prune]. Received: {list(self.during)}"
            )

    def teaches(self, stage: str) -> bool:
        """Whether there is a teacher in a stage."""
        return self.teacher is not None and stage in self.during

    @property
    def trains_teacher(self) -> bool:
        """Whether the teacher is a network that has to be trained first."""
        return self.teacher not in (None, UNPRUNED) and not str(self.teacher).endswith(".keras")


@dataclasses.dataclass(frozen=True)
class Prune:
    """How the trained network is pruned: whole channels, or single weights with `sparsity`, `pattern` or `clusters`.

    Attributes:
        params_ratio: Share of the parameters that remains.
        macs_ratio: Share of the multiply-adds that remains, instead of `params_ratio`.
        importance: How the importance of a channel is measured: `l1`, magnitude of its weights; `bn_scale`, scale of
            its batch normalization; `taylor`, activation times gradient.
        budget: `global` compares all channels; `uniform` removes the same share from each group of connected layers.
        min_share: Smallest share of a layer's channels that remains.
        steps: Number of steps in which channels are removed, each followed by fine-tuning.
        epochs: Number of passes over the training images after each step.
        learning_rate: Highest learning rate of this fine-tuning; `train.learning_rate` if absent.
        taylor_images: Number of training images for `importance: taylor`.
        sparsity: Share of the weights of each kernel that become zero, instead of removing channels.
        pattern: `unstructured`, or `2x4`: two of four neighbouring weights become zero (a sparsity of one half).
        clusters: Number of distinct values in each kernel, instead of removing channels; after `sparsity` if both are
            given.
    """

    params_ratio: float = ranged(0.5, 0.001, 1)
    macs_ratio: float | None = ranged(None, 0.001, 1)
    importance: Literal["l1", "bn_scale", "taylor"] = "l1"
    budget: Literal["global", "uniform"] = "global"
    min_share: float = ranged(0.1, 0, 1)
    steps: int = ranged(1, 1, 100)
    epochs: int = ranged(3, 0, 10000)
    learning_rate: float | None = ranged(None, 0, 100)
    taylor_images: int = ranged(512, 1)
    sparsity: float | None = ranged(None, 0.01, 0.99)
    pattern: Literal["unstructured", "2x4"] = "unstructured"
    clusters: int | None = ranged(None, 3, 4096)


@dataclasses.dataclass(frozen=True)
class Quantize:
    """How the trained network is prepared for int8.

    Attributes:
        scheme: `qat`: quantization-aware training; `ptq`: without training; `both`: two int8 files.
        epochs: Number of passes over the training images during quantization-aware training.
        batch_size: Number of images in a batch.
        learning_rate: Highest change of a weight, bias or range in one step, relative to its own size; it falls to zero
            along a cosine.
        targets: What quantization-aware training learns: the answers of the `float` network, for which it needs no
            labels; or the `labels`, as `train.loss` says. `auto` is `float`, unless `distill` names a teacher for
            `quantize`.
        ranges: Ranges of activations: `fixed` as they were calibrated, or `learned` with the weights.
        ptq: For `scheme: ptq`. `auto` uses the techniques that help; `plain` uses none; `learned` also trains for some
            minutes how weights are rounded, without labels.
        batch_norm: `folded` into the convolutions before the training, or `live` for the first half of the epochs and
            then folded.
        calibration_images: Number of training images from which the ranges of activations are measured before the
            training; as `convert.calibration_images` if absent, so that it starts from what `ptq` gives.
        min_agreement: For `scheme: ptq`: share of calibration pictures that must keep the top-1 of the float network.
            As many layers as necessary compute with finer arithmetic. If absent, all layers are int8.
        fallback: This finer arithmetic: `float`, or `int16` (16-bit activations).
    """

    scheme: Literal["qat", "ptq", "both"] = "qat"
    epochs: int = ranged(2, 0, 10000)
    batch_size: int = ranged(128, 1, 65536)
    learning_rate: float = ranged(0.00015, 0, 0.1)
    targets: Literal["auto", "float", "labels"] = "auto"
    ranges: Literal["fixed", "learned"] = "fixed"
    ptq: Literal["auto", "plain", "learned"] = "auto"
    batch_norm: Literal["folded", "live"] = "folded"
    calibration_images: int | None = ranged(None, 1)
    min_agreement: float | None = ranged(None, 0, 1)
    fallback: Literal["float", "int16"] = "float"
