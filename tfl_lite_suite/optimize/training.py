"""The training loop: schedule, moving average of the weights, best epoch, early stopping, exact resume."""

import dataclasses
import math
import pathlib
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tfl_lite_suite.data import pipeline
from tfl_lite_suite.errors import SuiteError, unknown_name
from tfl_lite_suite.framework import keras, tf
from tfl_lite_suite.optimize import checkpoint, mixed_precision
from tfl_lite_suite.optimize.fast_gradient import fast_gradients
from tfl_lite_suite.optimize.scores import as_logits
from tfl_lite_suite.progress import Progress, duration
from tfl_lite_suite.recipe import Augment, Train

CHECKPOINT = "checkpoint.npz"
Loss = Callable[[Any, Any, Any], Any]


@dataclasses.dataclass(frozen=True)
class Phase:
    """A stretch of training with its own schedule.

    Attributes:
        name: Shown in progress lines.
        epochs: Passes over the training images.
        learning_rate: Peak learning rate.
        warmup_epochs: Epochs of linear warm-up from zero.
        first_trainable: Name of the first layer that is trained; every layer if `None`.
    """

    name: str
    epochs: int
    learning_rate: float
    warmup_epochs: float = 0.0
    first_trainable: str | None = None


class WarmupCosine(keras.optimizers.schedules.LearningRateSchedule):
    """Linear warm-up, then cosine decay to zero.

    Source: Loshchilov and Hutter, 2017, https://arxiv.org/abs/1608.03983, Eq. 5, without restarts.
    """

    def __init__(self, peak: float, total_steps: int, warmup_steps: int) -> None:
        """Sets the shape.

        Args:
            peak: Greatest learning rate.
            total_steps: Steps until zero.
            warmup_steps: Steps of warm-up, fewer than `total_steps`.
        """
        self.peak, self.total_steps, self.warmup_steps = peak, total_steps, warmup_steps

    def __call__(self, step: Any) -> Any:
        """Returns the learning rate of a step, a float32 scalar."""
        step = tf.cast(step, tf.float32)
        warm = (step + 1) / max(self.warmup_steps, 1)
        progress = (step - self.warmup_steps) / max(self.total_steps - self.warmup_steps, 1)
        cosine = 0.5 * (1 + tf.cos(math.pi * tf.clip_by_value(progress, 0.0, 1.0)))
        return self.peak * tf.where(step < self.warmup_steps, warm, cosine)

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {"peak": self.peak, "total_steps": self.total_steps, "warmup_steps": self.warmup_steps}


def phases(model: Any, settings: Train) -> list[Phase]:
    """Returns the phases that a recipe asks for: the classifier alone first, where it says so, then the network."""
    plan = []
    if settings.head_epochs:
        plan.append(Phase("classifier", settings.head_epochs, settings.head_learning_rate, 0, classifier(model).name))
    if settings.epochs:
        warmup = min(settings.warmup_epochs, settings.epochs / 2)
        plan.append(Phase("network", settings.epochs, settings.learning_rate, warmup, settings.fine_tune_from))
    return plan


def classifier(model: Any) -> Any:
    """Returns the last layer that has weights."""
    return next(layer for layer in reversed(model.layers) if layer.weights)


@dataclasses.dataclass
class Training:
    """Trains one model and can be stopped at any moment: an epoch that ended is never lost.

    Attributes:
        model: Trained in place; ends with the weights of the best validation epoch.
        data: `data.Dataset` with `train` and `validation`.
        settings: Optimizer, batch size, smoothing, moving average, early stopping.
        augment: Random changes to training images.
        seed: Seed of order and augmentation.
        folder: Where the checkpoint and TensorBoard logs lie.
        key: Identifies all inputs; a checkpoint of other inputs is not resumed.
        loss: From pixels, target distributions and logits to the mean loss; `cross_entropy` with the settings' label
            smoothing if `None`.
    """

    model: Any
    data: Any
    settings: Train
    augment: Augment
    seed: int
    folder: pathlib.Path
    key: str = ""
    loss: Loss | None = None

    def __post_init__(self) -> None:
        self.history: list[dict[str, Any]] = []
        self.batch_size = min(self.settings.batch_size, len(self.data.train))
        self.steps = len(self.data.train) // self.batch_size
        self._best: list[np.ndarray] = []
        self._best_top1 = -1.0
        self._trainable = [layer.trainable for layer in self.model.layers]

    def run(self, plan: Sequence[Phase]) -> list[dict[str, Any]]:
        """Trains through the phases, resuming where an earlier run was stopped.

        Args:
            plan: Phases in order.

        Returns:
            A record an epoch: phase, epoch, loss, top-1 of training and validation, images/s, share of time waited
            for data.
        """
        saved = checkpoint.load(self.folder / CHECKPOINT)
        if saved is not None and saved[1]["key"] != self.key:
            saved = None
        total = self.steps * sum(phase.epochs for phase in plan)
        progress = Progress("training", total)
        writer = tf.summary.create_file_writer(str(self.folder / "tensorboard"))
        finished = 0
        with fast_gradients(), writer.as_default():
            for index, phase in enumerate(plan):
                if saved is None or saved[1]["phase"] <= index:
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

    def _run_phase(self, index: int, phase: Phase, saved: Any, finished: int, progress: Progress) -> None:
        self._set_trainable(phase.first_trainable)
        optimizer = mixed_precision.scaling(_optimizer(self.settings, phase, self.steps), self.model)
        optimizer.build(self.model.trainable_variables)
        average = _MovingAverage(self.model.trainable_variables, self.settings.ema)
        first = self._restore(saved, index, optimizer, average)
        step = _train_step(self.model, optimizer, average, self.loss or cross_entropy(self.settings.label_smoothing))
        validate = accuracy_function(self.model)
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
            )
        )
        for epoch in range(first, phase.epochs):
            if self._stale(phase):
                progress.line(f"stopped early: no better epoch in the last {self.settings.early_stopping}")
                break
            _reseed(self.model, hash((seed, epoch)))
            record = self._run_epoch(step, batches, finished + epoch * self.steps, progress)
            with average.in_place():
                top1 = validate(self.data.validation)["top1"] if len(self.data.validation) else record["train_top1"]
                if top1 > self._best_top1:
                    self._best_top1, self._best = top1, self.model.get_weights()
            record = {"phase": phase.name, "epoch": epoch + 1, **record, "validation_top1": top1}
            self.history.append(record)
            self._log(record, phase, progress)
            self._save(index, epoch + 1, optimizer, average)

    def _run_epoch(self, step: Any, batches: Any, finished: int, progress: Progress) -> dict[str, Any]:
        losses, correct, waited = [], 0.0, 0.0
        start = time.monotonic()
        for done in range(1, self.steps + 1):
            before = time.monotonic()
            images, targets = next(batches)
            waited += time.monotonic() - before
            loss, hits = step(images, targets)
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
            "train_top1": correct / images_seen,
            "seconds": seconds,
            "images_per_s": images_seen / seconds,
            "data_wait_share": waited / seconds,
        }

    def _restore(self, saved: Any, index: int, optimizer: Any, average: "_MovingAverage") -> int:
        """Puts back what a checkpoint holds; returns the epoch of this phase to begin with."""
        if saved is None:
            return 0
        arrays, state = saved
        self.model.set_weights(arrays["model"])
        self.history, self._best_top1 = state["history"], state["best_top1"]
        self._best = arrays.get("best", [])
        if state["phase"] != index or state["epoch"] == 0:
            return 0
        for variable, value in zip(optimizer.variables, arrays["optimizer"], strict=True):
            variable.assign(value)
        average.set_values(arrays.get("average", []))
        return int(state["epoch"])

    def _save(self, index: int, epoch: int, optimizer: Any, average: "_MovingAverage") -> None:
        checkpoint.save(
            self.folder / CHECKPOINT,
            {
                "model": self.model.get_weights(),
                "best": self._best,
                "optimizer": [variable.numpy() for variable in optimizer.variables],
                "average": average.values(),
            },
            {
                "key": self.key,
                "phase": index,
                "epoch": epoch,
                "history": self.history,
                "best_top1": self._best_top1,
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
        scores = [record["validation_top1"] for record in self.history if record["phase"] == phase.name]
        return bool(scores) and 0 < self.settings.early_stopping <= len(scores) - 1 - int(np.argmax(scores))

    def _log(self, record: dict[str, Any], phase: Phase, progress: Progress) -> None:
        for name in ("loss", "train_top1", "validation_top1", "images_per_s"):
            tf.summary.scalar(name, record[name], step=len(self.history))
        progress.line(
            f"{phase.name} epoch {record['epoch']}/{phase.epochs}: loss {record['loss']:.4f}, "
            f"top-1 {100 * record['train_top1']:.2f} % training, {100 * record['validation_top1']:.2f} % validation, "
            f"{record['images_per_s']:.0f} images/s, {duration(record['seconds'])}, "
            f"waited for data {100 * record['data_wait_share']:.1f} %"
        )


def accuracy_function(model: Any) -> Callable[[Any], dict[str, Any]]:
    """Returns a function from a `Split` to `top1`, `top5` (shares) and `top` of `model`.

    `top` holds the classes of the highest logits, best first, int64 `(n, 5)` or as many as there are. Equal logits are
    ranked by class index, lowest first.
    """

    @tf.function(autograph=False)
    def forward(images: Any) -> Any:
        return model(images, training=False)

    def measure(split: Any) -> dict[str, Any]:
        logits = np.concatenate([forward(images).numpy() for images, _ in pipeline.evaluation_batches(split, 256)])
        top = np.argsort(-logits, axis=1, kind="stable")[:, :5]
        labels = np.asarray(split.labels)
        return {
            "top1": float(np.mean(top[:, 0] == labels)),
            "top5": float(np.mean((top == labels[:, None]).any(axis=1))),
            "top": top,
        }

    return measure


def _reseed(model: Any, seed: int) -> None:
    """Sets the random state of dropout and its like, so that an epoch draws the same numbers after a resume."""
    for position, layer in enumerate(model.layers):
        generator = getattr(getattr(layer, "_random_generator", None), "_generator", None)
        if generator is not None:
            generator.reset_from_seed((seed + position) % 2**31)


def _optimizer(settings: Train, phase: Phase, steps: int) -> Any:
    schedule = WarmupCosine(phase.learning_rate, steps * phase.epochs, round(steps * phase.warmup_epochs))
    decay = settings.weight_decay or None
    clip = settings.clip_norm or None
    optimizers = keras.optimizers
    if settings.optimizer == "sgd":
        optimizer = optimizers.SGD(schedule, momentum=0.9, nesterov=True, weight_decay=decay, global_clipnorm=clip)
    elif settings.optimizer == "rmsprop":
        optimizer = optimizers.RMSprop(
            schedule, rho=0.9, momentum=0.9, epsilon=1e-3, weight_decay=decay, global_clipnorm=clip
        )
    elif settings.optimizer == "adam":
        optimizer = optimizers.Adam(schedule, weight_decay=decay, global_clipnorm=clip)
    else:
        optimizer = optimizers.AdamW(schedule, weight_decay=settings.weight_decay, global_clipnorm=clip)
    if decay:
        optimizer.exclude_from_weight_decay(var_names=["bias", "beta", "gamma"])
    return optimizer


def cross_entropy(smoothing: float) -> Loss:
    """Returns the loss against target distributions of which a share is spread over all classes."""

    def loss(_: Any, targets: Any, logits: Any) -> Any:
        classes = tf.cast(tf.shape(targets)[1], tf.float32)
        smooth = targets * (1 - smoothing) + smoothing / classes
        return tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(smooth, logits))

    return loss


def _train_step(model: Any, optimizer: Any, average: "_MovingAverage", loss_of: Loss) -> Any:
    variables = model.trainable_variables
    scaled = getattr(optimizer, "get_scaled_loss", lambda loss: loss)
    unscaled = getattr(optimizer, "get_unscaled_gradients", lambda gradients: gradients)

    @tf.function(autograph=False)
    def step(images: Any, targets: Any) -> tuple[Any, Any]:
        with tf.GradientTape() as tape:
            logits = as_logits(model, model(images, training=True))
            loss = loss_of(images, targets, logits)
            if model.losses:
                loss += tf.add_n(model.losses)
            differentiated = scaled(loss)
        gradients = unscaled(tape.gradient(differentiated, variables))
        optimizer.apply_gradients(zip(gradients, variables, strict=True))
        average.update(optimizer.iterations)
        hits = tf.equal(tf.argmax(logits, axis=1), tf.argmax(targets, axis=1))
        return loss, tf.reduce_sum(tf.cast(hits, tf.float32))

    return step


class _MovingAverage:
    """Exponential moving average of weights, with a decay that grows while there is little to average."""

    def __init__(self, variables: Sequence[Any], decay: float) -> None:
        self._variables = variables if decay else []
        self._averages = [tf.Variable(variable, trainable=False) for variable in self._variables]
        self._decay = float(decay)

    def update(self, step: Any) -> None:
        step = tf.cast(step, tf.float32)
        decay = tf.minimum(self._decay, (1 + step) / (10 + step))
        for average, variable in zip(self._averages, self._variables, strict=True):
            average.assign_sub((1 - decay) * (average - variable))

    def values(self) -> list[np.ndarray]:
        return [average.numpy() for average in self._averages]

    def set_values(self, values: Sequence[np.ndarray]) -> None:
        for average, value in zip(self._averages, values, strict=True):
            average.assign(value)

    def in_place(self) -> "_Swapped":
        return _Swapped(self._variables, self._averages)


class _Swapped:
    """While entered, the model's weights are their averages."""

    def __init__(self, variables: Sequence[Any], averages: Sequence[Any]) -> None:
        self._variables, self._averages = variables, averages

    def __enter__(self) -> None:
        self._trained = [variable.numpy() for variable in self._variables]
        for variable, average in zip(self._variables, self._averages, strict=True):
            variable.assign(average)

    def __exit__(self, *_: object) -> None:
        for variable, value in zip(self._variables, self._trained, strict=True):
            variable.assign(value)
