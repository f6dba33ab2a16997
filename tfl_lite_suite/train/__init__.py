"""Trains the float network of a recipe."""

import dataclasses
import functools
import pathlib
from collections.abc import Callable
from typing import TYPE_CHECKING

from tfl_lite_suite import data, models
from tfl_lite_suite.core import contract, predictions, recipe, tensorflow_check
from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.core.figures import percent
from tfl_lite_suite.core.files import sha256, write_text
from tfl_lite_suite.core.recipe import Distill, Model, Recipe
from tfl_lite_suite.core.types import JsonObject, KerasModel, Strategy, Tensor
from tfl_lite_suite.core.work_folder import Stage
from tfl_lite_suite.data import balance, health
from tfl_lite_suite.train import cluster
from tfl_lite_suite.train.result import TrainResult

if TYPE_CHECKING:
    from tfl_lite_suite.data.samples import Dataset

MODEL = "model.keras"
RECIPE = "recipe.yaml"
STAGE, TEACHER = "train", "teacher"
NONE, MIRRORED, MULTI_WORKER = "none", "mirrored", "multi_worker"


@dataclasses.dataclass(frozen=True)
class Placement:
    """Where a network is trained; what it learns is the same everywhere.

    Attributes:
        distribution: `none`, one device; `mirrored`, all devices of this machine; `multi_worker`, all of a cluster.
        members: The cluster, for `multi_worker`.
        peer_timeout: How long to wait for the other processes of the cluster, in seconds.
    """

    distribution: str = NONE
    members: cluster.Cluster | None = None
    peer_timeout: float = 300.0

    @property
    def is_chief(self) -> bool:
        """Whether this process keeps checkpoints and results."""
        return self.members is None or self.members.rank == 0

    def join(self, inputs: str) -> Strategy:
        """Returns the `Distribution`, once all processes with equal inputs have met."""
        from tfl_lite_suite.train import distribution

        if self.members:
            return distribution.multi_worker(self.members, inputs, self.peer_timeout)
        return distribution.mirrored() if self.distribution == MIRRORED else distribution.here()


def train(
    settings: Recipe,
    workdir: str,
    load: "Callable[[], Dataset] | None" = None,
    *,
    name: str = STAGE,
    start: str | None = None,
    place: Placement = Placement(),
) -> TrainResult:
    """Trains, or returns the results of an earlier run with the same inputs.

    Args:
        settings: The recipe.
        workdir: The work folder; the stage writes to one of its subfolders.
        load: Gives the `data.Dataset` of the recipe; it is loaded here if absent.
        name: The subfolder's name.
        start: The model to go on with, a `.keras` file; a new network if absent.
        place: Where to train. Each process of a cluster gets the same results; the chief alone writes them.

    Returns:
        Accuracy on the test images, epochs, time, and what else was measured.
    """
    if start is None:
        models.check_side(settings.model.name, *settings.data.size)
    load = load or functools.cache(lambda: load_images(settings, workdir, place))
    teacher = teacher_of(settings, workdir, "train", load, place)
    stage = stage_of(settings, workdir, name, start)
    if (done := stage.kept(TrainResult)) is not None:
        return done
    # Before pictures are fetched and prepared for nothing.
    tensorflow_check.require_tensorflow()
    images = load()
    if place.members is None:
        return TrainResult.from_document(_trained(settings, images, stage, teacher, start, place, workdir))
    from tfl_lite_suite.train.distribution import restarting_when_lost

    with restarting_when_lost():
        # Several processes cannot keep one file of answers.
        return TrainResult.from_document(_trained(settings, images, stage, teacher, start, place, None))


def _trained(
    settings: Recipe,
    images: "Dataset",
    stage: Stage,
    teacher: str | None,
    start: str | None,
    place: Placement,
    workdir: str | None,
) -> JsonObject:
    """Trains and finishes the stage; returns its results."""
    from tfl_lite_suite.core.framework import keras
    from tfl_lite_suite.models.keras_io import keras_file
    from tfl_lite_suite.train import learning, mixed_precision
    from tfl_lite_suite.train.loop import accuracy_function

    policy = mixed_precision.policy() if settings.train.mixed_precision == "auto" and not start else "float32"
    spread = place.join(f"{stage.key} {policy}")
    keras.utils.set_random_seed(settings.seed)
    with spread.strategy.scope(), mixed_precision.layers_of(policy):
        trained = keras_file.load_classifier(start, images) if start else _network(settings, images)
    with spread.strategy.scope():
        loss = loss_of(settings, teacher, images, workdir)
    learn = learning.by_transfer if start is None and learning.transfers(settings, images) else learning.as_new
    learned = learn(learning.Task(settings, images, stage, trained, loss, spread, workdir))
    model = trained
    if policy != "float32" or spread.replicas > 1:
        model = keras_file.load_classifier(start, images) if start else _network(settings, images)
        model.set_weights(spread.weights(trained))
    measured = accuracy_function(model)(images.test)
    results = {
        "top1": measured["top1"],
        "top5": measured["top5"],
        "balanced_accuracy": measured["balanced_accuracy"],
        "epochs": len(learned.history),
        "seconds": learned.seconds,
        "model": settings.model.name,
        "params": model.count_params(),
        "precision": policy,
        "processes": spread.processes,
        "replicas": spread.replicas,
        "images": {name: len(getattr(images, name)) for name in ("train", "validation", "test")},
        "notes": images.notes,
        **learned.transfer,
        "history": learned.history,
    }
    if spread.is_chief:
        results = stage.finish(results, save_artifacts(stage.folder, model, images, settings, measured))
        learned.forget_checkpoints()
    spread.wait()
    return results


def _network(settings: Recipe, images: "Dataset") -> KerasModel:
    chosen = settings.model
    shape, classes = images.contract.image_shape, len(images.class_names)
    return models.build(chosen.name, shape, classes, alpha=chosen.alpha, dropout=chosen.dropout, weights=chosen.weights)


def stage_of(settings: Recipe, workdir: str, name: str = STAGE, start: str | None = None) -> Stage:
    """Returns the stage that `train` makes; the teacher, if there is one, must be there already."""
    before = {"float": sha256(start)} if start else {}
    return Stage(workdir, name, {**inputs(settings), **before, **teacher_inputs(settings, workdir, "train")})


def inputs(settings: Recipe) -> JsonObject:
    """Returns what the trained weights depend on, but for a teacher."""
    return {
        "data": settings.data,
        "source": data.fingerprint(settings.data.source),
        "model": settings.model,
        "train": settings.train,
        "seed": settings.seed,
    }


def of_teacher(settings: Recipe) -> Recipe:
    """Returns the recipe by which a recipe's teacher is trained."""
    chosen = settings.distill
    epochs = settings.train.epochs if chosen.epochs is None else chosen.epochs
    return dataclasses.replace(
        settings,
        model=Model(str(chosen.teacher), chosen.alpha, chosen.weights, settings.model.dropout),
        train=dataclasses.replace(settings.train, epochs=epochs),
        distill=Distill(),
    )


def teacher_of(
    settings: Recipe, workdir: str, stage: str, load: "Callable[[], Dataset]", place: Placement = Placement()
) -> str | None:
    """Returns the file of the teacher that a stage asks, `None` without one; a network is trained first, once."""
    file = teacher_file(settings, workdir, stage)
    if file and settings.distill.trains_teacher:
        if place.members and stage_of(of_teacher(settings), workdir, TEACHER).finished() is None:
            raise SuiteError(
                f"distill.teacher: {settings.distill.teacher} is not trained yet, and processes train one network only "
                "with `distribution=multi_worker`. Train it first, and give its .keras file"
            )
        train(of_teacher(settings), workdir, load, name=TEACHER, place=place)
    return file


def teacher_file(settings: Recipe, workdir: str, stage: str) -> str | None:
    """Returns the `.keras` file of the teacher that a stage asks; it need not be there yet; `None` without one.

    Raises:
        SuiteError: If the recipe names a file that is not there, or a network that the suite does not have.
    """
    chosen = settings.distill
    if chosen.teacher is None or not chosen.teaches(stage):
        return None
    if chosen.trains_teacher:
        models.check_name(chosen.teacher, "distill.teacher")
        return str(pathlib.Path(workdir) / TEACHER / MODEL)
    if not pathlib.Path(chosen.teacher).is_file():
        raise SuiteError(f"distill.teacher: no such file '{chosen.teacher}'")
    return chosen.teacher


def loss_of(settings: Recipe, teacher: str | None, images: "Dataset", workdir: str | None) -> Tensor:
    """Returns the loss for `Training`: by the labels, and by a teacher if there is a file of one.

    Where training pictures are not changed at random, the teacher's answers to them are kept in the work folder, if it
    is given.
    """
    from tfl_lite_suite.train import distillation
    from tfl_lite_suite.train.losses import loss_by_labels

    chosen = balance.resolved(settings.train, images.train, settings.data.balance, settings.transfers)
    hard = loss_by_labels(chosen, images.train.class_counts, settings.data.balance == "weights")
    if teacher is None:
        return hard
    kept = answers_stage(settings, teacher, bool(settings.distill.features), workdir)
    return distillation.loss_of(settings.distill, teacher, hard, images, kept, one_label=chosen.loss != "binary")


def answers_stage(settings: Recipe, teacher: str, features: bool, workdir: str | None) -> Stage | None:
    """Returns where a teacher's answers to the training pictures are kept, `None` where these change at random."""
    if workdir is None or settings.data.augment != recipe.Augment():
        return None
    of_images = {key: value for key, value in inputs(settings).items() if key in ("data", "source", "seed")}
    return Stage(workdir, "teacher_answers", {"teacher": sha256(teacher), "features": features, **of_images})


def teacher_inputs(settings: Recipe, workdir: str, stage: str) -> JsonObject:
    """Returns what a stage depends on if it asks a teacher.

    Raises:
        SuiteError: If the teacher is not there.
    """
    file = teacher_file(settings, workdir, stage)
    if file is None:
        return {}
    if not pathlib.Path(file).is_file():
        raise SuiteError(f"distill.teacher: there is no '{file}'; it is trained first")
    return {"distill": dataclasses.replace(settings.distill, teacher=None), "teacher": sha256(file)}


def load_images(settings: Recipe, workdir: str, place: Placement = Placement()) -> "Dataset":
    """Returns the recipe's images, prepared by its contract, and says what was found about them.

    The prepared copy is kept in the work folder; each process of a cluster keeps one of its own, for they may share it.
    """
    own = "" if place.is_chief or place.members is None else f"_of_worker_{place.members.rank}"
    images = data.load(settings.data, settings.seed, pathlib.Path(workdir) / f"data{own}")
    images.notes.extend(balance.notes(settings, images.train))
    images.notes.extend(health.quick_notes([(part, getattr(images, part)) for part in data.PARTS]))
    data.findings.tell(images.notes)
    return images


def save_artifacts(
    folder: pathlib.Path, model: KerasModel, images: "Dataset", settings: Recipe, measured: JsonObject
) -> list[str]:
    """Writes a model with the contract and the recipe that belong to it, and its answers to the test images.

    Args:
        folder: Where to.
        model: Keras model.
        images: `data.Dataset`.
        settings: The recipe.
        measured: From `training.accuracy_function`, of the test images.

    Returns:
        The names of the files.
    """
    from tfl_lite_suite.models.keras_io import keras_file

    keras_file.save(model, folder / MODEL)
    for name, text in ((contract.FILE_BESIDE, images.contract.to_json()), (RECIPE, recipe.dump(settings))):
        write_text(folder / name, text)
    test = images.test
    more = {"confidence": measured["confidence"].tolist(), **predictions.several(test.targets, measured["logits"] > 0)}
    predictions.write(folder / predictions.FILE, images.class_names, test.keys, test.labels, measured["top"], **more)
    return [MODEL, contract.FILE_BESIDE, RECIPE, predictions.FILE]


def show(result: TrainResult) -> str:
    """Returns the result as a sentence."""
    shared = f", on {result.replicas} replicas" if result.replicas > 1 else ""
    measured = "no test images, so accuracy was not measured"
    if result.top1 is not None and result.top5 is not None:
        shares = f"top-1 {percent(result.top1)}, top-5 {percent(result.top5)}"
        measured = f"{shares} on {result.images['test']} test images"
    baseline = result.linear_probe.top1 if result.linear_probe else None
    probe = "" if baseline is None else f"; linear probe {percent(baseline)}"
    return (
        f"{result.model}: {measured}{probe}; {result.params:,} parameters; {result.epochs} epochs in "
        f"{result.seconds:.0f} s{shared}"
    )
