"""What quantization-aware training learns: the answers of the float network, or what the recipe says.

The labels make another network of it: after two epochs on natural photographs, a fifth of the answers had changed. The
float network's answers take back what rounding changed, and no more.

Source: Hinton et al., 2015, https://arxiv.org/abs/1503.02531, section 2, with the unrounded network as the teacher.
"""

import dataclasses

from tfl_lite_suite import train
from tfl_lite_suite.core.recipe import Distill, Recipe
from tfl_lite_suite.core.types import Array, KerasModel, LossFunction
from tfl_lite_suite.data import Dataset, balance
from tfl_lite_suite.models.graph.canonical import canonical
from tfl_lite_suite.models.graph.fold import fold_batch_norm
from tfl_lite_suite.train import distillation
from tfl_lite_suite.train.loop import accuracy_function


@dataclasses.dataclass(frozen=True)
class Targets:
    """What is learned, and what tells the best epoch.

    Attributes:
        loss: As for `Training`.
        expected: The float network's logits of the validation pictures, to which the best epoch is nearest; `None`
            where labels choose it.
    """

    loss: LossFunction
    expected: Array | None = None


def of(
    settings: Recipe, model: KerasModel, file: str, images: Dataset, workdir: str, teacher: str | None = None
) -> Targets:
    """Returns what a recipe says.

    Args:
        settings: The recipe.
        model: The float network.
        file: The file that it was read from.
        images: What is learned from; where the float network teaches, they need no labels.
        workdir: The work folder, where answers to pictures that do not change are kept.
        teacher: The file of another teacher.
    """
    if not settings.learns_float_answers:
        return Targets(train.loss_of(settings, teacher, images, workdir))
    loss = balance.resolved(settings.train, images.train, settings.data.balance, settings.transfers).loss
    kept, alone = train.answers_stage(settings, file, False, workdir), Distill(share=1.0, temperature=1.0)
    folded = fold_batch_norm(canonical(model))  # The same answers, in less time.
    taught = distillation.taught_by(folded, alone, None, images, kept, one_label=loss != "binary")
    return Targets(taught, accuracy_function(model)(images.validation)["logits"])
