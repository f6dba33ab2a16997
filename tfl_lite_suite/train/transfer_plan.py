"""How long and how fast a pretrained network is fine-tuned: by the number of pictures and the time there is."""

import dataclasses
import math

import numpy as np

from tfl_lite_suite.core.recipe import Train
from tfl_lite_suite.data import Split, splits

# A step of training over the forward pass of as many pictures; measured at 2 to 3.5.
_STEP_OVER_FORWARD = 3.5
_EPOCHS_AT_THOUSAND = 24.0
_FEWEST_EPOCHS, _MOST_EPOCHS = 4, 20
_FIRST_RATE = 0.3
# Adam's rate. Few steps leave no time to recover from large ones: at 0.0005, a network of 60 pictures was ruined.
_LEAST_RATE, _GREATEST_RATE, _STEPS_AT_LEAST_RATE = 1e-4, 3e-4, 300
# Up to so many pictures, networks of folds judge fine-tuning, for a tenth of them would tell nothing.
_FEW = 600
_FOLDS = 3


@dataclasses.dataclass(frozen=True)
class Plan:
    """A fine-tuning.

    Attributes:
        epochs: Passes over the pictures.
        pictures: How many of the training pictures it learns from.
        batch_size: Pictures a step.
        optimizer: Name of the optimizer.
        learning_rate: Peak learning rate of the classifier.
        first_rate: What it is multiplied by for the first layer.
        warmup_epochs: Epochs of linear warm-up.
        folds: Parts of the cross-validation by which it is judged; 0 for the validation pictures.
        reason: Why there is no fine-tuning; empty if there is.
    """

    epochs: int
    pictures: int
    batch_size: int
    optimizer: str
    learning_rate: float
    first_rate: float
    warmup_epochs: float
    folds: int
    reason: str = ""


def plan(settings: Train, train: int, validation: int, picture_seconds: float, seconds: float) -> Plan:
    """Plans a fine-tuning.

    Args:
        settings: The recipe's `train` section; of it, what differs from its default is kept.
        train: Number of training pictures.
        validation: Number of validation pictures.
        picture_seconds: How long the frozen network takes for a picture.
        seconds: How long fine-tuning may take.
    """
    defaults = {field.name: field.default for field in dataclasses.fields(Train)}
    given = {key for key, value in defaults.items() if getattr(settings, key) != value}
    step_seconds = _STEP_OVER_FORWARD * picture_seconds
    affordable = max(seconds, 0) / step_seconds
    epochs, pictures = settings.epochs, train
    if "epochs" not in given:
        wanted = round(_EPOCHS_AT_THOUSAND * math.sqrt(1000 / train))
        epochs = min(max(wanted, _FEWEST_EPOCHS), _MOST_EPOCHS, max(int(affordable / train), 1))
        pictures = min(train, int(affordable))
    together = train + validation
    # The folds' networks each learn from all pictures but one part, then one from all.
    by_folds = together <= _FEW and _FOLDS * together * epochs <= affordable
    own_rate = bool(given & {"optimizer", "learning_rate"})
    batch_size = settings.batch_size if "batch_size" in given else 32 if train >= 256 else 16
    rate = _LEAST_RATE * epochs * pictures / batch_size / _STEPS_AT_LEAST_RATE
    return Plan(
        epochs=epochs,
        pictures=pictures,
        batch_size=batch_size,
        optimizer=settings.optimizer if own_rate else "adam",
        learning_rate=settings.learning_rate if own_rate else min(max(rate, _LEAST_RATE), _GREATEST_RATE),
        first_rate=_FIRST_RATE,
        warmup_epochs=min(settings.warmup_epochs if "warmup_epochs" in given else epochs / 10, epochs / 2),
        folds=_FOLDS if by_folds else 0,
        reason=_against(settings, epochs, pictures, validation, by_folds),
    )


def _against(settings: Train, epochs: int, pictures: int, validation: int, by_folds: bool) -> str:
    """Returns why there is no fine-tuning, or nothing."""
    kept = "the linear probe is kept: "
    if settings.transfer == "probe":
        return f"{kept}train.transfer is probe"
    if not epochs:
        return f"{kept}train.epochs is 0"
    if pictures < settings.batch_size and pictures < 16:
        return f"{kept}train.budget_minutes ({settings.budget_minutes:g}) leaves no time for fine-tuning"
    if not validation and not by_folds:
        return f"{kept}without validation pictures (data.validation_fraction) nothing tells if fine-tuning is better"
    return ""


def some(split: Split, count: int, seed: int) -> Split:
    """Returns some pictures of a split, every class in proportion."""
    return split.subset(splits.limited(np.asarray(split.labels), split.keys, count, seed))
