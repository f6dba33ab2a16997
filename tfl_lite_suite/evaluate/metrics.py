"""What a classifier's answers are worth: recall and precision of each class, ranking, calibration, risk."""

import dataclasses
import math
from collections.abc import Iterable, Sequence

import numpy as np

from tfl_lite_suite.core.types import Array, JsonObject
from tfl_lite_suite.evaluate.result import ClassResult

BINS = 15
_Z95 = 1.959964
_COVERAGES = tuple(step / 20 for step in range(1, 21))
_RESAMPLES = 1000
# Weights of bootstrap samples that are held at a time.
_AT_ONCE = 1_000_000


@dataclasses.dataclass(frozen=True)
class ClassMetrics:
    """One class against all others; `None` where the pictures do not say.

    Attributes:
        name: The class.
        n: Pictures of it.
        precision: Share of the pictures answered with it that are of it.
        recall: Share of its pictures that are answered with it.
        f1: Harmonic mean of the two.
        precision_ci95: 95 % interval of the precision, by Wilson.
        recall_ci95: 95 % interval of the recall, by Wilson.
        auroc: Probability that a picture of it has a higher probability of it than another picture.
        average_precision: Area below the curve of precision against recall.
    """

    name: str
    n: int
    precision: float | None
    recall: float | None
    f1: float | None
    precision_ci95: tuple[float, float] | None
    recall_ci95: tuple[float, float] | None
    auroc: float | None = None
    average_precision: float | None = None

    def result(self, top1: float | None) -> ClassResult:
        """Returns it as a part of what `evaluate` prints; `top1` is the share that has the highest score."""
        return ClassResult(label=self.name, top1=top1, **dataclasses.asdict(self))


@dataclasses.dataclass(frozen=True)
class Metrics:
    """A classifier on labelled pictures; `None` where the pictures do not say.

    Attributes:
        balanced_accuracy: Mean recall of the classes that have pictures.
        macro_f1: Mean F1 of the classes that have pictures or answers.
        auroc: Mean of the classes' area below the ROC curve.
        mean_average_precision: Mean of the classes' average precision.
        calibration_error: Mean distance between the greatest probability and how often it is right, over bins of
            equal width.
        calibration_error_by_chance: What probabilities that are exactly right would show on so many pictures, in the
            mean: with few pictures in a bin, how often they are right differs by chance.
        reliability: Of each bin that holds pictures `low`, `high`, `n`, mean `probability` and `accuracy`.
        risk_coverage: Of the surest `coverage` of the pictures the share whose most probable class is wrong, `risk`,
            and the `probability` of the least sure of them.
        per_class: Each class.
    """

    balanced_accuracy: float | None
    macro_f1: float | None
    auroc: float | None
    mean_average_precision: float | None
    calibration_error: float | None
    calibration_error_by_chance: float | None
    reliability: tuple[dict[str, float], ...]
    risk_coverage: tuple[dict[str, float], ...]
    per_class: tuple[ClassMetrics, ...]

    def figures(self) -> JsonObject:
        """Returns all but the classes, as fields of `Figures`."""
        names = [field.name for field in dataclasses.fields(self) if field.name != "per_class"]
        return {name: getattr(self, name) for name in names}


def measure(labels: Array, top: Array, class_names: Sequence[str], probabilities: Array | None = None) -> Metrics:
    """Compares answers with labels, one label a picture.

    Args:
        labels: True class of each picture, int64 `(n,)`.
        top: The class answered, int64 `(n,)`; −1 where there is no answer, which counts as wrong.
        class_names: Name of each class.
        probabilities: Of each class, `(n, classes)`; rows with NaN are left out of what needs them.

    Returns:
        The metrics; those that need probabilities are `None` or empty without them.
    """
    if probabilities is None:
        counts = _counts(labels, top, len(class_names))
        return _of_classes(map(_counted, class_names, *counts), np.empty(0), np.empty(0, bool))
    truth = labels[:, None] == np.arange(len(class_names))
    answered = top[:, None] == np.arange(len(class_names))
    # Whether a probability is true does not depend on whether it sufficed for an answer.
    usable = ~np.isnan(probabilities).any(axis=1)
    sure = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == labels
    return _metrics(truth, answered, class_names, probabilities, sure[usable], right[usable])


def measure_multi(truth: Array, answered: Array, class_names: Sequence[str], probabilities: Array) -> Metrics:
    """Compares answers with labels, any number of labels a picture.

    Args:
        truth: Which classes each picture shows, bool `(n, classes)`.
        answered: Which classes are answered, bool `(n, classes)`.
        class_names: Name of each class.
        probabilities: Of each class by itself, `(n, classes)`.

    Returns:
        The metrics. Calibration, risk and coverage are those of every class of every picture: answered rightly if it
        is answered and there, or neither.
    """
    usable = ~np.isnan(probabilities)
    sure = np.maximum(probabilities, 1 - probabilities)[usable]
    right = ((probabilities >= 0.5) == truth)[usable]
    return _metrics(truth, answered, class_names, probabilities, sure, right)


def measure_sets(
    shown: Sequence[Sequence[int]], answered: Sequence[Sequence[int]], class_names: Sequence[str]
) -> Metrics:
    """Compares the classes answered with those that each picture shows; what needs probabilities is absent.

    Args:
        shown: The classes of each picture.
        answered: Those answered.
        class_names: Name of each class.
    """
    pairs = [(set(own), set(given)) for own, given in zip(shown, answered, strict=True)]
    each = (
        _counted(
            name,
            sum(index in own for own, _ in pairs),
            sum(index in given for _, given in pairs),
            sum(index in own & given for own, given in pairs),
        )
        for index, name in enumerate(class_names)
    )
    return _of_classes(each, np.empty(0), np.empty(0, bool))


def _metrics(
    truth: Array,
    answered: Array,
    class_names: Sequence[str],
    probabilities: Array,
    sure: Array,
    right: Array,
) -> Metrics:
    each = (
        _of_class(name, truth[:, index], answered[:, index], probabilities[:, index])
        for index, name in enumerate(class_names)
    )
    return _of_classes(each, sure, right)


def _of_classes(each: Iterable[ClassMetrics], sure: Array, right: Array) -> Metrics:
    classes = tuple(each)
    return Metrics(
        balanced_accuracy=_mean([item.recall for item in classes]),
        macro_f1=_mean([item.f1 for item in classes]),
        auroc=_mean([item.auroc for item in classes]),
        mean_average_precision=_mean([item.average_precision for item in classes]),
        calibration_error=calibration_error(sure, right) if len(sure) else None,
        calibration_error_by_chance=calibration_error_by_chance(sure) if len(sure) else None,
        reliability=reliability(sure, right),
        risk_coverage=risk_coverage(sure, right),
        per_class=classes,
    )


def _of_class(name: str, truth: Array, answered: Array, scores: Array) -> ClassMetrics:
    counts = int(truth.sum()), int(answered.sum()), int((truth & answered).sum())
    return _counted(name, *counts, ranking(truth, scores))


def _counts(labels: Array, top: Array, classes: int) -> list[list[int]]:
    """Returns for each class its pictures, its answers, and the answers that are right; nothing is as large as n²."""
    of_it, answers, hits = (labels, top[top >= 0], labels[labels == top])
    return [np.bincount(found, minlength=classes).tolist() for found in (of_it, answers, hits)]


def _counted(
    name: str, of_it: int, answers: int, hits: int, ranks: tuple[float | None, float | None] = (None, None)
) -> ClassMetrics:
    return ClassMetrics(
        name,
        of_it,
        hits / answers if answers else None,
        hits / of_it if of_it else None,
        2 * hits / (of_it + answers) if of_it + answers else None,
        wilson(hits, answers),
        wilson(hits, of_it),
        *ranks,
    )


def wilson(hits: float, count: float) -> tuple[float, float] | None:
    """Returns the 95 % interval of a share; `None` of nothing.

    Source: Wilson, 1927, https://doi.org/10.1080/01621459.1927.10502953.
    """
    if not count:
        return None
    share, spread = hits / count, _Z95**2 / count
    middle = share + spread / 2
    half = math.sqrt(spread * (share * (1 - share) + spread / 4))
    low, high = (middle - half) / (1 + spread), (middle + half) / (1 + spread)
    # Exact at the ends, where rounding would leave a trace.
    return (0.0 if hits == 0 else low, 1.0 if hits == count else high)


def ranking(truth: Array, scores: Array) -> tuple[float | None, float | None]:
    """Returns area below the ROC curve, ties counting half, and average precision, ties as one step.

    Args:
        truth: Which pictures are of the class, bool `(n,)`.
        scores: Higher for the class; pictures with NaN are left out.

    Returns:
        `None` for what needs a picture of the class, or one of another.
    """
    usable = ~np.isnan(scores)
    truth, scores = truth[usable], scores[usable]
    order = np.argsort(-scores, kind="stable")
    ends = np.append(np.flatnonzero(np.diff(scores[order])), len(scores) - 1)
    hits = np.cumsum(truth[order])[ends] if len(scores) else np.zeros(0)
    positives = int(truth.sum())
    negatives = len(truth) - positives
    if not positives:
        return None, None
    steps = np.diff(hits, prepend=0) / positives
    average_precision = float((steps * hits / (ends + 1)).sum())
    if not negatives:
        return None, average_precision
    recall = np.concatenate([[0], hits / positives])
    false = np.concatenate([[0], (ends + 1 - hits) / negatives])
    auroc = float(((false[1:] - false[:-1]) * (recall[1:] + recall[:-1])).sum() / 2)
    return auroc, average_precision


def calibration_error(sure: Array, right: Array, weights: Array | None = None) -> float:
    """Returns the expected calibration error over 15 bins of equal width.

    Args:
        sure: Probability of the answer, `(n,)`.
        right: Whether the answer is right, `(n,)`.
        weights: How often each picture counts; once if absent.

    Source: Guo et al., 2017, https://arxiv.org/abs/1706.04599, equation 3.
    """
    weights = np.ones(len(sure)) if weights is None else weights
    return float(_calibration_errors(sure, right, weights[None])[0])


def calibration_error_by_chance(sure: Array) -> float:
    """Returns the calibration error that is to be expected if every probability is exactly right.

    Args:
        sure: Probability of the answer, `(n,)`.
    """
    # The sum of a bin's differences is nearly normal, and the mean distance of that from 0 is sqrt(2 / pi) deviations.
    variances = np.bincount(_bins(sure), sure * (1 - sure), BINS)
    return float(np.sqrt(np.maximum(variances, 0)).sum() * math.sqrt(2 / math.pi) / len(sure))


def _bins(sure: Array) -> Array:
    # A bin takes in its upper end.
    places: Array = np.clip(np.ceil(sure * BINS).astype(np.int64) - 1, 0, BINS - 1)
    return places


def reliability(sure: Array, right: Array) -> tuple[dict[str, float], ...]:
    """Returns the reliability diagram; see `Metrics.reliability`."""
    bins = _bins(sure)
    found = []
    for index in np.unique(bins):
        inside = bins == index
        found.append(
            {
                "low": float(index / BINS),
                "high": float((index + 1) / BINS),
                "n": int(inside.sum()),
                "probability": float(sure[inside].mean()),
                "accuracy": float(right[inside].mean()),
            }
        )
    return tuple(found)


def risk_coverage(sure: Array, right: Array) -> tuple[dict[str, float], ...]:
    """Returns how many answers are wrong if only the surest are given; see `Metrics.risk_coverage`."""
    order = np.argsort(-sure, kind="stable")
    wrong = np.cumsum(~right[order].astype(bool))
    places = sorted({max(1, round(share * len(sure))) - 1 for share in _COVERAGES}) if len(sure) else []
    return tuple(
        {
            "coverage": (place + 1) / len(sure),
            "risk": float(wrong[place] / (place + 1)),
            "probability": float(sure[order[place]]),
        }
        for place in places
    )


def paired_intervals(
    labels: Array,
    before: tuple[Array, Array | None],
    after: tuple[Array, Array | None],
    classes: int,
) -> dict[str, JsonObject]:
    """Compares the metrics of two models on the same pictures, by drawing those pictures again and again.

    Args:
        labels: True class of each picture, int64 `(n,)`.
        before: The first model's answers, int64 `(n,)`, and the probability of each, or `None`.
        after: As `before`, of the second model.
        classes: Number of classes.

    Returns:
        For `balanced_accuracy`, `macro_f1` and, with probabilities, `calibration_error`: `before`, `after`,
        `difference`, `ci95` (of the difference, from 1,000 paired bootstrap samples) and `shown`, whether it leaves
        out 0.
    """
    rng, count = np.random.default_rng(0), len(labels)
    even = np.full(count, 1 / count)

    def figures(weights: Array) -> dict[str, Array]:
        pairs = [_weighted(labels, top, classes, weights) for top, _ in (before, after)]
        found = {name: np.stack([pair[name] for pair in pairs], axis=1) for name in pairs[0]}
        if before[1] is not None and after[1] is not None:
            errors = [_calibration_errors(sure, top == labels, weights) for top, sure in (before, after)]  # type: ignore[arg-type]
            found["calibration_error"] = np.stack(errors, axis=1)
        return found

    whole = figures(np.ones((1, count)))
    # As many samples at a time as fit in little memory.
    at_once = min(_RESAMPLES, 1 + _AT_ONCE // max(1, count))
    sizes = [min(at_once, _RESAMPLES - start) for start in range(0, _RESAMPLES, at_once)]
    drawn = [figures(rng.multinomial(count, even, size).astype(float)) for size in sizes]
    return {name: _interval(whole[name][0], np.concatenate([draw[name] for draw in drawn])) for name in whole}


def _interval(whole: Array, drawn: Array) -> JsonObject:
    low, high = np.nanpercentile(drawn[:, 1] - drawn[:, 0], [2.5, 97.5])
    return {
        "before": float(whole[0]),
        "after": float(whole[1]),
        "difference": float(whole[1] - whole[0]),
        "ci95": [float(low), float(high)],
        "shown": bool(low > 0 or high < 0),
    }


def _weighted(labels: Array, top: Array, classes: int, weights: Array) -> dict[str, Array]:
    """Returns balanced accuracy and macro F1 for each row of weights."""
    answered, right = top >= 0, labels == top
    of_it = _summed(labels, weights, classes)
    answers = _summed(top[answered], weights[:, answered], classes)
    hits = _summed(labels[right], weights[:, right], classes)
    with np.errstate(invalid="ignore"):
        return {
            "balanced_accuracy": np.nanmean(hits / of_it, axis=1),
            "macro_f1": np.nanmean(2 * hits / (of_it + answers), axis=1),
        }


def _calibration_errors(sure: Array, right: Array, weights: Array) -> Array:
    """Returns the `calibration_error` for each row of weights."""
    gaps = _summed(_bins(sure), weights * (sure - right), BINS)
    return np.asarray(np.abs(gaps).sum(axis=1) / weights.sum(axis=1))


def _summed(places: Array, weights: Array, size: int) -> Array:
    """Sums each row of weights by place: from `(n,)` and `(rows, n)` to `(rows, size)`."""
    rows = np.arange(len(weights))[:, None] * size
    return np.bincount((rows + places).ravel(), weights.ravel(), len(weights) * size).reshape(-1, size)


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None
