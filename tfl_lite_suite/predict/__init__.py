"""Answers pictures with a `.tflite`, exported or `.keras` model, as its file says that they are prepared and decided.

TensorFlow is loaded for `.keras` only.
"""

import dataclasses
import pathlib
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from tfl_lite_suite.core.errors import ArgumentError, SuiteError
from tfl_lite_suite.core.types import Array
from tfl_lite_suite.predict.result import Prediction, Ranked

if TYPE_CHECKING:
    from tfl_lite_suite.core.image import Picture
    from tfl_lite_suite.evaluate import Model
    from tfl_lite_suite.runtime.session import Kernels
    from tfl_lite_suite.tflite.normalization import Normalization

# What must not slow down --help (NumPy, Pillow) is imported where it is used.

TOP = 5
KERAS = "keras"


@dataclasses.dataclass(frozen=True)
class Opening:
    """How a model is opened.

    Attributes:
        path: A `.tflite`, exported or `.keras` file.
        engine: What runs it; see `engine_for`.
        threads: Threads that the runtime may use.
        kernels: See `Engine.open`.
        normalization: How a pixel becomes the input's value; what the file says if absent.
    """

    path: str
    engine: str
    threads: int = 1
    kernels: "Kernels" = "default"
    normalization: "Normalization | None" = None

    def read(self) -> "Model":
        """Reads what the file says of itself; see `evaluate.open_model`."""
        from tfl_lite_suite import evaluate

        return evaluate.open_model(self.path, self.engine, self.normalization)


@dataclasses.dataclass(frozen=True)
class Warned:
    """Why answers may be wrong."""

    warnings: tuple[str, ...]


class Predictor:
    """A model, opened and ready to answer pictures in this process.

    Attributes:
        opening: How it was opened.
        model: What its file says.
        scores: Returns the real values of the output, float32 `(classes,)`, for a prepared picture.
        warnings: Why the answers may be wrong.
    """

    def __init__(self, opening: Opening) -> None:
        """Opens a model.

        Raises:
            SuiteError: If it cannot be read or run, or is no image classifier.
        """
        self.opening, self.model = opening, opening.read()
        of_keras = self.model.keras is not None
        self.scores = _keras_scores(self.model) if of_keras else _session_scores(opening, self.model)
        self.warnings = self.model.warnings if self.model.is_guess else ()

    def tensor(self, picture: "Picture") -> Array:
        """Returns a picture as the contract prepares it, uint8 `(height, width, channels)`."""
        from tfl_lite_suite.core import image

        return image.prepare(image.pixels_of(picture, self.model.contract.channels), self.model.contract)

    def predict(self, picture: "Picture", top: int | None = TOP) -> Prediction:
        """Answers a picture.

        Args:
            picture: See `image.pixels_of`.
            top: How many classes to rank; all of them if `None`.

        Raises:
            SuiteError: If it is no picture, or the model's scores are no numbers.
        """
        return self.answer(self.tensor(picture), top)

    def answer(self, tensor: Array, top: int | None = TOP) -> Prediction:
        """Answers a prepared picture; see `predict`."""
        return decided(self.model, self.scores(tensor), top)


def engine_for(path: str, engine: str | None) -> str:
    """Returns the engine that runs a file: the one asked for, Keras for `.keras`, else the first installed.

    Raises:
        SuiteError: If the engine does not run such files, or none is installed.
    """
    from tfl_lite_suite.runtime import engines

    if path.endswith(".keras"):
        if engine not in (None, KERAS):
            raise ArgumentError("engine", f"a .keras file is run by Keras. Received: '{engine}'")
        return KERAS
    return engine or engines.default(path)


def decided(model: "Model", scores: Array, top: int | None = TOP) -> Prediction:
    """Returns what scores mean, by the decision in the model's file.

    Args:
        model: The model.
        scores: Real values of its output, float32 `(classes,)`.
        top: How many classes to rank; all of them if `None`.

    Raises:
        SuiteError: If a score is NaN.
    """
    import numpy as np

    from tfl_lite_suite.runtime import pixels

    if np.isnan(scores).any():
        raise SuiteError("the model's scores are no numbers (NaN). Look for an overflow in the model")
    labels, found = model.contract.labels, model.decide(scores[None])
    order = pixels.rank(scores[None], len(labels))[0]
    probabilities, answer = found.probabilities[0], int(found.top[0])
    ranked = tuple(Ranked(labels[index], float(probabilities[index])) for index in order[:top])
    rejected = answer < 0
    return Prediction(
        label=None if rejected else labels[answer],
        probability=float(probabilities[order[0] if rejected else answer]),
        ranked=ranked,
        rejected=rejected,
        labels=tuple(labels[index] for index in order if found.answered[0, index]),
    )


def pictures_of(names: Sequence[str]) -> list[str]:
    """Returns the picture files that `--picture` names: each file as it is, and those in each folder, sorted.

    Raises:
        SuiteError: If a name is no file and no folder with pictures in it.
    """
    from tfl_lite_suite.data.image_folder import SUFFIXES

    found = []
    for name in names:
        path = pathlib.Path(name)
        if not path.is_dir():
            found.append(name)
            continue
        below = sorted(str(file) for file in path.rglob("*") if file.name.lower().endswith(SUFFIXES) and file.is_file())
        if not below:
            raise ArgumentError("picture", f"no picture in the folder '{name}' (looked for {', '.join(SUFFIXES)})")
        found += below
    return found


def predict_files(
    opening: Opening,
    pictures: Sequence[str],
    emit: Callable[[tuple[str, Prediction | str] | Warned], None],
    top: int | None = TOP,
) -> None:
    """Answers picture files one after the other.

    Args:
        opening: The model.
        pictures: Paths.
        emit: Told what may be wrong with all answers; then each picture with its answer, or with what is wrong with it.
        top: See `Predictor.predict`.
    """
    predictor = Predictor(opening)
    emit(Warned(predictor.warnings))
    for picture in pictures:
        try:
            tensor = predictor.tensor(picture)
        except SuiteError as error:
            emit((picture, str(error)))
            continue
        emit((picture, predictor.answer(tensor, top)))


def _session_scores(opening: Opening, model: "Model") -> Callable[["Array"], "Array"]:
    """Opens a model's file and returns the function from a prepared picture to scores, float32 `(classes,)`."""
    from tfl_lite_suite.evaluate.answers import two_scores
    from tfl_lite_suite.runtime import engines, pixels

    path = opening.path
    session = engines.get(opening.engine).open(path, threads=opening.threads, kernels=opening.kernels)
    spec, output = session.input, session.output
    if output.shape[0] != 1 or len(output.shape) != 2:
        raise SuiteError(f"{path}: the output has shape {list(output.shape)}; an image classifier's is [1, classes]")
    if (1, *model.contract.image_shape) != spec.shape:
        raise SuiteError(
            f"{path}: the model takes {list(spec.shape)}, its contract is for {model.contract.image_shape}"
        )
    encoder = pixels.encoder(spec, model.normalization)
    one_score = output.shape[1] == 1
    kind = "probability" if model.gives_probabilities else "logit"

    def scores(tensor: Array) -> Array:
        found = pixels.dequantize(session.invoke(encoder.encode(tensor[None])), output)
        return two_scores(found, kind)[0] if one_score else found[0]

    return scores


def _keras_scores(model: "Model") -> Callable[["Array"], "Array"]:
    """Returns the function from a prepared picture to a Keras model's scores, float32 `(classes,)`."""
    import numpy as np

    from tfl_lite_suite.runtime import pixels
    from tfl_lite_suite.tflite.graph import TensorSpec

    encoder = pixels.encoder(TensorSpec("image", (1, *model.contract.image_shape), "float32"), model.normalization)

    def scores(tensor: Array) -> Array:
        return np.asarray(model.keras(encoder.encode(tensor[None]), training=False))[0]

    return scores
