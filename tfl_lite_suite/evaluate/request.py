"""What a user asks `evaluate` for: a model on pictures, on one engine or several, here or on a device."""

import dataclasses
import pathlib
from collections.abc import Sequence
from typing import Literal

import numpy as np

from tfl_lite_suite import data, evaluate
from tfl_lite_suite.core.errors import ArgumentError
from tfl_lite_suite.core.files import atomic_path, is_keras_file, write_bytes
from tfl_lite_suite.core.recipe import Recipe
from tfl_lite_suite.core.types import JsonObject
from tfl_lite_suite.evaluate import answers, engine_table, preprocessing
from tfl_lite_suite.evaluate.result import EngineRow, Evaluation, UnsupportedEngine
from tfl_lite_suite.runtime import engines, exporting, machine, targets
from tfl_lite_suite.runtime.session import TFLITE, Kernels

_KERAS = "keras"


@dataclasses.dataclass(frozen=True)
class Request:
    """The values of the flags of `evaluate`, under the same names; see its `--help`.

    Attributes:
        recipe: The recipe whose test split is used, with `data` as its source; `data` alone where there is none.
    """

    model: str
    engine: Sequence[str] | None
    recipe: Recipe | None
    data: str | None
    unknown: str | None
    workdir: str | None
    mean: Sequence[str] | None
    std: Sequence[str] | None
    limit: int | None
    on_corrupt: Literal["error", "skip"]
    threads: int
    workers: int | None
    kernels: Kernels
    predictions: str | None
    logits: str | None
    target: str
    wheels: str | None

    def evaluate(self) -> Evaluation | list[EngineRow | UnsupportedEngine]:
        """Evaluates, and writes the files that are asked for.

        Returns:
            One evaluation; for several engines a row each, see `engine_table.rows`.

        Raises:
            SuiteError: If it cannot be evaluated so.
        """
        if self.target != "local" or self.wheels is not None:
            return self._on_target()
        is_keras = is_keras_file(self.model)
        if is_keras and self.engine not in (None, [_KERAS]):
            raise ArgumentError("engine", f"a .keras file is run by Keras. Received: '{self._engine_text}'")
        names = self.engine or [_KERAS if is_keras else engines.default(self.model)]
        if len(names) > 1:
            if self.predictions or self.logits:
                raise ArgumentError("engine", "`predictions` and `logits` write one engine's answers. Name one engine")
            for name in names:
                engines.get(name).require()
            return engine_table.rows(self.model, names, self._on_engine, self.threads, self.kernels)
        evaluation, given = self._on_engine(names[0])
        if self.logits is not None:
            _write_logits(self.logits, given)
        return evaluation

    @property
    def _engine_text(self) -> str:
        return ",".join(self.engine or [])

    def _on_engine(self, engine: str) -> tuple[Evaluation, answers.Answers]:
        path = self.model if engine == _KERAS else exporting.file_for(self.model, engine)
        model = evaluate.open_model(path, engine, preprocessing.normalization_of(self.mean, self.std))
        if self.recipe is None:
            images = evaluate.open_data(model.contract, str(self.data), self.limit, self.on_corrupt)
        else:
            cache_dir = str(pathlib.Path(self.workdir) / "data") if self.workdir else None
            model, images = evaluate.open_recipe(model, self.recipe, cache_dir, self.limit)
        if self.unknown is not None:
            unknown = data.open_unknown(
                self.unknown, model.contract, on_corrupt=self.on_corrupt, apart_from=images.split
            )
            images = dataclasses.replace(images, unknown=unknown)
        workers = 1 if engine == _KERAS else self.workers or max(1, machine.usable_cores() // self.threads)
        runner = answers.Runner(path, engine, self.threads, workers, self.kernels, keep_logits=True)
        evaluation, given = evaluate.evaluate(runner, model, images)
        if self.predictions is not None:
            evaluate.write_predictions(self.predictions, model, images.split, given)
        return evaluation, given

    def _on_target(self) -> Evaluation:
        """Has a device evaluate, with the pictures copied there."""
        model, source = self.model, self.data
        if self.recipe is not None or is_keras_file(model) or source is None:
            raise ArgumentError(
                "target", "a device evaluates a .tflite or exported file on `data` alone, without `recipe`"
            )
        if self.engine is not None and len(self.engine) > 1:
            raise ArgumentError(
                "engine", f"a device evaluates on one engine at a time. Received: '{self._engine_text}'"
            )
        settings = self._given("limit", "on_corrupt", "threads", "workers", "kernels")
        settings |= {name: ",".join(values) for name, values in self._given("mean", "std").items()}
        engine = self.engine or ([] if engines.format_of(model) == TFLITE else engines.names_for(model))
        if engine:
            settings["engine"] = engine[0]
        wanted = self._given("predictions", "logits")
        with targets.get(self.target, self.wheels) as target:
            known = source if source == data.fashion_mnist.NAME else None
            model = exporting.file_for(model, engine[0]) if engine else model
            document, files = target.evaluate(model, data.files_of(source), known, settings, list(wanted))
        for name, path in wanted.items():
            write_bytes(path, files[name])
        return Evaluation.from_document(document, self.target)

    def _given(self, *names: str) -> JsonObject:
        values = {name: getattr(self, name) for name in names}
        return {name: value for name, value in values.items() if value is not None}


def _write_logits(path: str, given: answers.Answers) -> None:
    if given.logits is None:
        raise ArgumentError("logits", "too many pictures and classes to keep every score. `limit` leaves fewer")
    with atomic_path(path) as temporary, open(temporary, "wb") as file:
        np.save(file, given.logits)
