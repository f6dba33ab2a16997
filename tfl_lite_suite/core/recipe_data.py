"""The section `data` of a recipe: which images, how they are prepared and changed at random."""

import dataclasses
from typing import Literal

from tfl_lite_suite.core.dataclass_parser import ranged
from tfl_lite_suite.core.errors import SuiteError


@dataclasses.dataclass(frozen=True)
class Augment:
    """Random changes to training images; each is off by default.

    Attributes:
        flip: Mirror an image left-right with probability ½.
        crop: Largest share of height and width by which an image is shifted or made smaller.
        color: Largest relative change of brightness, contrast and saturation.
        rand_augment_layers: Number of operations of RandAugment applied to each image.
        rand_augment_magnitude: Their strength, 0 to 10.
        mixup: Alpha of mixup's beta distribution; 0 turns it off.
        cutmix: Alpha of CutMix's beta distribution; 0 turns it off.
        erasing: Probability that a random rectangle is erased.
    """

    flip: bool = False
    crop: float = ranged(0.0, 0, 0.9)
    color: float = ranged(0.0, 0, 1)
    rand_augment_layers: int = ranged(0, 0, 8)
    rand_augment_magnitude: float = ranged(9.0, 0, 10)
    mixup: float = ranged(0.0, 0, 10)
    cutmix: float = ranged(0.0, 0, 10)
    erasing: float = ranged(0.0, 0, 1)


@dataclasses.dataclass(frozen=True)
class Data:
    """Which images, and the preprocessing contract.

    Attributes:
        source: `fashion_mnist`, a folder with one subfolder for each class, a CSV of labels or the folder that contains
            it, or a folder of TFRecords.
        resolution: Size of the input tensor in pixels: the side of a square, or `[height, width]`.
        unknown: A folder of pictures of none of the classes. They are used to decide when the answer is "none of
            these".
        color: `rgb`, or `grey` (one channel).
        fit: `crop` uses the centre of the picture and keeps the aspect ratio; `stretch` uses the whole picture.
        crop_fraction: Size of the centre crop relative to the size to which the picture is scaled before.
        contrast: `none`, or `stretch`: the darkest value becomes 0 and the brightest 255, after resizing.
        validation_fraction: Share of the training images that is used to choose the best epoch, not for training.
        test_fraction: Share of all images that is used for the final figures only; unused if the source has a test
            split.
        on_corrupt: Whether an unreadable picture stops the run or is skipped and counted.
        balance: What is done for rare classes: `none`; `sample` shows every class equally often; `weights` multiplies
            the loss of a picture by how rare its class is.
        fold: `[number, of]`, for cross-validation: all images are divided into `of` equal parts, and part `number`
            (from 0) is the test split. `run --folds=5` makes all five runs. Splits of the source are ignored.
        train_limit: Largest number of training images; all if absent.
        test_limit: Largest number of test images; all if absent.
        augment: Random changes to training images.
    """

    source: str
    resolution: int | tuple[int, int] = ranged(224, 16, 1024)
    unknown: str | None = None
    color: Literal["rgb", "grey"] = "rgb"
    fit: Literal["crop", "stretch"] = "crop"
    crop_fraction: float = ranged(1.0, 0.5, 1)
    contrast: Literal["none", "stretch"] = "none"
    validation_fraction: float = ranged(0.1, 0.0, 0.5)
    test_fraction: float = ranged(0.1, 0.0, 0.5)
    on_corrupt: Literal["error", "skip"] = "error"
    balance: Literal["none", "sample", "weights"] = "none"
    fold: tuple[int, int] | None = ranged(None, 0, 100)
    train_limit: int | None = ranged(None, 1)
    test_limit: int | None = ranged(None, 1)
    augment: Augment = Augment()

    def __post_init__(self) -> None:
        if self.fold is not None and not 0 <= self.fold[0] < self.fold[1]:
            raise SuiteError(
                f"data.fold: expected [number, of], the number below the other. Received: {list(self.fold)}"
            )

    @property
    def size(self) -> tuple[int, int]:
        """`(height, width)` of the input tensor."""
        return self.resolution if isinstance(self.resolution, tuple) else (self.resolution, self.resolution)
