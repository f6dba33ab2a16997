"""What a user asks `convert` for: a saved model, or a network by name, and how it is to be written."""

import dataclasses
import sys

import numpy as np

from tfl_lite_suite import data, models
from tfl_lite_suite.convert import HARD_SWISH, IO_TYPES, PTQ, SCORES, convert, open_model
from tfl_lite_suite.convert.result import Conversion
from tfl_lite_suite.core import contract
from tfl_lite_suite.core.errors import ArgumentError, unknown_argument
from tfl_lite_suite.core.recipe import Recipe
from tfl_lite_suite.core.schemes import SCHEMES
from tfl_lite_suite.core.types import Array, KerasModel


@dataclasses.dataclass(frozen=True)
class Request:
    """The values of the flags of `convert`, under the same names; see its `--help`."""

    model: str
    output: str
    scheme: str
    io_type: str
    calibration: str | None
    calibration_images: int
    ptq: str
    hard_swish: str
    scores: str
    resolution: int
    channels: int
    classes: int
    alpha: float
    weights: str

    def __post_init__(self) -> None:
        """Raises a `SuiteError` that names the flag whose value is not known."""
        choices = {"scheme": SCHEMES, "io_type": IO_TYPES, "ptq": PTQ, "hard_swish": HARD_SWISH, "scores": SCORES}
        for name, known in choices.items():
            if getattr(self, name) not in known:
                kind = {"scheme": "scheme", "io_type": "type"}.get(name, "choice")
                raise unknown_argument(name, getattr(self, name), known, kind)

    def convert(self) -> Conversion:
        """Converts, and writes the file."""
        is_file = models.is_file(self.model)
        model, of, settings = open_model(self.model) if is_file else self._fresh()
        # A network that was never trained has no accuracy to keep.
        ptq = "plain" if not is_file and self.weights == "none" else self.ptq
        pictures = self._pictures(model, of, settings)
        return convert(model, of, self.output, self.scheme, self.io_type, pictures, ptq, self.hard_swish, self.scores)

    def _fresh(self) -> tuple[KerasModel, contract.Contract, None]:
        models.check_name(self.model, "model")
        shape = (self.resolution, self.resolution, self.channels)
        model = models.build(self.model, shape, self.classes, alpha=self.alpha, weights=self.weights)
        return model, contract.of_model(model.name, model.input_shape), None

    def _pictures(self, model: KerasModel, of: contract.Contract, settings: Recipe | None) -> Array | None:
        """Returns calibration pictures: from `calibration`, else the recipe's training images."""
        from tfl_lite_suite.models.tflite_converter import is_quantization_aware

        if self.scheme != "int8" or is_quantization_aware(model):
            if self.calibration is not None:
                raise ArgumentError(
                    "calibration", "has an effect only for a float network; this one was trained for int8"
                )
            return None
        if self.calibration is not None:
            return _calibration(self.calibration, of, self.calibration_images)
        if settings is not None:
            return data.load(settings.data, settings.seed).train.sample(self.calibration_images, settings.seed)
        if models.is_file(self.model):
            raise ArgumentError("calibration", "missing. int8 needs training images: a folder, or fashion_mnist")
        print("calibrated with noise: good for size and speed, not for accuracy", file=sys.stderr)
        return np.random.default_rng(0).integers(0, 256, (8, *of.image_shape), np.uint8)


def _calibration(source: str, of: contract.Contract, count: int) -> Array:
    if data.is_unlabelled(source):
        pictures = data.open_unknown(source, of)
        return pictures.sample(min(count, len(pictures)), 0)
    any_label = dataclasses.replace(of, labels=data.listing_of(source).class_names)
    pictures = data.open_all(source, any_label, "train", limit=count)
    data.findings.tell(pictures.notes)
    return pictures.sample(count, 0)
