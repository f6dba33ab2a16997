"""Training with fake quantization, from what post-training quantization gives, and never to something worse."""

import dataclasses
import pathlib
from typing import TYPE_CHECKING

from tfl_lite_suite.core.recipe import Recipe
from tfl_lite_suite.core.types import JsonObject, KerasModel, Tensor
from tfl_lite_suite.core.work_folder import Stage
from tfl_lite_suite.quantize import start
from tfl_lite_suite.quantize.qat.live_batch_norm import LiveBatchNorm
from tfl_lite_suite.quantize.qat.simulation import sizes_of
from tfl_lite_suite.quantize.qat.targets import Targets
from tfl_lite_suite.train.loop import Phase, Training
from tfl_lite_suite.train.optimizer import WarmupCosine
from tfl_lite_suite.train.relative_adam import RelativeAdam

if TYPE_CHECKING:
    from tfl_lite_suite.data.samples import Dataset

START = "start"
_AS_TRAIN: JsonObject = {"ema": 0.0, "early_stopping": 0}
# What chooses the epoch where there are no validation pictures, and perhaps no labels.
_WITHOUT_LABELS: JsonObject = {"select": "loss"}


@dataclasses.dataclass(frozen=True)
class Trained:
    """A network that was trained with fake quantization.

    Attributes:
        model: It, computing as its int8 file will.
        before: What it was before.
        start: How the int8 network was found that training started from.
        trainings: The one or two trainings.
        kept: What was best on the validation pictures: `start`, or `epoch 2`.
    """

    model: KerasModel
    before: Tensor
    start: start.Start
    trainings: tuple[Training, ...]
    kept: str

    @property
    def history(self) -> list[JsonObject]:
        """A record an epoch; see `Training.run`."""
        return [record for training in self.trainings for record in training.history]


def train(model: KerasModel, settings: Recipe, images: "Dataset", stage: Stage, learned: Targets) -> Trained:
    """Trains a float network for int8.

    Args:
        model: The network.
        settings: The recipe.
        images: `data.Dataset`.
        stage: Whose folder holds checkpoints.
        learned: What it learns.

    Returns:
        The best of the start and of every epoch on the validation pictures.
    """
    chosen, folder = settings.quantize, stage.folder
    choice = {} if learned.expected is None else _WITHOUT_LABELS
    as_train = dataclasses.replace(settings.train, batch_size=chosen.batch_size, **_AS_TRAIN, **choice)
    count = settings.convert.calibration_images if chosen.calibration_images is None else chosen.calibration_images
    calibration = images.train.sample(count, settings.seed)
    live_norm = chosen.batch_norm == "live"
    shares, split = start.share_out(calibration, settings.seed), settings.splits_hard_swish
    begun = start.find(model, *shares, only_ranges=live_norm, split_hard_swish=split)

    def run(aware: KerasModel, folder: pathlib.Path, phase: str, epochs: int) -> Training:
        training = Training(
            *(aware, images, as_train, settings.data.augment, settings.seed, folder, stage.key, learned.loss),
            keeps_start=True,
            expected=learned.expected,
            optimizer_of=lambda *rates: RelativeAdam(WarmupCosine(*rates), sizes_of(aware)),
        )
        training.run([Phase(phase, epochs, chosen.learning_rate)])
        return training

    simulation = begun.simulation(train_ranges=chosen.ranges == "learned")
    before = simulation.freeze()
    if not live_norm:
        training = run(simulation.model, folder, "quantization-aware", chosen.epochs)
        return Trained(simulation.freeze(), before, begun, (training,), _named(training.kept))
    live, epochs = LiveBatchNorm(model, begun.plan, begun.ranges), (chosen.epochs + 1) // 2
    first = run(live.model, folder / "live", "quantization-aware, live batch norm", epochs)
    aware = live.freeze()
    second = run(aware, folder, "quantization-aware", chosen.epochs - epochs)
    kept = len(first.history) + second.kept if second.kept else first.kept
    return Trained(aware, before, begun, (first, second), _named(kept))


def _named(epoch: int) -> str:
    return f"epoch {epoch}" if epoch else START
