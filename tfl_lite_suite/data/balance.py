"""How unbalanced the classes of a set are, and which training settings that asks for."""

import dataclasses
from collections.abc import Sequence

import numpy as np

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.core.recipe import Recipe, Train
from tfl_lite_suite.core.types import Array
from tfl_lite_suite.data.samples import Split

# Pictures of the commonest class for each one of the rarest, from which on classes count as unbalanced.
UNBALANCED = 5.0


def imbalance(counts: Sequence[int]) -> float:
    """Returns how many pictures the commonest class has for each of the rarest; infinite where a class has none."""
    return max(counts) / min(counts) if min(counts) else float("inf")


def class_weights(counts: Sequence[int]) -> Array:
    """Returns by how much each class weighs more than a class of average size: float32 `(classes,)`.

    Over all labels the mean weight is 1.
    """
    known = np.maximum(np.asarray(counts, np.float32), 1)
    return known.sum() / len(known) / known


def resolved(train: Train, split: Split, balance: str = "none", transfers: bool = False) -> Train:
    """Returns training settings with a choice in place of each `auto`.

    Args:
        train: The recipe's `train` section.
        split: The training pictures.
        balance: The recipe's `data.balance`.
        transfers: Whether the network begins with pretrained weights. It is judged by pictures and by classes alike,
            then, and `logit_adjusted` would give up one for the other.

    Raises:
        SuiteError: If pictures have several labels, and the loss is for one.
    """
    several, skewed = split.targets is not None, imbalance(split.class_counts) >= UNBALANCED
    loss, select = train.loss, train.select
    if loss == "auto":
        adjusted = skewed and balance == "none" and not transfers
        loss = "binary" if several else "logit_adjusted" if adjusted else "cross_entropy"
    if select == "auto":
        select = "macro_f1" if several or skewed else "top1"
    if several and loss != "binary":
        raise SuiteError(
            f"train.loss: '{loss}' is for one label a picture, and pictures here have several. Use binary, or auto"
        )
    return dataclasses.replace(train, loss=loss, select=select)


def notes(settings: Recipe, split: Split) -> list[str]:
    """Returns what a user should know about the balance of the training pictures and what the recipe makes of it."""
    train, counts = settings.train, split.class_counts
    chosen = resolved(train, split, settings.data.balance, settings.transfers)
    picked = [
        f"train.{key}: auto chose {getattr(chosen, key)}" for key in ("loss", "select") if getattr(train, key) == "auto"
    ]
    ratio = imbalance(counts)
    digits = 1 if ratio < 10 else 0
    state = f"the commonest class has {ratio:.{digits}f} times as many training pictures as the rarest"
    if ratio == 1:
        state = "every class has as many training pictures"
    if picked:
        why = "several labels a picture" if split.targets is not None else state
        return [f"{'; '.join(picked)} ({why})"]
    helped = settings.data.balance != "none" or chosen.loss in ("logit_adjusted", "binary")
    if ratio < UNBALANCED or (helped and chosen.select != "top1"):
        return []
    missing = [*["train.loss=auto"] * (not helped), *["train.select=auto"] * (chosen.select == "top1")]
    flags = " ".join(f"--set={setting}" for setting in missing)
    return [f"warning: {state}. To make the rare ones count: train {flags}"]
