"""Removes channels of a trained network, or makes its weights sparse or clustered, and fine-tunes it."""

import dataclasses
import functools
import pathlib
import shutil
import zlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

import numpy as np

from tfl_lite_suite import models, train
from tfl_lite_suite.core import contract
from tfl_lite_suite.core.errors import ArgumentError, SuiteError
from tfl_lite_suite.core.figures import percent
from tfl_lite_suite.core.files import sha256, write_text
from tfl_lite_suite.core.recipe import UNPRUNED, Prune, Recipe
from tfl_lite_suite.core.types import Array, JsonObject, KerasModel, LossFunction, Tensor
from tfl_lite_suite.core.work_folder import Stage
from tfl_lite_suite.prune.result import LeftWhole, PruneResult, PruneStep

if TYPE_CHECKING:
    from tfl_lite_suite.data.samples import Dataset


def prune(
    chosen: Prune,
    workdir: str,
    model_path: str,
    settings: Recipe | None = None,
    load: "Callable[[], Dataset] | None" = None,
    *,
    name: str = "prune",
) -> PruneResult:
    """Prunes and fine-tunes, or returns the results of an earlier call with the same inputs.

    Args:
        chosen: What to remove and how to fine-tune.
        workdir: The work folder; the stage writes to one of its subfolders.
        model_path: The trained float model, a `.keras` file.
        settings: The recipe; without one there is no fine-tuning, and accuracy is not measured.
        load: Gives the `data.Dataset` of the recipe; it is loaded here if absent.
        name: The subfolder's name.

    Returns:
        Parameters, multiply-adds and accuracy before and after, the layers left whole, and what else was measured.

    Raises:
        SuiteError: If the model cannot be read, or the budget cannot be reached.
    """
    models.check_file(model_path)
    chosen, taught, teacher = _checked(chosen, settings), None, None
    if settings is not None:
        load = load or functools.cache(lambda: train.load_images(settings, workdir))
        taught = _taught(settings, model_path)
        teacher = train.teacher_of(taught, workdir, "prune", load)
    stage = stage_of(chosen, workdir, model_path, settings, name)
    if (done := stage.kept(PruneResult)) is not None:
        return done
    images = load() if load and settings else None
    from tfl_lite_suite.core.framework import keras
    from tfl_lite_suite.models.keras_io import keras_file

    keras.utils.set_random_seed(settings.seed if settings else 0)
    model = keras_file.load_classifier(model_path, images) if images else keras_file.load(model_path)
    keras_file.warn_of_frozen(model)
    top1_before = _measured(model, images)["top1"]
    loss = train.loss_of(taught, teacher, images, workdir) if taught and images else None
    if chosen.sparsity is None and chosen.clusters is None:
        model, measured = _Channels(chosen, stage, settings, images, loss).run(model)
    else:
        model, measured = _few_weights(model, chosen, stage, settings, images, loss)
    after = _measured(model, images)
    if settings and images:
        of_result = dataclasses.replace(settings, prune=chosen)
        files = train.save_artifacts(stage.folder, model, images, of_result, after)
    else:
        files = _save(stage.folder, model, model_path)
    results = stage.finish({**measured, "top1_before": top1_before, "top1_after": after["top1"]}, files)
    for step in stage.folder.glob("step_*"):
        shutil.rmtree(step)
    return PruneResult.from_document(results)


def stage_of(chosen: Prune, workdir: str, model_path: str, settings: Recipe | None, name: str = "prune") -> Stage:
    """Returns the stage that `prune` makes; the teacher, if there is one, must be there already."""
    of_recipe = {}
    if settings:
        teacher = train.teacher_inputs(_taught(settings, model_path), workdir, "prune")
        of_recipe = {**train.inputs(settings), **teacher}
    inputs = {**of_recipe, "prune": _checked(chosen, settings), "float": sha256(model_path)}
    return Stage(workdir, name, inputs)


def _measured(model: KerasModel, images: "Dataset | None") -> JsonObject:
    """Returns how the test images are classified; nothing is known without images."""
    if images is None:
        return {"top1": None}
    from tfl_lite_suite.train.loop import accuracy_function

    return dict(accuracy_function(model)(images.test))


def _taught(settings: Recipe, model_path: str) -> Recipe:
    """Returns the recipe with the file of the unpruned network as its teacher, where that is the one it asks."""
    if settings.distill.teacher != UNPRUNED:
        return settings
    return dataclasses.replace(settings, distill=dataclasses.replace(settings.distill, teacher=model_path))


def _checked(chosen: Prune, settings: Recipe | None) -> Prune:
    """Returns the settings with the sparsity that the pattern means, if they can be had."""
    if settings is None and chosen.importance == "taylor":
        raise ArgumentError("importance", "taylor needs a recipe's training pictures. Without: l1, bn_scale")
    if chosen.pattern == "2x4":
        if chosen.sparsity not in (None, 0.5):
            raise SuiteError(f"prune.sparsity: the pattern 2x4 zeroes one half. Received: {chosen.sparsity}")
        chosen = dataclasses.replace(chosen, sparsity=0.5)
    for name in ("sparsity", "clusters"):
        if getattr(chosen, name) is not None and (settings is None or not chosen.epochs):
            raise ArgumentError(
                name, "weights are changed in training, which needs `recipe=FILE.yaml` and prune.epochs"
            )
    return chosen


def _few_weights(
    model: KerasModel,
    chosen: Prune,
    stage: Stage,
    settings: Recipe | None,
    images: "Dataset | None",
    loss: LossFunction,
) -> tuple[KerasModel, JsonObject]:
    """Returns a model of sparse or few-valued weights, and what they save."""
    from tfl_lite_suite.prune import channels, clustering, sparsity

    if settings is None or images is None:
        raise ValueError("checked before")
    # An average over steps would have neither zeros nor few values.
    settings = dataclasses.replace(settings, train=dataclasses.replace(settings.train, ema=0.0))
    made, history = model, []
    if chosen.sparsity is not None:
        # Sparsity is full after the first epoch, so that the best epoch cannot be a denser one.
        steps = len(images.train) // min(settings.train.batch_size, len(images.train))
        aware = sparsity.sparse_training(made, chosen.sparsity, chosen.pattern, steps)
        step = Stage(stage.folder, "step_sparsity", {"stage": stage.key})
        history += fine_tune(aware, loss, chosen, step, settings, images, "sparsity")
        made = sparsity.stripped(aware)
    if chosen.clusters is not None:
        aware = clustering.clustered_training(made, chosen.clusters)
        step = Stage(stage.folder, "step_clusters", {"stage": stage.key})
        history += fine_tune(aware, loss, chosen, step, settings, images, "clusters")
        made = clustering.stripped(aware)
    costs = channels.costs(model)
    results: JsonObject = {f"{name}_{when}": costs[name] for name in costs for when in ("before", "after")}
    results |= {"zero_share": sparsity.zero_share(made), "most_values": clustering.most_values(made)}
    for when, of in (("before", model), ("after", made)):
        results[f"file_bytes_{when}"], results[f"zipped_bytes_{when}"] = _bytes(of)
    results["warnings"] = [
        "zeros and repeated values take as many bytes as other weights: the .tflite file and the multiply-adds stay as "
        "they were. Only the zipped file is smaller, as in an app package; a runtime is faster only with sparse kernels"
    ]
    return made, {**results, "left_whole": [], "history": history}


def _bytes(model: KerasModel) -> tuple[int, int]:
    """Returns the bytes of the float32 `.tflite` file, as it is and zipped."""
    from tfl_lite_suite.models import tflite_converter

    content = tflite_converter.convert(model, "float32")
    return len(content), len(zlib.compress(content, 6))


class _Channels:
    """Channel pruning in one or more steps, each kept in a folder of its own until all are done."""

    def __init__(
        self, chosen: Prune, stage: Stage, settings: Recipe | None, images: "Dataset | None", loss: LossFunction
    ) -> None:
        self.chosen, self.stage, self.settings, self.images, self.loss = chosen, stage, settings, images, loss

    def run(self, model: KerasModel) -> tuple[Tensor, JsonObject]:
        """Returns the pruned model, and what it cost before and after."""
        from tfl_lite_suite.models.keras_io import keras_file
        from tfl_lite_suite.prune import channels

        before = channels.costs(model)
        measure: Literal["params", "macs"] = "params" if self.chosen.macs_ratio is None else "macs"
        ratio = self.chosen.macs_ratio or self.chosen.params_ratio
        steps: list[PruneStep] = []
        for number in range(1, self.chosen.steps + 1):
            step = Stage(self.stage.folder, f"step_{number}", {"stage": self.stage.key})
            done = step.kept(PruneStep)
            if done is None:
                pruned = channels.prune(
                    model,
                    measure,
                    before[measure] * ratio ** (number / self.chosen.steps),
                    importance=self.chosen.importance,
                    budget=self.chosen.budget,
                    min_share=self.chosen.min_share,
                    **self._labelled(),
                )
                history = fine_tune(
                    pruned.model, self.loss, self.chosen, step, self.settings, self.images, f"step {number}"
                )
                keras_file.save(pruned.model, step.folder / train.MODEL)
                whole = tuple(LeftWhole(tuple(item.layers), item.reason) for item in pruned.whole)
                done = PruneStep(tuple(history), whole)
                step.finish(done.document(), [train.MODEL])
            model = keras_file.load(step.folder / train.MODEL)
            steps.append(done)
        after = channels.costs(model)
        return model, {
            **{f"{name}_before": before[name] for name in before},
            **{f"{name}_after": after[name] for name in after},
            "left_whole": steps[0].document()["left_whole"],
            "history": [record for step in steps for record in step.history],
        }

    def _labelled(self) -> dict[str, Array]:
        """Returns training pictures and their classes for Taylor importance."""
        if self.chosen.importance != "taylor" or self.images is None:
            return {}
        split = self.images.train
        seed = self.settings.seed if self.settings else 0
        # Of several labels the rarest stands for a picture; one without any says nothing.
        known = np.flatnonzero(split.labels >= 0)
        rows = known[np.sort(np.random.default_rng(seed).permutation(len(known))[: self.chosen.taylor_images])]
        return {"images": split.images(rows), "labels": split.labels[rows]}


def fine_tune(
    model: KerasModel,
    loss: LossFunction,
    chosen: Prune,
    stage: Stage,
    settings: Recipe | None,
    images: "Dataset | None",
    name: str,
) -> list[JsonObject]:
    """Trains a pruned model in place as the recipe trained it, but for epochs and learning rate.

    Args:
        model: The model.
        loss: As for `Training`.
        chosen: Epochs and learning rate.
        stage: Where the checkpoint lies.
        settings: The recipe; nothing is trained without one.
        images: Its images.
        name: Shown in progress lines.

    Returns:
        One record for each epoch.
    """
    if settings is None or images is None or not chosen.epochs:
        return []
    from tfl_lite_suite.train.loop import Phase, Training

    rate = settings.train.learning_rate if chosen.learning_rate is None else chosen.learning_rate
    warmup = min(settings.train.warmup_epochs, chosen.epochs / 2)
    augment = settings.data.augment
    training = Training(model, images, settings.train, augment, settings.seed, stage.folder, stage.key, loss)
    history = training.run([Phase(f"fine-tuning, {name}", chosen.epochs, rate, warmup)])
    training.forget_checkpoint()
    return history


def _save(folder: pathlib.Path, model: KerasModel, model_path: str) -> list[str]:
    """Writes the model, and the contract that lies beside the unpruned one; returns the names of the files."""
    from tfl_lite_suite.models.keras_io import keras_file

    keras_file.save(model, folder / train.MODEL)
    of = contract.beside(model_path)
    if of is None:
        return [train.MODEL]
    write_text(folder / contract.FILE_BESIDE, of.to_json())
    return [train.MODEL, contract.FILE_BESIDE]


def show(result: PruneResult) -> str:
    """Returns the result as text."""
    lines = [
        _change("parameters", result.params_before, result.params_after),
        _change("multiply-adds", result.macs_before, result.macs_after),
    ]
    if result.zero_share is not None:
        lines.append(
            f"zeros: {percent(result.zero_share, 1)} of the kernels' weights; "
            f"at most {result.most_values:,} values a kernel"
        )
        lines += [
            f".tflite, float32: {result.file_bytes_before:,} bytes before, {result.file_bytes_after:,} after",
            f"zipped: {result.zipped_bytes_before:,} bytes before, {result.zipped_bytes_after:,} after",
        ]
    lines += [f"warning: {warning}" for warning in result.warnings or ()]
    if result.top1_before is not None and result.top1_after is not None:
        lines.append(f"top-1: {percent(result.top1_before)} before, {percent(result.top1_after)} after")
    elif result.history:
        lines.append("accuracy: not measured, since there are no test images")
    else:
        lines.append(
            "accuracy: not measured, since there is no recipe; the network must be trained further to be of use"
        )
    lines += [f"left whole: {', '.join(item.layers)}: {item.reason}" for item in result.left_whole]
    return "\n".join(lines)


def _change(what: str, before: int, after: int) -> str:
    return f"{what}: {before:,} before, {after:,} after ({percent(after / before, 1)})"
