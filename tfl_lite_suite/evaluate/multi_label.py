"""The figures of a classifier whose pictures show any number of classes."""

from collections.abc import Sequence

import numpy as np

from tfl_lite_suite.core.decision_rules import Decided
from tfl_lite_suite.core.types import Array, Document
from tfl_lite_suite.evaluate import metrics
from tfl_lite_suite.evaluate.answers import Answers, as_rows
from tfl_lite_suite.evaluate.result import DecidedFigures, Figures


def figures(answers: Answers, truth: Array, class_names: Sequence[str], decided: Decided) -> Figures:
    """Compares answers with labels, any number of labels a picture.

    Args:
        answers: Of n pictures, n at least 1.
        truth: Which classes each shows, bool `(n, classes)`.
        class_names: Name of each class.
        decided: Which classes are answered.

    Returns:
        `top1` and `top5` are the shares of the pictures that show the class, or one of the five, with the greatest
        scores; `confusion` counts for each class that is shown (row) the answers (column).
    """
    shown = np.take_along_axis(truth, np.maximum(answers.top, 0), axis=1) & (answers.top >= 0)
    measured = metrics.measure_multi(truth, decided.answered, class_names, decided.probabilities)
    hits, count = int((truth & decided.answered).sum()), int(truth.sum() + decided.answered.sum())
    found = Figures(
        n=len(truth),
        top1=float(shown[:, 0].mean()),
        top5=float(shown.any(axis=1).mean()),
        **measured.figures(),
        micro_f1=2 * hits / count if count else None,
        exact_match=float((truth == decided.answered).all(axis=1).mean()),
        per_class=tuple(item.result(item.recall) for item in measured.per_class),
        confusion=as_rows(truth.astype(np.int64).T @ decided.answered.astype(np.int64)),
        ties=int(answers.ties.sum()),
        warnings=answers.warnings(),
    )
    return found if count else found.with_null("micro_f1")


def decided_figures(truth: Array, decided: Decided, decision: Document) -> DecidedFigures:
    """Returns `coverage`, the share with any answer, and `accuracy`, the share of those with exactly their classes."""
    answered, exact = ~decided.rejected, (truth == decided.answered).all(axis=1)
    right, count = int((answered & exact).sum()), int(answered.sum())
    return DecidedFigures(
        decision,
        count / len(truth),
        metrics.wilson(count, len(truth)),
        right / count if count else None,
        metrics.wilson(right, count),
    )
