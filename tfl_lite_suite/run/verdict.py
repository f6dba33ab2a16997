"""What a run comes to: which file to ship, how good it is, what it cost against float, what to do and to doubt."""

import dataclasses
import pathlib
import shlex
from collections.abc import Sequence

from tfl_lite_suite.core.figures import percent
from tfl_lite_suite.core.result import Interval, Result, Share, called
from tfl_lite_suite.core.types import Document
from tfl_lite_suite.evaluate.metrics import wilson
from tfl_lite_suite.evaluate.result import ClassResult
from tfl_lite_suite.run import result
from tfl_lite_suite.run.result import ConvertedFile, EvaluatedFile, TimedFile

KEY = "verdict"
# A file may be this much less accurate than the best one, if it is smaller; files of nearly one size are equal.
TOLERANCE, SAME_SIZE = 0.01, 1.05
_WIDE_INTERVAL, _FEW_OF_CLASS, _MUCH_CUT, _MOST_NAMED = 0.10, 10, 0.10, 5


@dataclasses.dataclass(frozen=True, kw_only=True)
class SeveralLabels(Result):
    """How good the answers are where pictures show several labels."""

    mean_average_precision: Share | None
    micro_f1: Share | None
    exact_match: Share | None


@dataclasses.dataclass(frozen=True, kw_only=True)
class Baseline(Result):
    """The commonest class, and the top-1 of always answering it."""

    commonest: str = called("class")
    top1: Share


@dataclasses.dataclass(frozen=True, kw_only=True)
class WorstClass(Result):
    """The class that is found least often."""

    name: str
    n: int
    recall: Share
    recall_ci95: Interval | None


@dataclasses.dataclass(frozen=True, kw_only=True)
class AgainstFloat(Result):
    """The change of top-1 against the float network; size and latency as shares of those of the float32 file."""

    points: float | None
    ci95: Interval | None
    verdict: str | None
    bytes: float | None
    latency: float | None


@dataclasses.dataclass(frozen=True, kw_only=True)
class NextStep(Result):
    """What to do next, and the command that does it."""

    what: str
    command: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class Verdict(Result):
    """The file to ship, and what is known of it.

    Attributes:
        file: Its name.
        path: Where it lies.
        scheme: `float32`, `float16`, `dynamic` or `int8`.
        runtime: The engine and version that the figures are of.
        reason: Why this file.
        file_bytes: Its size.
        n: Test pictures.
        top1: Share of them that is answered rightly.
        top1_ci95: 95 % interval of `top1`, by Wilson.
        several_labels: `None` with one label a picture.
        baseline: `None` with several labels a picture.
        worst_class: `None` where no class has pictures.
        against_float: Its attributes are `None` where they were not measured.
        latency_ms: Median latency on the machine that ran the recipe.
        next: What to do next.
        worries: What may be wrong with the figures or the file, in sentences.
    """

    file: str
    path: str
    scheme: str
    runtime: str
    reason: str
    file_bytes: int
    n: int
    top1: Share
    top1_ci95: Interval
    several_labels: SeveralLabels | None
    baseline: Baseline | None
    worst_class: WorstClass | None
    against_float: AgainstFloat
    latency_ms: float | None
    next: tuple[NextStep, ...]
    worries: tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class _Measured:
    """A file, where it lies, its accuracy on the first engine that evaluated it, and its latency there."""

    file: ConvertedFile
    path: pathlib.Path
    accuracy: EvaluatedFile
    timing: TimedFile | None

    @property
    def right(self) -> int:
        """Pictures that are answered rightly: of several labels, with all of them and no others."""
        exact = self.accuracy.exact_match
        return round((self.accuracy.top1 if exact is None else exact) * self.accuracy.n)

    @property
    def ms(self) -> float | None:
        return self.timing.latency_ms.p50 if self.timing else None

    @property
    def bytes(self) -> int:
        return self.file.file_bytes or self.accuracy.model_bytes


def give(results: Document, workdir: pathlib.Path, cut_away: float = 0.0) -> Verdict | None:
    """Judges a run.

    Args:
        results: Each stage's results, by its name, and the `ledger`.
        workdir: The work folder.
        cut_away: Share of a picture's area that the preprocessing leaves out.

    Returns:
        The verdict; `None` where no file was evaluated.
    """
    files = _measured(results, workdir)
    if not files:
        return None
    chosen, reason = _choose(files, results)
    accuracy = chosen.accuracy
    counted = [item for item in accuracy.per_class if item.n]
    single = sum(item.n for item in counted) == accuracy.n
    commonest = max(counted, key=lambda item: item.n, default=None)
    baseline = Baseline(commonest=_name(commonest), top1=commonest.n / accuracy.n) if commonest and single else None
    known = [(item.recall, -item.n, item) for item in counted if item.recall is not None]
    worst = min(known, key=lambda one: one[:2])[2] if known else None
    found = Verdict(
        file=chosen.file.name,
        path=str(chosen.path),
        scheme=chosen.file.scheme or "",
        runtime=f"{accuracy.engine} {accuracy.engine_version}",
        reason=reason,
        file_bytes=chosen.bytes,
        n=accuracy.n,
        top1=accuracy.top1,
        top1_ci95=wilson(round(accuracy.top1 * accuracy.n), accuracy.n) or (0.0, 1.0),
        several_labels=_several_labels(accuracy),
        baseline=baseline,
        worst_class=None if worst is None else _described(worst),
        against_float=_against_float(chosen, files, results),
        latency_ms=chosen.ms,
        next=(),
        worries=(),
    )
    worries = [*_doubts(found, accuracy), *_about_pictures(counted, cut_away), *_about_run(found, chosen, results)]
    return dataclasses.replace(found, worries=tuple(worries), next=tuple(_next(found, workdir)))


def _several_labels(accuracy: EvaluatedFile) -> SeveralLabels | None:
    if accuracy.exact_match is None:
        return None
    return SeveralLabels(
        mean_average_precision=accuracy.mean_average_precision,
        micro_f1=accuracy.micro_f1,
        exact_match=accuracy.exact_match,
    )


def _measured(results: Document, workdir: pathlib.Path) -> list[_Measured]:
    """Returns every file that was evaluated."""
    where = str(workdir / "results.json")
    files = {file.name: file for file in reversed(result.converted(results, where))}
    # The work folder may have been moved since.
    paths = {name: workdir / "convert" / name / f"{name}.tflite" for name in files}
    for step, row in result.decided(results, where):
        paths[row.name] = workdir / step / row.name / f"{row.name}.tflite"
    timed = {(row.name, row.engine): row for row in result.timed(results, where)}
    found: dict[str, _Measured] = {}
    for of_file in result.evaluated(results, where):
        name = of_file.name
        if name in files and of_file.n and name not in found:
            found[name] = _Measured(files[name], paths[name], of_file, timed.get((name, of_file.engine)))
    return list(found.values())


def _choose(files: Sequence[_Measured], results: Document) -> tuple[_Measured, str]:
    """Returns the file to ship and why."""
    broken = {check.file for check in result.checked(results) if not check.ok}
    kept = [file for file in files if file.file.name not in broken] or list(files)
    best = max(kept, key=lambda file: file.right)
    # A tolerance below one picture would let a single picture choose.
    allowed = max(TOLERANCE * best.accuracy.n, 1)
    near = [file for file in kept if file.right >= best.right - allowed]
    smallest = min(file.bytes for file in near)
    small = [file for file in near if file.bytes <= SAME_SIZE * smallest]
    chosen = max(small, key=lambda file: (file.right, -(file.ms or 0.0), -file.bytes))
    within = "1 point" if TOLERANCE * best.accuracy.n >= 1 else "one picture"
    limits = ", of those that keep the budget" if broken and len(kept) < len(files) else ""
    if len(files) == 1:
        return chosen, "the only file that was evaluated"
    if chosen is best and len(small) == len(near):
        return chosen, f"the most accurate file{limits}"
    return chosen, f"the smallest file within {within} of the best one{limits}"


def _against_float(chosen: _Measured, files: Sequence[_Measured], results: Document) -> AgainstFloat:
    model = chosen.file.name, chosen.accuracy.engine
    rows = [row for row in result.ledger(results) if (row.name, row.runtime.split()[0]) == model]
    change = next((row.against_float for row in rows if row.against_float), None)
    whole = next((file for file in files if file.file.scheme == "float32" and file is not chosen), None)
    return AgainstFloat(
        points=change.points if change else None,
        ci95=change.ci95 if change else None,
        verdict=change.verdict if change else None,
        bytes=chosen.bytes / whole.bytes if whole else None,
        latency=chosen.ms / whole.ms if whole and whole.ms and chosen.ms else None,
    )


def _doubts(found: Verdict, accuracy: EvaluatedFile) -> list[str]:
    """Returns what the accuracy leaves open."""
    low, high = found.top1_ci95
    worries = []
    if high - low > _WIDE_INTERVAL:
        worries.append(
            f"{found.n} test pictures are few: the true accuracy may be anywhere from {percent(low)} to "
            f"{percent(high)}. Cross-validation tests on every picture"
        )
    if found.baseline and low <= found.baseline.top1:
        worries.append(f"the file is not shown to be better than always answering '{found.baseline.commonest}'")
    names, counts = [_name(item) for item in accuracy.per_class], accuracy.confusion or ()
    never = [
        name for place, name in enumerate(names) if counts and sum(counts[place]) and not sum(c[place] for c in counts)
    ]
    if never:
        worries.append(f"never answered: {_listed(never)}")
    return worries


def _about_pictures(counted: Sequence[ClassResult], cut_away: float) -> list[str]:
    worries = []
    few = [f"{_name(item)} ({item.n})" for item in counted if item.n < _FEW_OF_CLASS]
    if few:
        worries.append(f"fewer than {_FEW_OF_CLASS} test pictures, so that their recall says little: {_listed(few)}")
    if cut_away >= _MUCH_CUT:
        worries.append(
            f"the centre crop cuts away {100 * cut_away:.0f} % of a picture's area on average. Where the edges matter, "
            "run --set=data.fit=stretch"
        )
    return worries


def _about_run(found: Verdict, chosen: _Measured, results: Document) -> list[str]:
    worries, change = [], found.against_float
    if change.verdict == "loss" and (change.points or 0.0) < -TOLERANCE:
        worries.append(f"{found.scheme} costs {-100 * (change.points or 0.0):.2f} points against the float network")
    limits = [check.limit for check in result.checked(results) if not check.ok and check.file == found.file]
    if limits:
        worries.append(f"it breaks the budget: {_listed(limits)}")
    if chosen.timing and not chosen.timing.valid:
        worries.append("the machine was busy while the latency was measured: measure it again on the device")
    return worries


def _next(found: Verdict, workdir: pathlib.Path) -> list[NextStep]:
    model = f"--model={found.path}"
    low, high = found.top1_ci95
    if high - low > _WIDE_INTERVAL:
        recipe, folds = workdir / "recipe.yaml", f"{workdir}_folds"
        third = _command("test on every picture", "run", f"--recipe={recipe}", "--folds=5", f"--workdir={folds}")
    else:
        third = _command("look at what it gets wrong", "report", f"--workdir={workdir}")
    return [
        _command("try it on a picture", "predict", model, "--picture=PICTURE.jpg"),
        _command("measure it on your device", "benchmark", model, "--target=ssh:USER@HOST"),
        third,
    ]


def _command(what: str, verb: str, *flags: str) -> NextStep:
    return NextStep(what=what, command=shlex.join(["python", "-m", f"tfl_lite_suite.{verb}", *flags]))


def _described(worst: ClassResult) -> WorstClass:
    recall = float("nan") if worst.recall is None else worst.recall
    return WorstClass(name=_name(worst), n=worst.n, recall=recall, recall_ci95=worst.recall_ci95)


def _name(item: ClassResult) -> str:
    return item.name or item.label


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _MOST_NAMED
    return ", ".join(names[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
