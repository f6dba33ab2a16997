"""The figures of a classifier whose pictures show any number of classes."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from tfl_lite_suite.core.decision_rules import Decided
from tfl_lite_suite.evaluate import metrics
from tfl_lite_suite.evaluate.answers import Answers


def figures(answers: Answers, truth: np.ndarray, class_names: Sequence[str], decided: Decided) -> dict[str, Any]:
    """Compares answers with labels, any number of labels a picture.

    Args:
        answers: Of n pictures, n at least 1.
        truth: Which classes each shows, bool `(n, classes)`.
        class_names: Name of each class.
        decided: Which classes are answered.

    Returns:
        The keys of `answers.figures`, where `top1` and `top5` are the shares of the pictures that show the class, or
        one of the five, with the greatest scores, and `confusion` counts for each class that is shown (row) the
        answers (column); and `micro_f1`, over all classes of all pictures, and `exact_match`, the share of the pictures
        all of whose classes are answered and no others.
    """
    shown = np.take_along_axis(truth, np.maximum(answers.top, 0), axis=1) & (answers.top >= 0)
    measured = metrics.measure_multi(truth, decided.answered, class_names, decided.probabilities).to_json()
    hits, count = int((truth & decided.answered).sum()), int(truth.sum() + decided.answered.sum())
    warnings = list(answers.notes)
    broken = int((answers.top[:, 0] < 0).sum())
    if broken:
        warnings.append(f"{broken} answers hold NaN and count as wrong. Look for an overflow in the model")
    return {
        "n": len(truth),
        "top1": float(shown[:, 0].mean()),
        "top5": float(shown.any(axis=1).mean()),
        **measured,
        "micro_f1": 2 * hits / count if count else None,
        "exact_match": float((truth == decided.answered).all(axis=1).mean()),
        "per_class": [{"label": item["name"], **item, "top1": item["recall"]} for item in measured["per_class"]],
        "confusion": (truth.astype(np.int64).T @ decided.answered.astype(np.int64)).tolist(),
        "ties": int(answers.ties.sum()),
        "warnings": warnings,
    }


def decided_figures(truth: np.ndarray, decided: Decided) -> dict[str, Any]:
    """Returns `coverage`, the share with any answer, and `accuracy`, the share of those with exactly their classes."""
    answered, exact = ~decided.rejected, (truth == decided.answered).all(axis=1)
    right, count = int((answered & exact).sum()), int(answered.sum())
    return {
        "coverage": count / len(truth),
        "coverage_ci95": metrics.wilson(count, len(truth)),
        "accuracy": right / count if count else None,
        "accuracy_ci95": metrics.wilson(right, count),
    }
