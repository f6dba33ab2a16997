"""What a work folder holds after `run`, read back: results by stage, the models and what was measured of each."""

import dataclasses
import functools
import os
import pathlib
from typing import Any

from tfl_lite_suite.core import recipe, yaml_text
from tfl_lite_suite.core.errors import ArgumentError, SuiteError
from tfl_lite_suite.core.files import read_json
from tfl_lite_suite.core.types import JsonObject
from tfl_lite_suite.core.work_folder import KeptStage, kind_of
from tfl_lite_suite.report.results_table import PROBE
from tfl_lite_suite.run import result, stages, verdict
from tfl_lite_suite.run.result import ConvertedFile, EvaluatedFile, LintedFile, ModelFlips, TimedFile
from tfl_lite_suite.run.stage_results import LedgerRow, LimitCheck, Trained

RESULTS, RECIPE, FLIPS = "results.json", "recipe.yaml", "flips.json"
_BENCHMARK = "benchmark"


@dataclasses.dataclass(frozen=True)
class Measured:
    """One model on one runtime.

    Attributes:
        name: The stage that made it, or the file's name.
        what: What it is, in words.
        runtime: What ran it, with version.
        scheme: `float32`, `int8`, …; `None` for a Keras model.
        top1: Share of the test images.
        top5: Share of the test images.
        n: Number of test images.
        file_bytes: Size of the file.
        accuracy: What `evaluate` found, where it was.
        timing: What `benchmark` measured, where it was.
    """

    name: str
    what: str
    runtime: str
    scheme: str | None = None
    top1: float | None = None
    top5: float | None = None
    n: int | None = None
    file_bytes: int | None = None
    accuracy: EvaluatedFile | None = None
    timing: TimedFile | None = None

    @property
    def ms(self) -> float | None:
        """Median latency in milliseconds."""
        return None if self.timing is None else self.timing.latency_ms.p50


@dataclasses.dataclass(frozen=True)
class FinishedRun:
    """A work folder.

    Attributes:
        folder: Where it lies.
        title: Its name.
        recipe_text: The resolved recipe; empty where there is none.
        results: Results by stage, in the order in which they were made.
        flips: From `flips.json`.
    """

    folder: pathlib.Path
    title: str
    recipe_text: str
    results: JsonObject
    flips: list[ModelFlips]

    @functools.cached_property
    def steps(self) -> dict[str, Any]:
        """Results of each step, as `StageKind.read` returns them, without ledger and verdict."""
        return {
            name: stages.get(kind_of(name)).read(results, f"{self._where}: {name}")
            for name, results in self.results.items()
            if name not in (result.LEDGER, verdict.KEY)
        }

    @functools.cached_property
    def checked(self) -> list[LimitCheck]:
        """Every limit that was checked."""
        return result.checked(self.results, self._where)

    @functools.cached_property
    def ledger(self) -> list[LedgerRow]:
        """What each step gained, lost and changed."""
        return result.ledger(self.results, self._where)

    @functools.cached_property
    def verdict(self) -> verdict.Verdict | None:
        """The verdict, also of a run of an earlier release; `None` where no file was evaluated."""
        if verdict.KEY in self.results:
            return verdict.Verdict.from_document(self.results[verdict.KEY], f"{self._where}: {verdict.KEY}")
        return verdict.give(self.results, self.folder)

    @functools.cached_property
    def converted(self) -> list[ConvertedFile]:
        """Every `.tflite` file."""
        return result.converted(self.results, self._where)

    @functools.cached_property
    def evaluated(self) -> list[EvaluatedFile]:
        """Every file on every engine that evaluated it."""
        return result.evaluated(self.results, self._where)

    @functools.cached_property
    def timed(self) -> list[TimedFile]:
        """Every file on every engine that timed it."""
        return result.timed(self.results, self._where)

    @functools.cached_property
    def linted(self) -> list[LintedFile]:
        """Every file that `lint` looked into."""
        return result.linted(self.results, self._where)

    @property
    def _where(self) -> str:
        return str(self.folder / RESULTS)

    def file(self, name: str) -> pathlib.Path:
        """Returns where the `.tflite` file of that name lies; the folder may have been moved since."""
        return self.folder / "convert" / name / f"{name}.tflite"

    def models(self) -> list[Measured]:
        """Returns the Keras models, then every file on every runtime that evaluated or timed it."""
        found = []
        keras = stages.keras_models()
        for name, of_step in self.steps.items():
            words, key = keras.get(kind_of(name), ("", ""))
            top1, top5 = (getattr(of_step, which, None) for which in (key, key.replace("top1", "top5")))
            if top1 is not None:
                if probe := getattr(of_step, "linear_probe", None):
                    found.append(
                        Measured(f"{name}_probe", PROBE, "TensorFlow", None, probe.top1, None, self._test_images())
                    )
                found.append(Measured(name, words, "TensorFlow", None, top1, top5, self._test_images()))
        files = {row.name: row for row in self.converted}
        right = {(row.name, row.engine): row for row in self.evaluated}
        timed = {(row.name, row.engine): row for row in self.timed}
        for name, engine in {**right, **timed}:
            accuracy, timing = right.get((name, engine)), timed.get((name, engine))
            known = accuracy or timing
            file = files.get(name) or ConvertedFile(name)
            found.append(
                Measured(
                    name,
                    file.words,
                    f"{engine} {known.engine_version if known else ''}".rstrip(),
                    file.scheme,
                    accuracy.top1 if accuracy else None,
                    accuracy.top5 if accuracy else None,
                    accuracy.n if accuracy else None,
                    file.file_bytes or (known.model_bytes if known else None),
                    accuracy,
                    timing,
                )
            )
        return found

    def _test_images(self) -> int | None:
        trained = (of_step for of_step in self.steps.values() if isinstance(of_step, Trained))
        return next((of_step.images.get("test") for of_step in trained if of_step.images), None)

    def hashes(self) -> list[tuple[str, str, dict[str, str]]]:
        """Returns for each finished stage its folder, the hash of its inputs, and the SHA-256 of its files."""
        found = []
        for path in sorted([*self.folder.glob(f"*/{RESULTS}"), *self.folder.glob(f"*/*/{RESULTS}")]):
            document = read_json(path)
            if isinstance(document, dict) and {"key", "files"} <= set(document):
                done = KeptStage.from_document(document, str(path))
                found.append((str(path.parent.relative_to(self.folder)), done.key, dict(done.files)))
        return found

    def settings(self) -> JsonObject:
        """Returns the recipe's values by dotted key."""
        try:
            return _flat(yaml_text.read(self.recipe_text) or {})
        except SuiteError:
            return {}

    def recipe(self) -> recipe.Recipe:
        """Returns the recipe parsed.

        Raises:
            SuiteError: If there is none, or it is of another version of the suite.
        """
        found = _recipe_path(self.folder)
        if found is None:
            raise SuiteError(f"{self.folder}: no {RECIPE}")
        return recipe.load(found)


def read(workdir: str | os.PathLike[str]) -> FinishedRun:
    """Reads a work folder, also of a run that has not ended.

    Raises:
        SuiteError: If there is no such folder, or no stage in it has ended.
    """
    folder = pathlib.Path(workdir)
    if not folder.is_dir():
        raise ArgumentError("workdir", f"no such folder '{workdir}'")
    results = read_json(folder / RESULTS)
    if not isinstance(results, dict) or {"key", "files", "results"} <= set(results):
        results = _by_stage(folder)
    carried = _carried(folder)
    if carried:
        results = {**results, _BENCHMARK: [*results.get(_BENCHMARK, []), *carried]}
    if not results:
        raise ArgumentError("workdir", f"no stage has ended in '{workdir}'. Expected a work folder of run or train")
    path = _recipe_path(folder)
    text = path.read_text(encoding="utf-8", errors="replace") if path else ""
    run = FinishedRun(folder, folder.resolve().name, text, results, _flips(folder / FLIPS))
    _check(run)
    return run


def _check(run: FinishedRun) -> None:
    """Reads all results, so that damage is reported before anything is made of them."""
    for _ in (run.steps, run.ledger, run.verdict):
        pass


def _flips(path: pathlib.Path) -> list[ModelFlips]:
    found = read_json(path) or []
    if not isinstance(found, list):
        raise SuiteError(f"{path}: damaged, expected a list. Remove the file to leave the flips out")
    return [ModelFlips.from_document(row, f"{path}: [{index}]") for index, row in enumerate(found)]


def read_record(path: str | os.PathLike[str]) -> FinishedRun | None:
    """Reads what `tools/record_results.py` kept of a run; `None` where the file is something else."""
    document = read_json(path)
    if not isinstance(document, dict) or not {"recipe", "stages"} <= set(document):
        return None
    file = pathlib.Path(path)
    return FinishedRun(file.parent, file.stem, document["recipe"], document["stages"], [])


def _by_stage(folder: pathlib.Path) -> JsonObject:
    """Gathers what single verbs, or a run that was stopped, left in the stages' folders."""
    results: JsonObject = {}
    for path in sorted(folder.glob(f"*/{RESULTS}"), key=lambda path: path.stat().st_mtime):
        document = read_json(path)
        if isinstance(document, dict) and isinstance(document.get("results"), dict):
            results[path.parent.name] = document["results"]
    for kind in stages.with_lists():
        documents = [read_json(path) for path in sorted((folder / kind).glob(f"*/{RESULTS}"))]
        rows = [row["results"] for row in documents if isinstance(row, dict) and isinstance(row.get("results"), dict)]
        if rows:
            results[kind] = rows
    return results


def _carried(folder: pathlib.Path) -> list[JsonObject]:
    """Returns the documents of `benchmark` that lie in the folder of that name, such as those of the web page."""
    rows = []
    for path in sorted((folder / _BENCHMARK).glob("*.json")):
        read = None if path.name == RESULTS else read_json(path)
        for one in read if isinstance(read, list) else [read]:
            if isinstance(one, dict) and {"model", "engine", "latency_ms"} <= set(one):
                named = {"name": pathlib.PurePath(str(one["model"])).stem, **one}
                rows.append(TimedFile.from_document(named, str(path)).document())
    return rows


def _recipe_path(folder: pathlib.Path) -> pathlib.Path | None:
    places = [folder / RECIPE, folder / "train" / RECIPE, *sorted(folder.glob(f"*/{RECIPE}"))]
    return next((path for path in places if path.is_file()), None)


def _flat(value: object, prefix: str = "") -> JsonObject:
    if not isinstance(value, dict):
        return {prefix: value}
    return {
        key: item for name, inner in value.items() for key, item in _flat(inner, f"{prefix}.{name}".lstrip(".")).items()
    }
