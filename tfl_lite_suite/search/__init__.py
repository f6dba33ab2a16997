"""Searches width, resolution, pruning, quantization and training settings for the best trade-offs, without hand tuning.

Every trial is a `run` in a folder of its own. Several workers may call the same command at once, on one machine, or on
many with a PostgreSQL database; a trial whose worker died is repeated.
"""

import contextlib
import dataclasses
import os
import pathlib
import sys
import time
from functools import partial
from typing import TYPE_CHECKING

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.core.figures import percent
from tfl_lite_suite.core.types import JsonObject
from tfl_lite_suite.search.result import CompleteTrial, Outcome, SearchResult, TrialRow

if TYPE_CHECKING:
    from tfl_lite_suite.core.recipe import Recipe
    from tfl_lite_suite.search.space import Dimension
    from tfl_lite_suite.search.study import Study

# What must not slow down --help (NumPy, YAML, Optuna) is imported where it is used.

_FRONT, _PAGE, _RESULTS = "front", "search.html", "results.json"
_MOST_REPEATS = 100
_MOST_FIRST_FAILURES = 3
_MOST_ADVISED = 3


class Search:
    """One worker of a search."""

    def __init__(
        self, base: "Recipe", dimensions: "tuple[Dimension, ...]", study: "Study", workdir: str, most: int
    ) -> None:
        """Prepares a worker.

        Args:
            base: The recipe that the search starts from.
            dimensions: The space.
            study: The trials.
            workdir: The search's work folder.
            most: Number of trials.
        """
        self._base, self._dimensions, self._study, self._most = base, dimensions, study, most
        self.workdir = pathlib.Path(workdir)
        self._deadline = float("inf")
        self._seen: tuple[pathlib.Path, int] | None = None

    def run(self, seconds: float | None) -> None:
        """Does trials until there are enough, or the time is over.

        Args:
            seconds: Greatest time; no limit if absent. The trial at hand goes on with the next call.

        Raises:
            SuiteError: If the first trials all fail, or nothing new is left to try.
        """
        self._deadline = time.monotonic() + (float("inf") if seconds is None else seconds)
        repeats, told = 0, False
        while time.monotonic() < self._deadline:
            self._study.requeue_lost()
            slots = self._study.slots()
            begun = [slot for slot in slots if slot.state != "waiting"]
            waiting = [slot for slot in slots if slot.state == "waiting"]
            if sum(slot.is_done for slot in slots) >= self._most or repeats > _MOST_REPEATS:
                break
            self._check_failures()
            if len(begun) < self._most or any(slot.trial.number != slot.number for slot in waiting):
                told = False
                with contextlib.suppress(_OutOfTime):
                    repeats = 0 if self._study.step(self._most, self._judge) else repeats + 1
            else:
                if not told:
                    _say("waiting for the trials of other workers")
                told = True
                time.sleep(1)
        self._study.requeue_lost()
        if repeats > _MOST_REPEATS:
            _say("nothing new is left to try")

    def _check_failures(self) -> None:
        done = [slot for slot in self._study.slots() if slot.is_done]
        if len(done) >= _MOST_FIRST_FAILURES and all(slot.state == "failed" for slot in done):
            raise SuiteError(f"every trial so far failed, the last with: {done[-1].trial.user_attrs['error']}")

    def _judge(self, params: JsonObject, number: int) -> tuple[JsonObject, list[float]]:
        """Runs one trial; returns its outcome and its validation top-1 after each epoch."""
        from tfl_lite_suite.core import recipe
        from tfl_lite_suite.core.files import write_text
        from tfl_lite_suite.search import front, space, study, trial_process

        try:
            settings = space.recipe_for(self._base, params)
        except SuiteError as error:
            raise study.Failed(str(error)) from None
        done = sum(slot.is_done for slot in self._study.slots())
        _say(f"[{done + 1}/{self._most}] trial {number}: {front.words(params)}")
        folder, file = self.workdir / "trials" / space.folder_name(settings), space.file_of(self._base, params)
        path = folder / f"{file}.yaml"
        write_text(path, recipe.dump(settings))
        _share_pictures(folder, self.workdir / "data")
        results = trial_process.run(path, folder, partial(self._check, settings, folder, params))
        try:
            outcome = front.outcome(results, file, folder)
        except SuiteError as error:
            raise study.Failed(str(error)) from None
        _say(f"    top-1 {percent(outcome.top1)}, {front.latency(outcome)}, {outcome.bytes:,} bytes{self._time_left()}")
        return outcome.document(), _curve(results["train"])

    def _check(self, settings: "Recipe", folder: pathlib.Path, params: JsonObject) -> None:
        """Stops a trial whose time is over, or that is not worth finishing."""
        from tfl_lite_suite.search import early_stop, study
        from tfl_lite_suite.train import checkpoint

        if time.monotonic() > self._deadline:
            raise _OutOfTime
        state = checkpoint.load_state(folder / "train" / "checkpoint.npz")
        curve = _curve(state) if state else []
        epochs = settings.train.epochs + settings.train.head_epochs
        if self._seen == (folder, len(curve)):
            return
        self._seen = folder, len(curve)
        better = early_stop.beaten_by(params, curve, epochs, self._study.references())
        if better:
            why = f"after epoch {len(curve)} of {epochs} at {percent(curve[-1], 1)}, behind trial {better.number}"
            _say(f"    stopped {why}")
            raise study.Stopped(why)

    def _time_left(self) -> str:
        from tfl_lite_suite.core.progress import duration

        slots = self._study.slots()
        spans = [slot.trial.duration.total_seconds() for slot in slots if slot.is_done and slot.trial.duration]
        left = self._most - sum(slot.is_done for slot in slots) - 1
        workers = max(1, sum(slot.state == "running" for slot in slots))
        by_trials = sum(spans) / len(spans) * left / workers if spans else float("inf")
        seconds = min(by_trials, self._deadline - time.monotonic())
        return f"; about {duration(seconds)} left" if left > 0 and seconds < float("inf") else ""

    def found(self) -> SearchResult:
        """Returns what is known so far."""
        import collections

        from tfl_lite_suite.search import front, space

        slots = [slot for slot in self._study.slots() if slot.state != "waiting"]
        rows = list[TrialRow]()
        for slot in slots:
            attributes = slot.trial.user_attrs
            row = TrialRow(trial=slot.number, state=slot.state, params=slot.trial.params)
            if slot.state == "complete":
                settings = space.recipe_for(self._base, slot.trial.params)
                outcome = Outcome.from_document(attributes["outcome"], f"trial {slot.number}")
                place = {"name": settings.name, "folder": f"trials/{space.folder_name(settings)}"}
                rows.append(CompleteTrial(**{**row.fields(), **outcome.fields(), **place}))
            else:
                rows.append(dataclasses.replace(row, why=attributes.get("why") or attributes.get("error")))
        return SearchResult(
            front=tuple(front.front([row for row in rows if isinstance(row, CompleteTrial)])),
            trials=tuple(rows),
            counts=dict(collections.Counter(slot.state for slot in slots)),
            space=tuple(dataclasses.asdict(dimension) for dimension in self._dimensions),
            objectives=front.OBJECTIVES,
        )

    def write(self) -> SearchResult:
        """Writes the results, the page with plots, and a recipe for each point of the front; returns the results."""
        from tfl_lite_suite.core import recipe
        from tfl_lite_suite.core.files import write_json, write_text
        from tfl_lite_suite.search import front, space

        found, folder = self.found(), self.workdir / _FRONT
        texts = {self.workdir / _PAGE: front.page(f"Search from {self._base.name}", found)}
        kept = dict[int, CompleteTrial]()
        for row in found.front:
            path = folder / f"{row.name}.yaml"
            kept[row.trial] = dataclasses.replace(row, recipe=str(path))
            texts[path] = (
                f"# Found by search, trial {row.trial}: top-1 {percent(row.top1)} and "
                f"{percent(row.top1_unseen)} on the two halves of the test images, {front.latency(row)} on "
                f"{row.engine}, {row.bytes:,} bytes.\n{recipe.dump(space.recipe_for(self._base, dict(row.params)))}"
            )
        trials = tuple(kept.get(row.trial, row) for row in found.trials)
        found = dataclasses.replace(found, front=tuple(kept.values()), trials=trials)
        for old in folder.glob("*.yaml"):
            if old not in texts:
                old.unlink(missing_ok=True)
        for path, text in texts.items():
            write_text(path, text)
        write_json(self.workdir / _RESULTS, found)
        return found


class _OutOfTime(BaseException):
    """The time that --seconds gives is over. No `Exception`, so that Optuna does not count the trial as failed."""


def _curve(trained: JsonObject) -> list[float]:
    """Returns the top-1 of each epoch: of validation, without such images of training."""
    return [
        record["train_top1"] if record["validation_top1"] is None else record["validation_top1"]
        for record in trained["history"]
    ]


def _share_pictures(folder: pathlib.Path, pictures: pathlib.Path) -> None:
    """Has a trial keep its prepared pictures where all trials do."""
    pictures.mkdir(exist_ok=True)
    with contextlib.suppress(FileExistsError):
        (folder / "data").symlink_to(os.path.relpath(pictures, folder))


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def first_trials(base: "Recipe", dimensions: "tuple[Dimension, ...]", warm: bool) -> list[JsonObject]:
    """Returns what is tried first: the recipe itself with every scheme, then what `advise` ranks best on this data."""
    from tfl_lite_suite.search import space

    names = [dimension.name for dimension in dimensions]
    own = space.own_params(base, names)
    schemes = next((dimension.choices for dimension in dimensions if dimension.name == space.SCHEME), ())
    found = [{**own, space.SCHEME: scheme} for scheme in schemes] or [own]
    return found + (_advised(base, dimensions, own) if warm else [])


def _advised(base: "Recipe", dimensions: "tuple[Dimension, ...]", own: JsonObject) -> list[JsonObject]:
    from tfl_lite_suite import advise, data
    from tfl_lite_suite.search import space

    classes = len(data.listing_of(base.data.source).class_names)
    by_name, found = {dimension.name: dimension for dimension in dimensions}, []
    for choice in advise.advise({}, "mobile", data=base.data.source, classes=classes).choices:
        known: JsonObject = {"model.name": choice.network, "model.alpha": choice.alpha}
        known |= {"data.resolution": choice.resolution, space.SCHEME: choice.compression}
        names = by_name["model.name"].choices if "model.name" in by_name else (base.model.name,)
        if choice.network in names:
            found.append(
                {**own, **{key: by_name[key].nearest(value) for key, value in known.items() if key in by_name}}
            )
    return [params for place, params in enumerate(found) if params not in found[:place]][:_MOST_ADVISED]


def show(found: SearchResult) -> str:
    """Returns the front as text."""
    from tfl_lite_suite.search import front

    counts = ", ".join(f"{count} {state}" for state, count in found.counts.items())
    lines = [f"{sum(found.counts.values())} trials: {counts}. Front, best top-1 first:"]
    for row in found.front:
        lines.append(
            f"  {percent(row.top1)} (unseen half {percent(row.top1_unseen)}), {front.latency(row)} on "
            f"{row.engine}, {row.bytes:,} bytes: {front.words(row.params)}\n    {row.recipe}"
        )
    return "\n".join(lines)
