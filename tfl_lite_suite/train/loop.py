"""The training loop: schedule, moving average of the weights, best epoch, early stopping, exact resume."""

import contextlib
import dataclasses
import functools
import pathlib
import time
from collections.abc import Callable, Sequence

import numpy as np

from tfl_lite_suite.core.decision import Decision
from tfl_lite_suite.core.decision_rules import decide
from tfl_lite_suite.core.errors import SuiteError, unknown_name
from tfl_lite_suite.core.figures import percent
from tfl_lite_suite.core.framework import keras, tf
from tfl_lite_suite.core.progress import Progress, duration
from tfl_lite_suite.core.recipe import Augment, Train
from tfl_lite_suite.core.types import Array, JsonObject, KerasModel, KerasOptimizer, Tensor, TfFunction
from tfl_lite_suite.data import balance, pipeline, samples
from tfl_lite_suite.models.graph.batches import for_batches
from tfl_lite_suite.models.graph.logits import as_logits, ends_in_softmax
from tfl_lite_suite.models.graph.rewrite import classifier
from tfl_lite_suite.train import checkpoint, fine_tuning, mixed_precision, selection
from tfl_lite_suite.train.distribution import Distribution, here
from tfl_lite_suite.train.fast_gradient import fast_gradients
from tfl_lite_suite.train.losses import DistilledLoss, Loss, loss_by_labels
from tfl_lite_suite.train.moving_average import MovingAverage
from tfl_lite_suite.train.optimizer import optimizer_of
from tfl_lite_suite.train.step import train_step

CHECKPOINT = "checkpoint.npz"


@dataclasses.dataclass(frozen=True)
class Phase:
    """A stretch of training with its own schedule.

    Attributes:
        name: Shown in progress lines.
        epochs: Passes over the training images.
        learning_rate: Peak learning rate.
        warmup_epochs: Epochs of linear warm-up from zero.
        first_trainable: Name of the first layer that is trained; every layer if `None`.
        first_rate: For a pretrained network: what the learning rate of the first layer is multiplied by, see
            `fine_tuning.rates`; batch normalization keeps its statistics. `None` trains every layer alike.
    """

    name: str
    epochs: int
    learning_rate: float
    warmup_epochs: float = 0.0
    first_trainable: str | None = None
    first_rate: float | None = None


def phases(model: KerasModel, settings: Train) -> list[Phase]:
    """Returns the phases that a recipe asks for: the classifier alone first, where it says so, then the network."""
    plan = []
    if settings.head_epochs:
        plan.append(Phase("classifier", settings.head_epochs, settings.head_learning_rate, 0, classifier(model).name))
    if settings.epochs:
        warmup = min(settings.warmup_epochs, settings.epochs / 2)
        plan.append(Phase("network", settings.epochs, settings.learning_rate, warmup, settings.fine_tune_from))
    return plan


@dataclasses.dataclass
class Training:
    """Trains one model and can be stopped at any moment: an epoch that ended is never lost.

    Attributes:
        model: Trained in place; ends with the weights of the best validation epoch.
        data: `data.Dataset` with `train` and `validation`.
        settings: Optimizer, batch size, loss, moving average, choice of the epoch, early stopping.
        augment: Random changes to training images.
        seed: Seed of order and augmentation.
        folder: Where the checkpoint and TensorBoard logs lie.
        key: Identifies all inputs; a checkpoint of other inputs is not resumed.
        loss: From pixels, target distributions and logits to the mean loss, or `DistilledLoss`; if `None`, by the
            labels alone, as the settings say.
        distribution: Where to train; the model was made in the scope of its strategy. Each process does the same, and
            its results are the same; the chief alone keeps files.
        keeps_last: Whether the last epoch is kept, not the best one.
        keeps_start: Whether the weights at the start are a candidate, too, where there are validation pictures. An
            epoch takes their place only where `selection.gains` says so.
        optimizer_of: As `optimizer.optimizer_of` without its settings; makes another optimizer than they say.
        expected: Logits of the validation pictures, float32 `(n, classes)`, of a network that the model should be like;
            where given, the epoch that is nearest to them is kept, whatever the settings say.

    After `run`, `kept` is the number of the epoch whose weights the model has, 0 for the start, and `start` what a
    record of the start would hold of the validation pictures, if that was a candidate.
    """

    model: KerasModel
    data: samples.Dataset
    settings: Train
    augment: Augment
    seed: int
    folder: pathlib.Path
    key: str = ""
    loss: Loss | DistilledLoss | None = None
    distribution: Distribution = dataclasses.field(default_factory=here)
    keeps_last: bool = False
    keeps_start: bool = False
    optimizer_of: Callable[[float, int, int], KerasOptimizer] | None = None
    expected: Array | None = None

    def __post_init__(self) -> None:
        self.settings = balance.resolved(self.settings, self.data.train)
        self.history: list[JsonObject] = []
        self.batch_size = min(self.settings.batch_size, len(self.data.train))
        self.steps = len(self.data.train) // self.batch_size
        replicas = self.distribution.replicas
        if self.batch_size % replicas:
            raise SuiteError(
                f"train.batch_size: {self.batch_size} pictures cannot be shared equally by {replicas} replicas. Try "
                f"{max(self.batch_size // replicas, 1) * replicas}"
            )
        self.distribution.synchronize(self.model)
        # Outside of the strategy, so that one process can use it without the others.
        self._measured = self.model if replicas == 1 else keras.models.clone_model(self.model)
        self._best: list[Array] = []
        self._best_value: float | None = None
        self.kept = 0
        self._labelled = bool(self.data.train.one_hot().any())
        self.start: JsonObject | None = None
        self._start_scores: Array | None = None
        follows = self.expected is not None and len(self.data.validation)
        self._select: str = selection.ROOT_KL if follows else self.settings.select
        self._trainable = [layer.trainable for layer in self.model.layers]

    def run(self, plan: Sequence[Phase]) -> list[JsonObject]:
        """Trains through the phases, resuming where an earlier run was stopped.

        Args:
            plan: Phases in order.

        Returns:
            A record an epoch: phase, epoch, loss, top-1 of training and validation (`None` without images), what
            chooses the epoch, images/s,
            share of time waited for data.
        """
        saved = checkpoint.load(self.distribution.chiefs_file(self.folder / CHECKPOINT))
        if saved is not None and saved[1]["key"] != self.key:
            saved = None
        total = self.steps * sum(phase.epochs for phase in plan)
        progress = Progress("training", total)
        writer = tf.summary.create_noop_writer()
        if self.distribution.is_chief:
            writer = tf.summary.create_file_writer(str(self.folder / "tensorboard"))
        finished = 0
        with fast_gradients(), writer.as_default():
            for index, phase in enumerate(plan):
                if saved is None or saved[1]["phase"] <= index:
                    gently = fine_tuning.kept_statistics(self.model) if phase.first_rate else contextlib.nullcontext()
                    with gently:
                        self._run_phase(index, phase, saved, finished, progress)
                    saved = None
                finished += phase.epochs * self.steps
        progress.close()
        if self._best:
            self.model.set_weights(self._best)
        return self.history

    def forget_checkpoint(self) -> None:
        """Removes the checkpoint, once the results are safe."""
        (self.folder / CHECKPOINT).unlink(missing_ok=True)

    def _run_phase(self, index: int, phase: Phase, saved: checkpoint.Saved, finished: int, progress: Progress) -> None:
        self._set_trainable(phase.first_trainable)
        with self.distribution.strategy.scope():
            make = self.optimizer_of or functools.partial(optimizer_of, self.settings)
            steps = self.steps * phase.epochs
            made = make(phase.learning_rate, steps, round(self.steps * phase.warmup_epochs))
            optimizer = mixed_precision.scaling(made, self.model)
            optimizer.build(self.model.trainable_variables)
            average = MovingAverage(self.model.trainable_variables, self.settings.ema)
        first = self._restore(saved, index, optimizer, average)
        loss = self.loss or loss_by_labels(self.settings, self.data.train.class_counts, False)
        step = train_step(self.model, optimizer, average, loss, self.distribution.strategy, phase.first_rate)
        validate = accuracy_function(self._measured)
        if self.keeps_start and not self.history and len(self.data.validation):
            self.start, self._start_scores = self._validated(validate, {})
            self._best_value = self.start["selected_by"][self._select]
            self._best = self.distribution.weights(self.model)
        seed = self.seed + 1_000_003 * index
        batches = iter(
            pipeline.training_batches(
                self.data.train,
                self.batch_size,
                self.augment,
                seed,
                first,
                phase.epochs,
                len(self.data.class_names),
                self.distribution.parts,
                loss.answers if isinstance(loss, DistilledLoss) else None,
            )
        )
        for epoch in range(first, phase.epochs):
            if self._stale(phase):
                progress.line(f"stopped early: no better epoch in the last {self.settings.early_stopping}")
                break
            _reseed(self.model, hash((seed, epoch)) + self.distribution.rank)
            record = self._run_epoch(step, batches, finished + epoch * self.steps, progress)
            with average.in_place():
                weights = self.distribution.weights(self.model)
                if self._measured is not self.model:
                    self._measured.set_weights(weights)
                validated, scores = self._validated(validate, record)
                record = {"phase": phase.name, "epoch": epoch + 1, **record, **validated}
                value = record["selected_by"][self._select]
                if self._improves(value, scores):
                    self._best_value, self._best, self.kept = value, weights, len(self.history) + 1
            self.history.append(record)
            self._log(record, phase, progress)
            self._save(index, epoch + 1, optimizer, average)

    def _run_epoch(self, step: TfFunction, batches: Tensor, finished: int, progress: Progress) -> JsonObject:
        losses, correct, waited = [], 0.0, 0.0
        start = time.monotonic()
        for done in range(1, self.steps + 1):
            before = time.monotonic()
            images, targets = zip(*[next(batches) for _ in range(self.distribution.parts.count)], strict=True)
            waited += time.monotonic() - before
            loss, hits = step(self.distribution.place(images), self.distribution.place(targets))
            losses.append(float(loss))
            correct += float(hits)
            speed = done * self.batch_size / (time.monotonic() - start)
            progress.update(finished + done, f"loss {losses[-1]:.3f}, {speed:.0f} images/s")
        if not np.isfinite(losses).all():
            raise SuiteError("training diverged: the loss is not finite. Try a lower train.learning_rate")
        seconds = time.monotonic() - start
        images_seen = self.steps * self.batch_size
        return {
            "loss": float(np.mean(losses)),
            "train_top1": correct / images_seen if self._labelled else None,
            "seconds": seconds,
            "images_per_s": images_seen / seconds,
            "data_wait_share": waited / seconds,
        }

    def _improves(self, value: float, scores: Array) -> bool:
        if self.keeps_last or self._best_value is None:
            return True
        if self._start_scores is not None and not selection.gains(scores, self._start_scores):
            return False
        return selection.better(self._select, value, self._best_value)

    def _validated(
        self, validate: Callable[[samples.Split], JsonObject], record: JsonObject
    ) -> tuple[JsonObject, Array]:
        """Returns top-1 of the validation images and what chooses the epoch, and what `selection.gains` compares.

        Each process answers some of the images. Without images the figures of training take their place.
        """
        select, count = self._select, len(self.data.validation)
        if not count:
            value = record["loss"] if select == "loss" else record["train_top1"]
            return {"validation_top1": None, "selected_by": {select: value}}, np.empty(0)
        places = np.arange(self.distribution.rank, count, self.distribution.processes)
        own, counted, scores = (
            self.data.validation.subset(places),
            np.zeros(3 + 3 * len(self.data.class_names)),
            np.zeros(count),
        )
        if len(own):
            logits = validate(own)["logits"]
            counted = selection.counts(logits, own)
            scores[places] = (
                selection.right(logits, own)
                if self.expected is None
                else selection.nearness(logits, self.expected[places], own)
            )
        counted, scores = np.split(self.distribution.sum(np.concatenate([counted, scores])), [len(counted)])
        figures = selection.figures(counted, count)
        value = figures[select] if self.expected is None else -float(scores.mean())
        return {"validation_top1": figures["top1"] if counted[0] else None, "selected_by": {select: value}}, scores

    def _restore(self, saved: checkpoint.Saved, index: int, optimizer: KerasOptimizer, average: MovingAverage) -> int:
        """Puts back what a checkpoint holds; returns the epoch of this phase to begin with."""
        if saved is None:
            return 0
        arrays, state = saved
        self.model.set_weights(arrays["model"])
        self.history, self._best_value = state["history"], state["best_value"]
        self.kept, self.start = state["kept"], state.get("start")
        self._best = arrays.get("best", [])
        self._start_scores = next(iter(arrays.get("start_scores", [])), None)
        if state["phase"] != index or state["epoch"] == 0:
            return 0
        for variable, value in zip(optimizer.variables, arrays["optimizer"], strict=True):
            variable.assign(value)
        average.set_values(arrays.get("average", []))
        return int(state["epoch"])

    def _save(self, index: int, epoch: int, optimizer: KerasOptimizer, average: MovingAverage) -> None:
        if not self.distribution.is_chief:
            return
        checkpoint.save(
            self.folder / CHECKPOINT,
            {
                "model": self.distribution.weights(self.model),
                "best": self._best,
                "optimizer": [variable.numpy() for variable in optimizer.variables],
                "average": average.values(),
                "start_scores": [] if self._start_scores is None else [self._start_scores],
            },
            {
                **{"key": self.key, "phase": index, "epoch": epoch, "history": self.history},
                **{"best_value": self._best_value, "kept": self.kept, "start": self.start},
            },
        )

    def _set_trainable(self, first: str | None) -> None:
        names = [layer.name for layer in self.model.layers]
        if first is not None and first not in names:
            raise unknown_name("train.fine_tune_from", first, names, "layer")
        start = names.index(first) if first is not None else 0
        for position, layer in enumerate(self.model.layers):
            layer.trainable = self._trainable[position] and position >= start

    def _stale(self, phase: Phase) -> bool:
        values = [record["selected_by"][self._select] for record in self.history if record["phase"] == phase.name]
        return bool(values) and 0 < self.settings.early_stopping <= len(values) - 1 - selection.best(
            self._select, values
        )

    def _log(self, record: JsonObject, phase: Phase, progress: Progress) -> None:
        for name in ("loss", "train_top1", "validation_top1", "images_per_s"):
            if record[name] is not None:
                tf.summary.scalar(name, record[name], step=len(self.history))
        shares = [(record[f"{name}_top1"], {"train": "training"}.get(name, name)) for name in ("train", "validation")]
        measured = ", ".join(f"{percent(share)} {name}" for share, name in shares if share is not None)
        select, value = next(iter(record["selected_by"].items()))
        parts = [f"loss {record['loss']:.4f}", f"top-1 {measured}" if measured else ""]
        if not len(self.data.validation):
            parts.append("no validation images")
        elif select != "top1":
            parts.append(f"validation {select} {value:.4f}")
        parts += [f"{record['images_per_s']:.0f} images/s", duration(record["seconds"])]
        parts.append(f"waited for data {percent(record['data_wait_share'], 1)}")
        progress.line(f"{phase.name} epoch {record['epoch']}/{phase.epochs}: {', '.join(filter(None, parts))}")


def accuracy_function(model: KerasModel) -> Callable[[samples.Split], JsonObject]:
    """Returns a function from a `Split` to `top1`, `top5`, `balanced_accuracy` (shares), and answers of `model`.

    These are `top`, `confidence` and `logits`. An answer is right if it is one of the picture's labels. `top` holds the
    classes of the highest logits, best first, int64 `(n, 5)` or as many as there are; equal logits by class index, the
    lowest first. `confidence` is the probability of the first, float64 `(n,)`. Without images the shares are `None`.
    """
    meaning = Decision(scores="probabilities" if ends_in_softmax(model) else "logits")

    forward = for_batches(model)

    def measure(split: samples.Split) -> JsonObject:
        if not len(split):
            nothing = dict.fromkeys(("top1", "top5", "balanced_accuracy"))
            scores = np.empty((0, model.output_shape[-1]), np.float32)
            return {**nothing, "top": np.empty((0, 1), int), "confidence": np.empty(0), "logits": scores}
        scores = np.concatenate([forward(images).numpy() for images, _ in pipeline.evaluation_batches(split, 256)])
        logits = as_logits(model, scores).numpy()
        top = np.argsort(-scores, axis=1, kind="stable")[:, :5]
        hits = np.take_along_axis(split.one_hot(), top, axis=1) > 0
        return {
            "top1": float(np.mean(hits[:, 0])),
            "top5": float(np.mean(hits.any(axis=1))),
            "balanced_accuracy": selection.figures(selection.counts(logits, split), len(split))["balanced_accuracy"],
            "top": top,
            "confidence": np.nan_to_num(decide(meaning, scores).probabilities.max(axis=1)),
            "logits": logits,
        }

    return measure


def _reseed(model: KerasModel, seed: int) -> None:
    """Sets the random state of dropout and its like, so that an epoch draws the same numbers after a resume."""
    for position, layer in enumerate(model.layers):
        generator = getattr(getattr(layer, "_random_generator", None), "_generator", None)
        if generator is not None:
            generator.reset_from_seed((seed + position) % 2**31)
