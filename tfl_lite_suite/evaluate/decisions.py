"""What a file's decision does with pictures: how many it answers, how many of those rightly, and what it rejects."""

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from tfl_lite_suite.core.decision import Decision
from tfl_lite_suite.core.decision_rules import NONE_OF_THESE, Decided
from tfl_lite_suite.core.types import Array
from tfl_lite_suite.evaluate import metrics, multi_label
from tfl_lite_suite.evaluate.answers import MATRIX_CLASSES, as_rows
from tfl_lite_suite.evaluate.result import DecidedFigures, Separation, UnknownFigures

if TYPE_CHECKING:
    from tfl_lite_suite import data

# Share of the known pictures that is kept where scores for "none of these" are compared.
KEPT = 0.95


def figures(decision: Decision, decided: Decided, split: "data.Split", class_names: Sequence[str]) -> DecidedFigures:
    """Says what a decision does with labelled pictures.

    Args:
        decision: From the file.
        decided: What it made of their scores.
        split: The pictures.
        class_names: Name of each class; of more than `MATRIX_CLASSES` the confusion is null.
    """
    said = json.loads(decision.to_json())
    if split.targets is not None:
        return multi_label.decided_figures(split.targets, decided, said)
    labels = split.labels
    answered = int((~decided.rejected).sum())
    right = int((decided.top == labels).sum())
    size = len(class_names)
    columns, confusion = np.where(decided.rejected, size, decided.top), None
    if size <= MATRIX_CLASSES:
        cells = np.bincount(labels * (size + 1) + columns, minlength=size * (size + 1))
        confusion = as_rows(cells.reshape(size, size + 1))
    found = DecidedFigures(
        said,
        answered / len(labels),
        metrics.wilson(answered, len(labels)),
        right / answered if answered else None,
        metrics.wilson(right, answered),
        confusion,
    )
    return found if confusion is not None else found.with_null("confusion")


def unknown_figures(known: Decided, unknown: Decided) -> UnknownFigures:
    """Says what a decision does with pictures that are none of the classes.

    Args:
        known: What it made of pictures of the classes.
        unknown: What it made of those that are none of them.
    """
    answered, count = int((unknown.top != NONE_OF_THESE).sum()), len(unknown.top)
    by_certainty = separation(known.certainty, unknown.certainty)
    return UnknownFigures(
        auroc=by_certainty.auroc,
        false_alarms_at_95=by_certainty.false_alarms_at_95,
        n=count,
        false_alarms=answered / count,
        false_alarms_ci95=metrics.wilson(answered, count),
        by_max_probability=separation(known.probabilities.max(axis=1), unknown.probabilities.max(axis=1)),
    )


def separation(known: Array, unknown: Array) -> Separation:
    """Returns `auroc` and `false_alarms_at_95` of a score that is high for known pictures; NaN counts as lowest."""
    known, unknown = (np.where(np.isnan(values), -np.inf, values) for values in (known, unknown))
    truth = np.arange(len(known) + len(unknown)) < len(known)
    auroc, _ = metrics.ranking(truth, np.concatenate([known, unknown]))
    least = threshold_that_keeps(known, KEPT)
    return Separation(auroc, float((unknown >= least).mean()))


def threshold_that_keeps(values: Array, share: float) -> float:
    """Returns the greatest of some values that at least a share of them reach."""
    place = len(values) - max(1, int(np.ceil(share * len(values) - 1e-9)))
    return float(np.sort(values)[place])
