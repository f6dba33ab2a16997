"""What a run has made so far, which later stages take: models, files, and the answers of both."""

import dataclasses
import pathlib
from typing import TYPE_CHECKING

from tfl_lite_suite.core import predictions
from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.core.recipe import Recipe
from tfl_lite_suite.core.types import JsonObject
from tfl_lite_suite.quantize.result import PtqResult
from tfl_lite_suite.run import ledger
from tfl_lite_suite.run.result import ConvertedFile

if TYPE_CHECKING:
    from tfl_lite_suite.data.samples import Dataset

NEEDS_TEST = "the stage evaluate needs some. Give some, or leave evaluate out of stages"


@dataclasses.dataclass(frozen=True)
class KerasModel:
    """A Keras model that a step made.

    Attributes:
        step: The step's name.
        file: The `.keras` file.
    """

    step: str
    file: str


class RunState:
    """What the stages of one run have made in one work folder.

    Attributes:
        settings: The recipe.
        workdir: The work folder.
        results: Results of each step by its name, as `results.json` has them.
        float_model: The latest float network.
        aware_model: The latest network with fake quantization.
        post_training: Results of post-training quantization, by the Keras file that it was made from.
        files: Each `.tflite` file, by its name.
        conversions: What was converted already.
        entries: What the ledger compares.
        needs_test: Whether a stage needs test images.
    """

    def __init__(self, settings: Recipe, workdir: pathlib.Path) -> None:
        """Begins with nothing."""
        self.settings, self.workdir = settings, workdir
        self.results: JsonObject = {}
        self.float_model: KerasModel | None = None
        self.aware_model: KerasModel | None = None
        self.post_training: dict[str, PtqResult] = {}
        self.files: dict[str, ConvertedFile] = {}
        self.conversions: set[tuple[object, ...]] = set()
        self.entries: list[ledger.Entry] = []
        self.needs_test = False
        self._images: Dataset | None = None

    def images(self) -> "Dataset":
        """Returns the recipe's images, loaded when first needed."""
        if self._images is None:
            from tfl_lite_suite import train

            self._images = train.load_images(self.settings, str(self.workdir))
            if self.needs_test and not len(self._images.test):
                raise SuiteError(f"data.source: too few images to hold any out for the test; {NEEDS_TEST}")
        return self._images

    def latest_model(self) -> KerasModel:
        """Returns the latest float model, or the one of an earlier run where this one trains none.

        Raises:
            SuiteError: If there is none.
        """
        from tfl_lite_suite import train

        found = self.float_model or KerasModel(train.STAGE, str(self.workdir / train.STAGE / train.MODEL))
        if not pathlib.Path(found.file).is_file():
            raise SuiteError(f"stages: train must come first; there is no '{found.file}'")
        return found

    def tflite_file(self, name: str) -> pathlib.Path:
        """Returns where the `.tflite` file of that name lies."""
        return self.workdir / "convert" / name / f"{name}.tflite"

    def enter(
        self, name: str, runtime: str, answers: pathlib.Path, source: str | None, *, is_baseline: bool = False
    ) -> None:
        """Enters a model's answers into the ledger, once, if it was asked anything.

        Args:
            name: The model's name.
            runtime: What ran it.
            answers: The file of its predictions.
            source: The step whose model it was made from, `None` without one.
            is_baseline: Whether later models are compared with it.
        """
        given = predictions.read(answers)
        if len(given) and (name, runtime) not in [(entry.name, entry.runtime) for entry in self.entries]:
            self.entries.append(ledger.Entry(name, runtime, given, source, is_baseline))

    def enter_keras(self, step: str, *, is_teacher: bool = False) -> None:
        """Enters the answers of a step's Keras model; the first that is no teacher is the baseline."""
        source = self.float_model.step if self.float_model and not is_teacher else None
        answers = self.workdir / step / predictions.FILE
        self.enter(step, "TensorFlow", answers, source, is_baseline=source is None and not is_teacher)
