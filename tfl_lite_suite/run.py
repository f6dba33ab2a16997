"""Runs a whole recipe: train, quantize, convert, evaluate, benchmark, and a table of what came out.

Every stage is kept in the work folder and is not repeated while its inputs stay the same, so a run that was stopped
goes on where it was. Evaluation and timing run in processes of their own, without TensorFlow.
"""

import json
import pathlib
import subprocess
import sys
from typing import Any

from absl import flags

from tfl_lite_suite import cli, convert, models, quantize, train
from tfl_lite_suite.errors import SuiteError
from tfl_lite_suite.recipe import Recipe
from tfl_lite_suite.results import atomic_path, sha256, write_json
from tfl_lite_suite.runtime import engines
from tfl_lite_suite.workdir import Stage

TABLE = "table.md"
_INVALID_MEASUREMENT = 3


class Run:
    """One recipe in one work folder."""

    def __init__(self, settings: Recipe, workdir: str) -> None:
        """Prepares a run; nothing is done yet.

        Args:
            settings: The recipe.
            workdir: The work folder; made if missing.
        """
        self.settings, self.workdir = settings, pathlib.Path(workdir)
        self.results: dict[str, Any] = {}
        self._images: Any = None
        wanted = settings.benchmark.engines or tuple(engines.installed())
        for name in wanted:
            engines.get(name)
        self._engines = wanted

    def run(self) -> dict[str, Any]:
        """Does every stage of the recipe.

        Returns:
            Each stage's results, by its name.
        """
        for number, stage in enumerate(self.settings.stages, 1):
            print(f"[{number}/{len(self.settings.stages)}] {stage}", file=sys.stderr, flush=True)
            self.results[stage] = getattr(self, f"_{stage}")()
            write_json(self.workdir / "results.json", self.results)
        with atomic_path(self.workdir / TABLE) as temporary:
            temporary.write_text(table(self.results), encoding="utf-8")
        return self.results

    @property
    def images(self) -> Any:
        """The recipe's images, loaded when first needed."""
        if self._images is None:
            self._images = train.load_images(self.settings, str(self.workdir))
            for note in self._images.notes:
                print(note, file=sys.stderr)
        return self._images

    def _train(self) -> dict[str, Any]:
        return train.train(self.settings, str(self.workdir), lambda: self.images)

    def _quantize(self) -> dict[str, Any]:
        return quantize.quantize(self.settings, str(self.workdir), self._model("train"), lambda: self.images)

    def _convert(self) -> list[dict[str, Any]]:
        plan = [
            (scheme, "train", f"{scheme}_ptq" if scheme == "int8" else scheme)
            for scheme in self.settings.convert.schemes
        ]
        if "quantize" in self.results:
            plan.append(("int8", "quantize", "int8_qat"))
        return [self._convert_one(scheme, source, name) for scheme, source, name in plan]

    def _convert_one(self, scheme: str, source: str, name: str) -> dict[str, Any]:
        chosen = self.settings.convert
        inputs = {"model": sha256(self._model(source)), "convert": chosen, "scheme": scheme, "seed": self.settings.seed}
        stage = Stage(self.workdir / "convert", name, inputs)
        done = stage.finished()
        if done is not None:
            return done
        from tfl_lite_suite.optimize import keras_file

        calibration = None
        if scheme == "int8" and source == "train":
            calibration = self.images.train.sample(chosen.calibration_images, self.settings.seed)
        output = stage.folder / f"{name}.tflite"
        model = keras_file.load(self._model(source))
        results = convert.convert(model, self.images.contract, str(output), scheme, chosen.io_type, calibration)
        return stage.finish({"name": name, **results}, [output.name])

    def _evaluate(self) -> list[dict[str, Any]]:
        return [self._measure("evaluate", file, engine, []) for file in self._files() for engine in self._engines]

    def _benchmark(self) -> list[dict[str, Any]]:
        chosen = self.settings.benchmark
        options = [f"--threads={chosen.threads}", f"--runs={chosen.runs}", f"--min_seconds={chosen.min_seconds}"]
        return [self._measure("benchmark", file, engine, options) for file in self._files() for engine in self._engines]

    def _files(self) -> list[dict[str, Any]]:
        if "convert" not in self.results:
            raise SuiteError("stages: evaluate and benchmark come after convert")
        return list(self.results["convert"])

    def _measure(self, verb: str, file: dict[str, Any], engine: str, options: list[str]) -> dict[str, Any]:
        """Runs `evaluate` or `benchmark` on one file, in a process without TensorFlow."""
        version = engines.get(engine).version
        inputs = {"file": sha256(file["output"]), "engine": engine, "version": version, "options": options}
        stage = Stage(self.workdir / verb, f"{file['name']}_{engine}", {**inputs, **train.inputs(self.settings)})
        done = stage.finished()
        if done is not None:
            return done
        command = [
            sys.executable,
            "-m",
            f"tfl_lite_suite.{verb}",
            f"--model={file['output']}",
            f"--engine={engine}",
            "--json",
        ]
        if verb == "evaluate":
            recipe_file = pathlib.Path(self._model("train")).parent / train.RECIPE
            options = [f"--recipe={recipe_file}", f"--workdir={self.workdir}"]
        print(f"{verb} {file['name']} on {engine}", file=sys.stderr, flush=True)
        child = subprocess.run([*command, *options], stdout=subprocess.PIPE, text=True, check=False)
        if child.returncode not in (0, _INVALID_MEASUREMENT):
            raise SuiteError(f"{verb} of {file['output']} on {engine} failed with status {child.returncode}; see above")
        return stage.finish({"name": file["name"], **json.loads(child.stdout)})

    def _model(self, stage: str) -> str:
        path = self.workdir / stage / train.MODEL
        if not path.is_file():
            raise SuiteError(f"stages: {stage} must come first; there is no '{path}'")
        return str(path)


def table(results: dict[str, Any]) -> str:
    """Returns the results as a Markdown table, a row a file and engine."""
    timed = {(row["name"], row["engine"]): row for row in results.get("benchmark", [])}
    lines = ["| file | runtime | top-1 | bytes | median latency |", "|---|---|---|---|---|"]
    if "train" in results:
        lines.append(f"| Keras float32 | TensorFlow | {_percent(results['train']['top1'])} | – | – |")
    if "quantize" in results:
        lines.append(f"| Keras, fake-quantized | TensorFlow | {_percent(results['quantize']['top1_qat'])} | – | – |")
    sizes = {row["name"]: row["file_bytes"] for row in results.get("convert", [])}
    for row in results.get("evaluate", []):
        time = timed.get((row["name"], row["engine"]))
        latency = (
            "not measured"
            if time is None
            else f"{time['latency_ms']['p50']:.3f} ms{'' if time['valid'] else ' (unsteady)'}"
        )
        engine = f"{row['engine']} {row['engine_version']}"
        lines.append(f"| {row['name']} | {engine} | {_percent(row['top1'])} | {sizes[row['name']]:,} | {latency} |")
    return "\n".join(lines) + "\n"


def _percent(share: float) -> str:
    return f"{100 * share:.2f} %"


def _main() -> dict[str, Any]:
    settings = cli.recipe_from_flags()
    models.check_name(settings.model.name)
    return Run(settings, cli.required("workdir")).run()


if __name__ == "__main__":
    cli.define_recipe_flags()
    flags.DEFINE_string("workdir", None, "Folder for models and results; a stopped run goes on from what is there.")
    cli.run_verb("run", __doc__, _main, table)
