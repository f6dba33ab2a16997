"""The two ways in which the network of a recipe learns: as a new one, or by transfer from pretrained weights."""

import dataclasses
import os
from collections.abc import Callable

from tfl_lite_suite.core.files import sha256
from tfl_lite_suite.core.framework import keras
from tfl_lite_suite.core.recipe import Augment, Recipe
from tfl_lite_suite.core.types import JsonObject, KerasModel
from tfl_lite_suite.core.work_folder import Stage
from tfl_lite_suite.data import Dataset, listing_of
from tfl_lite_suite.models.conventions import IMAGENET_CLASSES
from tfl_lite_suite.train.distribution import Distribution
from tfl_lite_suite.train.loop import Training, phases
from tfl_lite_suite.train.losses import DistilledLoss, Loss
from tfl_lite_suite.train.transfer import Transfer


@dataclasses.dataclass(frozen=True)
class Task:
    """What is to be learned.

    Attributes:
        settings: The recipe.
        images: The pictures.
        stage: Where checkpoints are kept.
        model: The network; it ends with the weights that are kept.
        loss: What training makes small.
        spread: Where it is computed.
        workdir: The work folder; `None` keeps no features.
    """

    settings: Recipe
    images: Dataset
    stage: Stage
    model: KerasModel
    loss: Loss | DistilledLoss
    spread: Distribution
    workdir: str | None


@dataclasses.dataclass(frozen=True)
class Learned:
    """What came of it.

    Attributes:
        history: One record for each epoch.
        seconds: How long it took.
        forget_checkpoints: Removes what a killed run would go on from.
        transfer: `linear_probe` and `transfer`, as the documents that `TrainResult` has; empty without transfer.
    """

    history: list[JsonObject]
    seconds: float
    forget_checkpoints: Callable[[], None]
    transfer: JsonObject = dataclasses.field(default_factory=dict)


def transfers(settings: Recipe, images: Dataset) -> bool:
    """Whether a network with pretrained weights learns new classes; those of ImageNet's own need no transfer."""
    own = settings.model.weights == "imagenet" and len(images.class_names) == IMAGENET_CLASSES
    return settings.transfers and not own


def as_new(task: Task) -> Learned:
    """Trains every layer alike, after the classifier alone where the recipe asks for that."""
    settings, stage = task.settings, task.stage
    training = Training(
        task.model,
        task.images,
        settings.train,
        settings.data.augment,
        settings.seed,
        stage.folder,
        stage.key,
        task.loss,
        task.spread,
    )
    history = training.run(phases(task.model, settings.train))
    return Learned(history, sum(record["seconds"] for record in history), training.forget_checkpoint)


def by_transfer(task: Task) -> Learned:
    """Fits a linear probe, fine-tunes from it, and keeps what is better."""
    copy = task.model
    if task.spread.replicas > 1:
        # Outside of the strategy, so that one process can use it without the others.
        copy = keras.models.clone_model(task.model)
        copy.set_weights(task.spread.weights(task.model))
    kept = None
    if task.workdir is not None:
        kept = features_stage(task.settings, task.workdir, f"{task.stage.folder.name}_features")
    transfer = Transfer(task.model, task.images, task.settings, task.stage, kept, task.loss, task.spread, copy)
    adapted = transfer.run()
    told = {"linear_probe": adapted.probe.document(), "transfer": adapted.choice.document()}
    return Learned(adapted.history, adapted.seconds, transfer.forget_checkpoints, told)


def features_stage(settings: Recipe, workdir: str, name: str) -> Stage:
    """Returns where the frozen network's features of a recipe's pictures are kept."""
    chosen = settings.model
    weights = sha256(chosen.weights) if os.path.isfile(chosen.weights) else chosen.weights
    inputs = {
        "model": [chosen.name, chosen.alpha, weights],
        "data": dataclasses.replace(settings.data, augment=Augment(), balance="none"),
        "source": listing_of(settings.data.source).fingerprint,
        "seed": settings.seed,
    }
    return Stage(workdir, name, inputs)
