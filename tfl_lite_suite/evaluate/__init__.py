"""Measures the accuracy of a `.tflite`, exported or `.keras` model; TensorFlow is loaded for `.keras` only."""

import dataclasses
import functools
import os
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Literal

from tfl_lite_suite.core import predictions
from tfl_lite_suite.core.contract import Contract, beside
from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.core.progress import Progress
from tfl_lite_suite.core.types import Array, KerasModel
from tfl_lite_suite.evaluate import preprocessing
from tfl_lite_suite.tflite.normalization import RAW, Normalization

if TYPE_CHECKING:
    from tfl_lite_suite import data
    from tfl_lite_suite.core.decision import Decision
    from tfl_lite_suite.core.decision_rules import Decided
    from tfl_lite_suite.core.recipe import Data as DataSettings
    from tfl_lite_suite.core.recipe import Recipe
    from tfl_lite_suite.evaluate import answers as accuracy
    from tfl_lite_suite.evaluate.result import Evaluation, Figures

# What must not slow down --help (NumPy, Pillow) is imported where it is used.

_BATCH = 256
_WARNING = "warning: "
# Scores that are kept (float32), and classes that a file may claim.
_MOST_SCORES, _MOST_CLASSES = 20_000_000, 100_000


@dataclasses.dataclass(frozen=True)
class Model:
    """A model's file, read but not yet run.

    Attributes:
        contract: How it wants its pictures; `labels` has a name for each class.
        normalization: How a pixel becomes the value that its input takes.
        file_bytes: Size of the file.
        engine_version: Version of what runs it.
        keras: The Keras model, if it is one.
        warnings: What a user should know of it.
        decision: What its scores mean, if the file says.
        gives_probabilities: Whether the scores are probabilities already.
    """

    contract: Contract
    file_bytes: int
    engine_version: str
    keras: KerasModel = None
    warnings: tuple[str, ...] = ()
    decision: "Decision | None" = None
    gives_probabilities: bool = False
    normalization: Normalization = RAW

    @property
    def is_guess(self) -> bool:
        """Whether the file does not say how pixels are normalised, so that raw ones are a guess."""
        return self.normalization.source == "nothing"

    def decide(self, scores: Array, several: bool = False) -> "Decided":
        """Returns what scores mean, and which answers they give.

        Args:
            scores: `(n, classes)`.
            several: Whether pictures show any number of classes. Without a decision in the file those with a
                probability of at least 0.5 are answered then; else the one with the greatest score.
        """
        from tfl_lite_suite.core.decision import Decision
        from tfl_lite_suite.core.decision_rules import decide

        plain = Decision("multi" if several else "single", "probabilities" if self.gives_probabilities else "logits")
        return decide(self.decision or plain, scores)


@dataclasses.dataclass(frozen=True)
class Images:
    """Pictures to evaluate on.

    Attributes:
        split: The pictures; labels are places in the model's `contract.labels`.
        skipped: Unreadable pictures left out; `None` where a recipe cut its splits after leaving them out.
        warnings: What a user should know of them.
        preparing_s: Seconds that decoding and preparing them took; `None` where a recipe's other splits were too.
        unknown: Pictures that are none of the classes.
    """

    split: "data.Split"
    skipped: int | None = 0
    warnings: tuple[str, ...] = ()
    preparing_s: float | None = None
    unknown: "data.Split | None" = None


def evaluate(runner: "accuracy.Runner", model: Model, images: Images) -> "tuple[Evaluation, accuracy.Answers]":
    """Runs a model over images and compares its answers with their labels.

    Args:
        runner: How to run it; the model's normalisation is what counts. The scores are kept, unless they are so many
            that they would fill the memory; then what needs them is left out, and a warning says so.
        model: The model, from `open_model`.
        images: The pictures, from `open_data` or `open_recipe`.

    Returns:
        What `--json` prints, and the answers. `images_per_s` counts decoding and preparation, too.
    """
    from tfl_lite_suite.core.result import plain
    from tfl_lite_suite.evaluate import decisions
    from tfl_lite_suite.evaluate.result import Evaluation

    split, names = images.split, model.contract.labels
    runner = dataclasses.replace(runner, normalization=model.normalization)
    scores = len(split) * len(names)
    runner = dataclasses.replace(runner, keep_logits=scores <= _MOST_SCORES)
    if model.is_guess:
        _check_guess(runner, model, split)
    answers = _answers(runner, model, split)
    several = split.targets is not None
    decided = None if answers.logits is None else model.decide(answers.logits, several)
    unknown = None
    if images.unknown is not None and decided is not None:
        others = _answers(runner, model, images.unknown).logits
        assert others is not None
        unknown = decisions.unknown_figures(decided, model.decide(others, several))
    judged = None
    if decided is not None and model.decision is not None:
        judged = decisions.figures(model.decision, decided, split, names)
    figures = _figures(answers, split, names, decided)
    few = f"{scores:,} scores were not kept: no calibration, ranking or decision. evaluate --limit=… takes fewer"
    warnings = (*model.warnings, *images.warnings, *figures.warnings, *([few] if decided is None else []))
    return Evaluation(
        **dataclasses.replace(figures, warnings=warnings).fields(),
        model=runner.model,
        model_bytes=model.file_bytes,
        engine=runner.engine,
        engine_version=model.engine_version,
        threads=runner.threads,
        workers=runner.workers,
        skipped=images.skipped,
        decided=judged,
        unknown=unknown,
        input_sha256=answers.input_sha256,
        seconds={"preparing": images.preparing_s, "running": answers.seconds},
        images_per_s=len(split) / (answers.seconds + (images.preparing_s or 0)),
        normalization=plain(dataclasses.asdict(model.normalization)),
    ), answers


def _figures(
    answers: "accuracy.Answers", split: "data.Split", names: tuple[str, ...], decided: "Decided | None"
) -> "Figures":
    from tfl_lite_suite.evaluate import answers as accuracy
    from tfl_lite_suite.evaluate import multi_label

    if split.targets is None:
        return accuracy.figures(answers, split.labels, names, decided)
    if decided is None:
        raise SuiteError("these are too many pictures and classes for several labels a picture. Lower `limit`")
    return multi_label.figures(answers, split.targets, names, decided)


def _answers(runner: "accuracy.Runner", model: Model, split: "data.Split") -> "accuracy.Answers":
    progress = Progress("evaluating", len(split))
    if model.keras is None:
        answers = runner.answer(split.images, len(split), progress.update)
    else:
        answers = _keras_answers(model, split, progress.update)
    progress.close()
    return answers


def _check_guess(runner: "accuracy.Runner", model: Model, split: "data.Split") -> None:
    from tfl_lite_suite.evaluate import guessed

    def answer(way: Normalization, some: "data.Split") -> Array:
        by = dataclasses.replace(runner, normalization=way, keep_logits=False)
        return _answers(by, dataclasses.replace(model, normalization=way), some).top[:, 0]

    guessed.check(runner.model, model.contract.channels, split, answer)


def write_predictions(path: str, model: Model, split: "data.Split", answers: "accuracy.Answers") -> None:
    """Writes every picture's answer; see `core.predictions`.

    Args:
        path: The JSON file.
        model: The model.
        split: The pictures.
        answers: From `evaluate`.
    """
    import numpy as np

    if answers.logits is None:
        predictions.write(
            path, model.contract.labels, split.keys, split.labels, answers.top, ties=answers.ties.tolist()
        )
        return
    decided = model.decide(answers.logits, split.targets is not None)
    sure = decided.probabilities[np.arange(len(split)), answers.top[:, 0]]
    more = {"ties": answers.ties.tolist(), "confidence": np.where(np.isnan(sure), 0.0, sure).tolist()}
    more |= {} if model.decision is None else {"answer": decided.top.tolist()}
    more |= predictions.several(split.targets, decided.answered)
    predictions.write(path, model.contract.labels, split.keys, split.labels, answers.top, **more)


def open_model(path: str, engine: str, normalization: Normalization | None = None) -> Model:
    """Reads a model's file.

    Args:
        path: A `.tflite`, exported or `.keras` file.
        engine: Name of the engine; `keras` for a `.keras` file.
        normalization: How a pixel becomes the input's value; what the file says if absent.

    Raises:
        SuiteError: If the file is missing or damaged, the engine not installed, or the model no image classifier.
    """
    if engine == "keras":
        return _open_keras(path, normalization)
    from tfl_lite_suite.benchmark.job import contract_of
    from tfl_lite_suite.runtime import engines

    runtime = engines.get(engine)
    runtime.require_installed()
    file = runtime.inspect(path)
    of = file.contract or contract_of(file.input_shape)
    if of is None or len(file.output_shape) != 2:
        shapes = f"{list(file.input_shape)} to {list(file.output_shape)}"
        raise SuiteError(
            f"{path}: not an image classifier: [1, height, width, channels] to [1, classes]. Received: {shapes}"
        )
    if file.output_shape[1] > _MOST_CLASSES:
        raise SuiteError(f"{path}: it claims {file.output_shape[1]:,} classes; at most {_MOST_CLASSES:,} are evaluated")
    used = preprocessing.checked(path, normalization or file.normalization, of)
    warnings = preprocessing.warnings(file.contract, of, used)
    of = _labelled(path, of, file.labels, file.output_shape[1])
    says = file.decision, file.gives_probabilities
    return Model(of, file.file_bytes, runtime.version, None, warnings, *says, used)


@functools.cache
def open_data(contract: Contract, source: str, limit: int | None, on_corrupt: Literal["error", "skip"]) -> Images:
    """Opens pictures by a model's contract; several engines that have it in common share them.

    Args:
        contract: The model's.
        source: What `--data` names.
        limit: Greatest number of pictures.
        on_corrupt: `error` or `skip`.
    """
    from tfl_lite_suite import data

    begin = time.perf_counter()
    split = data.open_all(source, contract, on_corrupt=on_corrupt, limit=limit)
    preparing_s = time.perf_counter() - begin
    parts = data.listing_of(source).parts
    part = next((part for part in ("test", "validation") if part in parts), None)
    wanted = parts.count(part) if part else len(parts)
    return Images(split, min(wanted, limit or wanted) - len(split), _as_warnings(split.notes), preparing_s)


def open_recipe(model: Model, settings: "Recipe", cache_dir: str | None, limit: int | None) -> tuple[Model, Images]:
    """Opens a recipe's test split; a model without class names takes the recipe's.

    Raises:
        SuiteError: If the recipe prepares pictures otherwise than the model wants them, or has no test pictures.
    """
    import numpy as np

    model, images = _of_recipe(model, settings, cache_dir)
    split = images.test
    if not len(split):
        raise SuiteError("data.test_fraction: 0 leaves no test pictures. Raise it, or name pictures with `data` alone")
    if limit is not None and limit < len(split):
        split = split.subset(np.sort(np.random.default_rng(settings.seed).permutation(len(split))[:limit]))
    warnings = _as_warnings(note for note in images.notes if note.startswith(_WARNING))
    skipped = 0 if settings.data.on_corrupt == "error" else None
    return model, Images(split, skipped, warnings, unknown=half(images.unknown, settings.seed, 1))


def open_validation(model: Model, settings: "Recipe", cache_dir: str | None) -> tuple[Model, Images]:
    """Opens a recipe's validation split, and the half of its unknown pictures that `open_recipe` does not take.

    Raises:
        SuiteError: As `open_recipe`, or if it has no validation pictures.
    """
    model, images = _of_recipe(model, settings, cache_dir)
    if not len(images.validation):
        raise SuiteError("data.validation_fraction: 0 leaves no validation pictures to fit on. Raise it")
    return model, Images(images.validation, None, unknown=half(images.unknown, settings.seed, 0))


def half(split: "data.Split | None", seed: int, which: int) -> "data.Split | None":
    """Returns one of the two halves of some pictures: a decision is not judged by those that it was fitted on."""
    import numpy as np

    if split is None or len(split) < 2:
        return split
    return split.subset(np.sort(np.random.default_rng(seed).permutation(len(split))[which::2]))


def scores_of(path: str, engine: str, split: "data.Split") -> Array:
    """Returns what a file gives for pictures: real values, float32 `(n, classes)`.

    Args:
        path: The model's file.
        engine: What runs it.
        split: The pictures.
    """
    from tfl_lite_suite.evaluate import answers as accuracy
    from tfl_lite_suite.runtime import machine

    runner = accuracy.Runner(path, engine, workers=machine.usable_cores(), keep_logits=True)
    progress = Progress("running", len(split))
    found = runner.answer(split.images, len(split), progress.update)
    progress.close()
    assert found.logits is not None
    return found.logits


def _of_recipe(model: Model, settings: "Recipe", cache_dir: str | None) -> tuple[Model, "data.Dataset"]:
    images = _load(settings.data, settings.seed, cache_dir)
    if model.contract.labels == _numbers(len(images.class_names)):
        named = dataclasses.replace(model.contract, labels=tuple(images.class_names))
        model = dataclasses.replace(model, contract=named)
    for field in dataclasses.fields(Contract):
        wanted, given = getattr(model.contract, field.name), getattr(images.contract, field.name)
        if wanted != given:
            raise SuiteError(f"contract.{field.name}: the model wants {wanted}, the recipe gives {given}")
    return model, images


def _as_warnings(notes: Iterable[str]) -> tuple[str, ...]:
    """Returns notes about the data as they stand among the warnings of a document."""
    return tuple(note.removeprefix(_WARNING) for note in notes)


@functools.cache
def _load(settings: "DataSettings", seed: int, cache_dir: str | None) -> "data.Dataset":
    from tfl_lite_suite import data

    return data.load(settings, seed, cache_dir)


def _labelled(path: str, of: Contract, labels: tuple[str, ...], classes: int) -> Contract:
    # One score tells two classes apart.
    labels = of.labels or labels or _numbers(max(classes, 2))
    if len(labels) != max(classes, 2):
        outputs = "one output, which tells two classes apart" if classes == 1 else f"{classes} outputs"
        raise SuiteError(f"{path}: {len(labels)} labels for {outputs}. Give its metadata a label for each class")
    return dataclasses.replace(of, labels=labels)


def _numbers(count: int) -> tuple[str, ...]:
    return tuple(str(number) for number in range(count))


def _open_keras(path: str, normalization: Normalization | None) -> Model:
    from tfl_lite_suite import models

    models.check_file(path)
    from tfl_lite_suite.benchmark.job import contract_of
    from tfl_lite_suite.core.framework import keras
    from tfl_lite_suite.models.graph import logits, two_classes
    from tfl_lite_suite.models.keras_io import keras_file

    model = two_classes.with_two_scores(keras_file.load(path))
    own = beside(path)
    of = own or contract_of((1, *model.input_shape[1:]))
    if of is None or len(model.output_shape) != 2:
        raise SuiteError(f"{path}: not an image classifier. Received: {model.input_shape} to {model.output_shape}")
    stated = RAW if own else Normalization(source="nothing")
    used = preprocessing.checked(path, normalization or stated, of)
    warnings = preprocessing.warnings(own, of, used)
    of = _labelled(path, of, (), model.output_shape[1])
    softmax = logits.ends_in_softmax(model)
    return Model(of, os.path.getsize(path), keras.__version__, model, warnings, None, softmax, used)


def _keras_answers(model: Model, split: "data.Split", on_done: Callable[[int], None]) -> "accuracy.Answers":
    import numpy as np

    from tfl_lite_suite.core.framework import tf
    from tfl_lite_suite.evaluate import answers as accuracy
    from tfl_lite_suite.models.graph.batches import for_batches

    mean, std = (np.array(values, np.float32) for values in (model.normalization.mean, model.normalization.std))
    forward = for_batches(model.keras, lambda pictures: model.keras((pictures - mean) / std, training=False))
    begin, logits = time.perf_counter(), []
    for first in range(0, len(split), _BATCH):
        pictures = split.images(np.arange(first, min(first + _BATCH, len(split))))
        logits.append(forward(tf.cast(pictures, tf.float32)).numpy())
        on_done(first + len(logits[-1]))
    scores = np.concatenate(logits)
    return accuracy.Answers(*accuracy.ranked(scores), time.perf_counter() - begin, logits=scores)
