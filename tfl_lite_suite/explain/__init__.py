"""Shows where in a picture the evidence for an answer lies, from the very file that runs on the device."""

import dataclasses
from typing import TYPE_CHECKING

from tfl_lite_suite.core.errors import ArgumentError, unknown_argument
from tfl_lite_suite.core.types import Array, JsonObject

if TYPE_CHECKING:
    from tfl_lite_suite.core.image import Picture
    from tfl_lite_suite.tflite.normalization import Normalization

# What must not slow down --help (NumPy, Pillow) is imported where it is used.

_FEWEST_PLACES = 3
ACTIVATION, OCCLUSION = "class_activation_map", "occlusion"


@dataclasses.dataclass(frozen=True)
class Explanation:
    """Why a model answers as it does.

    Attributes:
        label: The class that the map explains.
        probability: Its probability.
        answer: The class that the file's decision gives; `None` for none of these.
        method: `class_activation_map`, or `occlusion` for networks that do not end in a pooling over the picture, or
            over fewer than three rows or columns of places.
        map: What each part of the picture adds to the class's score, `(rows, columns)`.
        picture: The picture as the model sees it, uint8 `(height, width, channels)`.
    """

    label: str
    probability: float
    answer: str | None
    method: str
    map: Array
    picture: Array

    def document(self) -> JsonObject:
        """Returns what `--json` prints of it."""
        keys = ("label", "probability", "answer", "method")
        return {**{key: getattr(self, key) for key in keys}, "map": self.map.tolist()}


class Explainer:
    """A file, opened and ready to explain pictures in this process.

    Attributes:
        warnings: Why explanations may be wrong.
    """

    def __init__(self, path: str, engine: str | None = None, normalization: "Normalization | None" = None) -> None:
        """Opens a file.

        Args:
            path: The `.tflite` file.
            engine: `litert` or `tflite_runtime`; the first installed if absent.
            normalization: How a pixel becomes the input's value; what the file says if absent.

        Raises:
            SuiteError: If it is no image classifier, or cannot be run.
        """
        from tfl_lite_suite import predict
        from tfl_lite_suite.explain import class_map
        from tfl_lite_suite.runtime import engines, pixels
        from tfl_lite_suite.runtime.session import TFLITE
        from tfl_lite_suite.tflite.file import TfliteFile

        if not path.endswith(".tflite"):
            raise ArgumentError("model", f"expected a .tflite file. Received: '{path}'")
        name = predict.engine_for(path, engine)
        if engines.get(name).format != TFLITE:
            raise ArgumentError("engine", f"{name} does not run .tflite files")
        self._predictor = predict.Predictor(predict.Opening(path, name, normalization=normalization))
        self.path, self.model, self._engine = path, self._predictor.model, engines.get(name)
        found = class_map.ending_of(TfliteFile.read(path))
        self._ending = found if found is not None and min(found.features.shape[1:3]) >= _FEWEST_PLACES else None
        session = self._engine.open(path)
        self._spec = session.input
        if session.output.shape[-1] == 1:
            # One score speaks for one class and against the other.
            self._ending = None
        session.close()
        self._encoder = pixels.encoder(self._spec, self.model.normalization)
        self.warnings = self._predictor.warnings

    def explain(self, picture: "Picture", label: str | None = None) -> Explanation:
        """Explains a picture.

        Args:
            picture: See `image.pixels_of`.
            label: The class to explain; the most probable if absent.

        Raises:
            SuiteError: If it is no picture, or there is no such class.
        """
        return self.explain_prepared(self._predictor.tensor(picture), label)

    def explain_prepared(self, tensor: Array, label: str | None = None) -> Explanation:
        """Explains a picture that is prepared already, uint8 `(height, width, channels)`; see `explain`."""
        from tfl_lite_suite.explain import class_map

        labels = self.model.contract.labels
        if label is not None and label not in labels:
            raise unknown_argument("label", label, labels, "class")
        said = self._predictor.answer(tensor, None)
        chosen = label if label is not None else said.ranked[0].label
        index = labels.index(chosen)
        if self._ending is None:
            method, found = OCCLUSION, class_map.occlusion(self._predictor.scores, tensor, index)
        else:
            encoded = self._encoder.encode(tensor[None])
            values = class_map.features_of(self._engine.load(), self.path, self._ending, encoded)
            method, found = ACTIVATION, self._ending.map_of(values, index)
        chance = next(item.probability for item in said.ranked if item.label == chosen)
        return Explanation(chosen, chance, said.label, method, found, tensor)
