"""Runs a whole recipe: trains, prunes, quantizes, converts, evaluates, benchmarks, and tells what each step cost.

Every stage is kept in the work folder and is not repeated while its inputs stay the same, so a run that was stopped
goes on where it was. Each stage takes the latest model before it. Evaluation and timing run in processes of their own,
without TensorFlow.
"""

import dataclasses
import json
import pathlib
import subprocess
import sys
from functools import partial
from typing import Any

from tfl_lite_suite import convert, models, prune, quantize, report, train
from tfl_lite_suite.core import errors, predictions, recipe
from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.core.files import atomic_path, sha256, write_json
from tfl_lite_suite.core.recipe import Convert, Recipe
from tfl_lite_suite.core.verb_process import verb_command
from tfl_lite_suite.core.work_folder import Stage, at_work, kind_of
from tfl_lite_suite.lint.analysis import DEFAULT_TARGET
from tfl_lite_suite.report import ledger, results_table
from tfl_lite_suite.run import budget, several_runs
from tfl_lite_suite.run import plan as chain
from tfl_lite_suite.run.plan import Step, Task
from tfl_lite_suite.runtime import engines

TABLE, FLIPS = "table.md", "flips.json"
_LISTS = ("convert", "lint", "evaluate", "benchmark")
_KERAS = "TensorFlow"


@dataclasses.dataclass(frozen=True)
class _Model:
    """A Keras model that a step made: the step's name and the file."""

    step: str
    file: str


class Run:
    """One recipe in one work folder."""

    def __init__(self, settings: Recipe, workdir: str) -> None:
        """Prepares a run; nothing is done yet.

        Args:
            settings: The recipe.
            workdir: The work folder; made if missing.

        Raises:
            SuiteError: If the recipe names what the suite has not, or its stages cannot follow each other.
        """
        models.check_name(settings.model.name)
        self.settings, self.workdir = settings, pathlib.Path(workdir)
        self.steps = chain.steps(settings)
        self.results: dict[str, Any] = {}
        self._images: Any = None
        self._float: _Model | None = None
        self._aware: _Model | None = None
        # What post-training quantization made, by the Keras file it was made from.
        self._after_training: dict[str, dict[str, Any]] = {}
        self._files: dict[str, dict[str, Any]] = {}
        self._converted: set[tuple[Any, ...]] = set()
        self._entries: list[ledger.Entry] = []
        for step in self.steps:
            for name in step.settings.benchmark.engines:
                engines.get(name)
        train.inputs(settings)

    def run(self) -> dict[str, Any]:
        """Does every stage of the recipe.

        Returns:
            Each stage's results, by its name, and the `ledger`.

        Raises:
            Unmet: If a limit of the budget is broken; it holds the results up to there.
        """
        with at_work(self.workdir):
            return self._run()

    def _run(self) -> dict[str, Any]:
        with atomic_path(self.workdir / train.RECIPE) as temporary:
            temporary.write_text(recipe.dump(self.settings), encoding="utf-8")
        clock, broken = chain.Clock(len(self.steps)), ""
        for step in self.steps:
            tasks = self._tasks(step)
            kept = [task.kept() for task in tasks]
            clock.begin(step.name, len(tasks), sum(done is not None for done in kept))
            done = [task.make() if old is None else old for task, old in zip(tasks, kept, strict=True)]
            if step.kind == chain.BUDGET:
                broken = self._check(step)
            else:
                self._take(step, done)
            self._write()
            if broken:
                break
        written = report.write([self.workdir])
        print(f"report: {written['report']}", file=sys.stderr)
        if broken:
            raise errors.Unmet(f"budget: {broken}", self.results)
        return self.results

    def plan(self) -> list[dict[str, Any]]:
        """Returns the `stage` and `state` of each step, without doing anything."""
        return chain.plan(self.steps, self._tasks, self._take)

    def images(self) -> Any:
        """Returns the recipe's images, loaded when first needed."""
        if self._images is None:
            self._images = train.load_images(self.settings, str(self.workdir))
            for note in self._images.notes:
                print(note, file=sys.stderr)
        return self._images

    def _tasks(self, step: Step) -> list[Task]:
        return [] if step.kind == chain.BUDGET else getattr(self, f"_{step.kind}")(step)

    def _take(self, step: Step, done: list[dict[str, Any]]) -> None:
        """Notes the results of a step, and the models and files that later steps take."""
        if step.kind == "convert":
            # The work folder may have been moved since.
            done = [{**row, "output": str(self._file(row["name"]))} for row in done]
        self.results[step.name] = done if step.kind in _LISTS else {key: of[key] for of in done for key in of}
        if step.kind == "convert":
            self._files |= {row["name"]: row for row in done}
            self._converted |= {_conversion(row["source"], row["scheme"], step.settings.convert) for row in done}
        elif step.kind == "evaluate":
            for row in done:
                answers = self.workdir / "evaluate" / f"{row['name']}_{row['engine']}" / predictions.FILE
                self._enter(
                    row["name"], f"{row['engine']} {row['engine_version']}", answers, self._files[row["name"]]["source"]
                )
        elif step.kind not in _LISTS:
            self._take_model(step, done[0])

    def _file(self, name: str) -> pathlib.Path:
        return self.workdir / "convert" / name / f"{name}.tflite"

    def _take_model(self, step: Step, first: dict[str, Any]) -> None:
        folder, results = self.workdir / step.name, self.results[step.name]
        made, source = _Model(step.name, str(folder / train.MODEL)), self._float.step if self._float else None
        if step.kind != "quantize" or "top1_qat" in results:
            self._enter(step.name, _KERAS, folder / predictions.FILE, None if step.kind == chain.TEACHER else source)
        if step.kind in ("train", "prune"):
            self._float = made
        elif "top1_qat" in results:
            self._aware = made
        if "top1_ptq" in first:
            output = str(self.workdir / f"{step.name}_ptq" / quantize.FILE)
            self._after_training[self._latest().file] = {**first, "output": output}

    def _enter(self, name: str, runtime: str, answers: pathlib.Path, source: str | None) -> None:
        """Enters a model's answers into the ledger, once."""
        if (name, runtime) not in [(entry.name, entry.runtime) for entry in self._entries]:
            is_baseline = source is None and name != train.TEACHER
            self._entries.append(ledger.Entry(name, runtime, predictions.read(answers), source, is_baseline))

    def _latest(self) -> _Model:
        """Returns the latest float model, or the one of an earlier run where this one trains none."""
        found = self._float or _Model(train.STAGE, str(self.workdir / train.STAGE / train.MODEL))
        if not pathlib.Path(found.file).is_file():
            raise SuiteError(f"stages: train must come first; there is no '{found.file}'")
        return found

    def _teacher(self, step: Step) -> list[Task]:
        settings, workdir = train.of_teacher(step.settings), str(self.workdir)
        stage = train.stage_of(settings, workdir, train.TEACHER)
        return [Task(stage, partial(train.train, settings, workdir, self.images, name=train.TEACHER))]

    def _train(self, step: Step) -> list[Task]:
        settings, workdir, start = step.settings, str(self.workdir), self._float.file if self._float else None
        stage = train.stage_of(settings, workdir, step.name, start)
        return [Task(stage, partial(train.train, settings, workdir, self.images, name=step.name, start=start))]

    def _prune(self, step: Step) -> list[Task]:
        settings, workdir, model = step.settings, str(self.workdir), self._latest().file
        stage = prune.stage_of(settings.prune, workdir, model, settings, step.name)
        make = partial(prune.prune, settings.prune, workdir, model, settings, self.images, name=step.name)
        return [Task(stage, make)]

    def _quantize(self, step: Step) -> list[Task]:
        settings, workdir, model = step.settings, str(self.workdir), self._latest().file
        after, aware = f"{step.name}_ptq", step.name
        tasks = {
            "ptq": Task(
                quantize.ptq_stage_of(settings, workdir, model, name=after),
                partial(quantize.quantize_after_training, settings, workdir, model, self.images, name=after),
            ),
            "qat": Task(
                quantize.stage_of(settings, workdir, model, aware),
                partial(quantize.quantize, settings, workdir, model, self.images, name=aware),
            ),
        }
        return [task for scheme, task in tasks.items() if settings.quantize.scheme in (scheme, "both")]

    def _convert(self, step: Step) -> list[Task]:
        chosen, model, tasks = step.settings.convert, self._latest(), []
        schemes: tuple[str, ...] = chosen.schemes
        if model.file in self._after_training and "int8" not in schemes:
            schemes = (*schemes, "int8")
        wanted = [(scheme, model, "int8_ptq" if scheme == "int8" else scheme) for scheme in schemes]
        if self._aware:
            wanted.append(("int8", self._aware, "int8_qat"))
        for scheme, source, name in wanted:
            if _conversion(source.step, scheme, chosen) not in self._converted:
                name = name if name not in self._files else f"{source.step}_{name}"
                tasks.append(self._conversion_task(scheme, source, name, step.settings))
        return tasks

    def _conversion_task(self, scheme: str, source: _Model, name: str, settings: Recipe) -> Task:
        chosen = dataclasses.replace(settings.convert, schemes=())
        inputs = {"model": sha256(source.file), "convert": chosen, "scheme": scheme, "seed": settings.seed}
        quantized = self._after_training.get(source.file) if scheme == "int8" else None
        if quantized:
            inputs["quantized"] = sha256(quantized["output"])
        stage = Stage(self.workdir / "convert", name, inputs)

        def make() -> dict[str, Any]:
            output = self._file(name)
            if quantized:
                results = convert.keep(quantized["output"], str(output), scheme)
                results |= {key: quantized[key] for key in ("seconds", "ptq")}
            else:
                results = self._converted_file(source, str(output), scheme, settings)
            return stage.finish({"name": name, "source": source.step, **results}, [output.name])

        return Task(stage, make)

    def _converted_file(self, source: _Model, output: str, scheme: str, settings: Recipe) -> dict[str, Any]:
        from tfl_lite_suite.models.keras_io import keras_file

        chosen, calibration = settings.convert, None
        if scheme == "int8" and source != self._aware:
            calibration = self.images().train.sample(chosen.calibration_images, settings.seed)
        model = keras_file.load(source.file)
        return convert.convert(model, self.images().contract, output, scheme, chosen.io_type, calibration)

    def _lint(self, step: Step) -> list[Task]:
        from tfl_lite_suite.lint import process

        tasks = []
        for file in self._files.values():
            versions = {name: engines.get(name).version for name in engines.installed_for("")}
            inputs = {"file": sha256(file["output"]), "target": DEFAULT_TARGET, "versions": versions}
            stage = Stage(self.workdir / "lint", file["name"], inputs)

            def make(file: dict[str, Any] = file, stage: Stage = stage) -> dict[str, Any]:
                found = process.run(file["output"], DEFAULT_TARGET, trial=True)
                for problem in found["problems"]:
                    if problem["severity"] != "info":
                        print(f"{file['name']}: {problem['severity']}: {problem['message']}", file=sys.stderr)
                return stage.finish({"name": file["name"], **found})

            tasks.append(Task(stage, make))
        return tasks

    def _evaluate(self, step: Step) -> list[Task]:
        return self._measurements(
            "evaluate", step, [f"--recipe={self.workdir / train.RECIPE}"], train.inputs(step.settings)
        )

    def _benchmark(self, step: Step) -> list[Task]:
        chosen = step.settings.benchmark
        options = [f"--threads={chosen.threads}", f"--runs={chosen.runs}", f"--min_seconds={chosen.min_seconds}"]
        options += ["--profile"] if chosen.profile else []
        return self._measurements("benchmark", step, options, {"options": options})

    def _measurements(self, verb: str, step: Step, options: list[str], inputs: dict[str, Any]) -> list[Task]:
        """Returns the tasks that run `evaluate` or `benchmark` on every file and engine, without TensorFlow."""
        tasks = []
        for file in self._files.values():
            for engine in step.settings.benchmark.engines or engines.installed_for(""):
                of_file = {"file": sha256(file["output"]), "engine": engine, "version": engines.get(engine).version}
                stage = Stage(self.workdir / verb, f"{file['name']}_{engine}", {**of_file, **inputs})
                tasks.append(Task(stage, partial(self._measure, verb, file, engine, stage, options)))
        return tasks

    def _measure(
        self, verb: str, file: dict[str, Any], engine: str, stage: Stage, options: list[str]
    ) -> dict[str, Any]:
        print(f"{verb} {file['name']} on {engine}", file=sys.stderr, flush=True)
        command = verb_command(verb, f"--model={file['output']}", f"--engine={engine}")
        files = []
        if verb == "evaluate":
            files = [predictions.FILE]
            options = [*options, f"--workdir={self.workdir}", f"--predictions={stage.folder / predictions.FILE}"]
        child = subprocess.run([*command, "--json", *options], stdout=subprocess.PIPE, text=True, check=False)
        if child.returncode not in (0, errors.InvalidMeasurement.status):
            raise SuiteError(f"{verb} of {file['output']} on {engine} failed with status {child.returncode}; see above")
        if child.returncode:
            print(f"{file['name']} on {engine}: the next run in this folder measures it again", file=sys.stderr)
        return stage.finish({"name": file["name"], **json.loads(child.stdout)}, files)

    def _check(self, step: Step) -> str:
        """Checks the budget; returns what is broken."""
        timed = [row for name in self.results if kind_of(name) == "benchmark" for row in self.results[name]]
        rows = ledger.rows(self._entries)
        checks = budget.check(step.settings.budget, list(self._files.values()), rows, timed)
        broken = budget.failure(checks)
        self.results[step.name] = {"ok": not broken, "checks": checks}
        return broken

    def _write(self) -> None:
        """Writes what is known so far."""
        self.results.pop("ledger", None)
        self.results["ledger"] = ledger.rows(self._entries)
        write_json(self.workdir / "results.json", self.results)
        write_json(self.workdir / FLIPS, ledger.all_flips(self._entries))
        with atomic_path(self.workdir / TABLE) as temporary:
            temporary.write_text(show(self.results), encoding="utf-8")


def _conversion(source: str, scheme: str, chosen: Convert) -> tuple[Any, ...]:
    """Returns what makes two conversions the same."""
    return source, scheme, chosen.io_type, chosen.calibration_images


def show(document: dict[str, Any]) -> str:
    """Returns the results, or the plan, of one run or of several as text."""
    if "runs" in document:
        return several_runs.show(document["runs"], document.get("summary"))
    if "recipes" in document:
        width = max(len(recipe["name"]) for recipe in document["recipes"])
        return "\n".join(f"{recipe['name']:<{width}}  {recipe['summary']}" for recipe in document["recipes"])
    if "plan" in document:
        return chain.show(document["plan"])
    return results_table.show(document)
