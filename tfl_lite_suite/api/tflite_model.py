"""A `.tflite` file as an object: it answers pictures, and is measured, inspected and exported."""

import contextlib
import dataclasses
import importlib.util
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from tfl_lite_suite.core.contract import Contract
from tfl_lite_suite.core.errors import SuiteError, unknown_name
from tfl_lite_suite.core.files import atomic_path
from tfl_lite_suite.core.native_messages import native_messages
from tfl_lite_suite.core.result import Result
from tfl_lite_suite.core.types import Array, JsonObject
from tfl_lite_suite.predict import TOP, Opening, Predictor, engine_for
from tfl_lite_suite.predict.result import Prediction
from tfl_lite_suite.runtime import clean_process, engines, exporting, machine
from tfl_lite_suite.tflite.normalization import Normalization

if TYPE_CHECKING:
    from tfl_lite_suite.api.images import Images, Part
    from tfl_lite_suite.benchmark.result import Measurement
    from tfl_lite_suite.core.image import Picture
    from tfl_lite_suite.data import Split
    from tfl_lite_suite.decide.result import DecideResult
    from tfl_lite_suite.decide.wishes import Wishes
    from tfl_lite_suite.evaluate.result import Evaluation
    from tfl_lite_suite.export.result import Export
    from tfl_lite_suite.lint.result import LintReport
    from tfl_lite_suite.runtime.session import Kernels

_CHUNK = 256


class TfliteModel:
    """A `.tflite` file, or one that `export` wrote for another engine.

    Needs the extra `[pi]` only. Measurements, and runtimes that a file may crash, run in separate processes, also in a
    notebook that has loaded TensorFlow.

    Attributes:
        path: The file.
        engine: What runs it.
        threads: Threads that the runtime may use.
        kernels: Which kernels.
        result: How the file was made, if the suite made it in this process: a `Conversion` or `QuantizeResult`.

    Example:
        >>> model = tls.TfliteModel("leaf.tflite")
        >>> model.labels
        ('birch', 'oak')
        >>> model.predict("leaf.png").label
        'oak'
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        engine: str | None = None,
        threads: int = 1,
        kernels: "Kernels" = "default",
        mean: Sequence[float] | None = None,
        std: Sequence[float] | None = None,
        result: Result | None = None,
        keeper: object = None,
    ) -> None:
        """Reads what the file says of itself; a runtime is loaded when one is needed.

        Args:
            path: The file.
            engine: What runs it, such as `litert`; the first installed if absent.
            threads: Threads that the runtime may use.
            kernels: `default`, `builtin` or `reference`; as in `benchmark`.
            mean: How the model was trained, where its file does not say: it takes `(pixel - mean) / std`; one number or
                one a channel, in pixel units 0 to 255.
            std: See `mean`.
            result: What making the file gave.
            keeper: Held as long as this object: what would remove the file when it goes.

        Raises:
            SuiteError: If the file is missing or damaged, or the engine is not installed.
        """
        self.path = os.fspath(path)
        if self.path.endswith(".keras"):
            raise SuiteError(f"path: a .keras file is opened by Classifier.load. Received: '{self.path}'")
        self.engine = engine_for(self.path, engine)
        self.threads, self.kernels, self.result = threads, kernels, result
        self._normalization = None
        if mean is not None or std is not None:
            self._normalization = Normalization(tuple(mean or (0.0,)), tuple(std or (1.0,)), "flags")
        self._file = engines.get(self.engine).inspect(self.path)
        self._predictor: Predictor | None = None
        self._keeper = keeper

    @property
    def contract(self) -> Contract | None:
        """How pictures become its input; `None` if the file does not contain it."""
        return self._file.contract

    @property
    def labels(self) -> tuple[str, ...]:
        """Class names, in the order of the outputs; empty if the file has none."""
        return self._file.labels or (self._file.contract.labels if self._file.contract else ())

    @property
    def file_bytes(self) -> int:
        """Size of the file."""
        return self._file.file_bytes

    def predict(self, picture: "Picture", top: int | None = TOP) -> Prediction:
        """Classifies one picture: prepares it by the file's contract and applies the file's decision.

        Args:
            picture: A path, the encoded bytes, a Pillow image, or an array of pixel values 0 to 255: grey
                `(height, width)`, RGB or RGBA `(height, width, channels)`.
            top: How many classes to rank; all of them if `None`.

        Raises:
            SuiteError: If it is not a picture, or the file cannot be run.

        Example:
            >>> prediction = tls.TfliteModel("leaf.tflite").predict(PIL.Image.open("leaf.png"))
            >>> prediction.label, prediction.rejected
            ('oak', False)
        """
        if self._predictor is None and self._runs_here():
            # A damaged file may kill its runtime: once it has run in another process, it runs in this one.
            clean_process.call(_tried, self._opening, doing=self._doing)
            with native_messages():
                self._predictor = Predictor(self._opening)
        if self._predictor is None:
            return clean_process.call(_predicted, self._opening, picture, top, doing=self._doing)
        return self._predictor.predict(picture, top)

    def evaluate(self, images: "Images", part: "Part" = "test", *, workers: int | None = None) -> "Evaluation":
        """Measures the accuracy of the file on labelled pictures, prepared by its own contract.

        Args:
            images: The pictures.
            part: `test`, `validation` or `train`; or `all`, every picture, if the model was trained on none of them.
            workers: Processes; one for each core if absent.

        Raises:
            SuiteError: If the file cannot be run, or its classes are not those of the images.

        Example:
            >>> tls.TfliteModel("leaf.tflite").evaluate(images).top1
            1.0
        """
        count = workers or max(1, machine.usable_cores() // self.threads)
        with self._on_disk(images, part) as kept:
            return clean_process.call(_evaluated, self._opening, count, *kept, doing=self._doing)

    def decide(
        self,
        images: "Images",
        part: "Part" = "validation",
        *,
        min_recall: Mapping[str, float] | None = None,
        max_false_alarms: float | Mapping[str, float] | None = None,
        keep: float | None = None,
        costs: Mapping[tuple[str, str], float] | None = None,
        reject: str = "auto",
    ) -> "TfliteModel":
        """Fits what the file's scores mean, on pictures that were not used for training; see `docs/decision.md`.

        Args:
            images: The pictures; if they were loaded with `unknown`, also pictures of none of the classes.
            part: Which of them; see `evaluate`.
            min_recall: Smallest share of a class's pictures that must be found, by the name of the class.
            max_false_alarms: Largest share of other pictures that may get a class as answer, by the name of the class.
                A single number applies to the classes of `min_recall` (or all) and to pictures of none of the classes.
            keep: Share of known pictures that must get an answer.
            costs: Cost of each error, by true class and answer: `{("oak", "birch"): 5}`; 1 if absent.
            reject: The measure that decides when the answer is "none of these", such as `energy`; or `auto` or `none`.

        Returns:
            A new file that contains the decision; its `result` is a `DecideResult`. The original file does not change.

        Raises:
            SuiteError: If the classes of the pictures or of the requirements are not those of the file.

        Example:
            >>> decided = tls.TfliteModel("leaf.tflite").decide(images, min_recall={"oak": 0.9})
            >>> decided.result.wishes[0].wanted
            0.9
            >>> decided.save("decided.tflite")
        """
        from tfl_lite_suite.decide import REJECTS
        from tfl_lite_suite.decide.wishes import EVERY, Wishes

        if not self.path.endswith(".tflite"):
            raise SuiteError(f"path: a decision is written into a .tflite file. Received: '{self.path}'")
        if reject not in REJECTS:
            raise unknown_name("reject", reject, REJECTS, "score")
        alarms = {EVERY: max_false_alarms} if isinstance(max_false_alarms, (int, float)) else max_false_alarms
        wishes = Wishes(dict(min_recall or {}), dict(alarms or {}), keep, dict(costs or {}))
        wishes.check(self.labels)
        folder = tempfile.TemporaryDirectory(prefix="tfl_lite_suite-")
        output = os.path.join(folder.name, os.path.basename(self.path))
        with self._on_disk(images, part) as kept:
            done = clean_process.call(_decided, self._opening, output, wishes, reject, *kept, doing=self._doing)
        return TfliteModel(
            output, engine=self.engine, threads=self.threads, kernels=self.kernels, result=done, keeper=folder
        )

    def benchmark(
        self, runs: int = 50, *, min_seconds: float = 0.1, profile: bool = False, target: str = "local"
    ) -> "Measurement":
        """Measures latency, memory and energy, in a process of its own.

        Args:
            runs: Smallest number of timed inferences.
            min_seconds: Shortest time, in seconds, during which inferences are timed.
            profile: Whether to time each operator as well, in separate runs.
            target: Where to measure: `local`, `ssh:USER@HOST`, `adb` or `browser`.

        Returns:
            The measurement. If the machine was too busy, `valid` is false, and `warnings` say why.

        Raises:
            SuiteError: If the file cannot be run there.

        Example:
            >>> tls.TfliteModel("leaf.tflite").benchmark(runs=50).latency_ms.p50 > 0
            True
        """
        settings = {"runs": runs, "min_seconds": min_seconds, "profile": profile}
        return clean_process.call(_measured, self._opening, target, settings, doing=self._doing)

    def lint(self, target_runtime: str | None = None, *, trial: bool = True) -> "LintReport":
        """Lists what is in the file, and the problems that it will have.

        Args:
            target_runtime: The runtime it must run on, such as `tflite_runtime-2.14`; LiteRT if absent.
            trial: Whether to run it once on each installed runtime.

        Example:
            >>> tls.TfliteModel("leaf.tflite").lint().fully_int8
            True
        """
        from tfl_lite_suite import lint

        return lint.lint(self.path, target_runtime, trial=trial)

    def export(self, to: Sequence[str], output_dir: str | os.PathLike[str], limit: int = 100) -> "list[Export]":
        """Writes the model for other engines and compares their answers with its own.

        Args:
            to: Formats, such as `["onnx", "ncnn"]`.
            output_dir: Where to; made if missing.
            limit: Number of pictures of random colours to compare on.

        Raises:
            SuiteError: If an exporter or its engine is not installed, or no format supports the model.

        Example:
            >>> [row.top1_agreement for row in tls.TfliteModel("leaf.tflite").export(["onnx"], "exported")]
            [1.0]
        """
        given = (self.path, tuple(to), os.fspath(output_dir), limit)
        return clean_process.call(_exported, *given, doing=f"exporting '{self.path}'")

    def save(self, path: str | os.PathLike[str]) -> None:
        """Copies the file.

        Example:
            >>> tls.TfliteModel("leaf.tflite").save("copy.tflite")
        """
        if not os.fspath(path).endswith(engines.get(self.engine).suffix):
            raise SuiteError(f"path: expected a name that ends in .tflite. Received: '{os.fspath(path)}'")
        with atomic_path(path) as temporary:
            shutil.copyfile(self.path, temporary)

    def __repr__(self) -> str:
        return f"TfliteModel('{self.path}': {self.file_bytes:,} bytes, {len(self.labels)} classes, on {self.engine})"

    @property
    def _doing(self) -> str:
        return f"'{self.path}' on {self.engine}"

    @property
    def _opening(self) -> Opening:
        path = exporting.file_for(self.path, self.engine)
        return Opening(path, self.engine, self.threads, self.kernels, self._normalization)

    @contextlib.contextmanager
    def _on_disk(self, images: "Images", part: "Part") -> "Iterator[tuple[_Kept, _Kept | None]]":
        """Yields pictures, and those of none of the classes, for another process."""
        contract = self._opening.read().contract
        split, unknown = images.split_for(contract, part), images.unknown_for(contract, part)
        with tempfile.TemporaryDirectory() as folder:
            known = _Kept.write(os.path.join(folder, "pictures.npy"), split)
            yield known, None if unknown is None else _Kept.write(os.path.join(folder, "unknown.npy"), unknown)

    def _runs_here(self) -> bool:
        # TensorFlow may be loaded later: a runtime whose symbols collide with its own must not come first either.
        return importlib.util.find_spec("tensorflow") is None or engines.get(self.engine).beside_tensorflow


@dataclasses.dataclass(frozen=True)
class _Kept:
    """Prepared pictures in a NumPy file, for another process."""

    file: str
    labels: Array
    keys: Sequence[str]
    targets: Array | None

    @classmethod
    def write(cls, path: str, split: "Split") -> "_Kept":
        shape = split.images(np.arange(1)).shape[1:]
        kept = np.lib.format.open_memmap(path, mode="w+", dtype=np.uint8, shape=(len(split), *shape))
        for first in range(0, len(split), _CHUNK):
            rows = np.arange(first, min(first + _CHUNK, len(split)))
            kept[rows] = split.images(rows)
        kept.flush()
        return cls(path, split.labels, split.keys, split.targets)

    def split(self, classes: int) -> "Split":
        """Returns the pictures, in the other process."""
        from tfl_lite_suite.data import Split

        fetch, rows = np.load(self.file, mmap_mode="r").__getitem__, np.arange(len(self.labels))
        return Split(fetch, rows, self.labels, self.keys, classes, self.targets)


# What follows runs in a process of its own.


def _tried(opening: Opening) -> None:
    """Runs the model once, on black."""
    with native_messages():
        predictor = Predictor(opening)
    predictor.answer(np.zeros(predictor.model.contract.image_shape, np.uint8))


def _predicted(opening: Opening, picture: "Picture", top: int | None) -> Prediction:
    with native_messages():
        predictor = Predictor(opening)
    return predictor.predict(picture, top)


def _evaluated(opening: Opening, workers: int, kept: _Kept, unknown: _Kept | None) -> "Evaluation":
    from tfl_lite_suite import evaluate
    from tfl_lite_suite.evaluate.answers import Runner

    model = opening.read()
    classes = len(model.contract.labels)
    images = evaluate.Images(kept.split(classes), unknown=None if unknown is None else unknown.split(classes))
    runner = Runner(opening.path, opening.engine, opening.threads, workers, opening.kernels)
    return evaluate.evaluate(runner, model, images)[0]


def _decided(
    opening: Opening, output: str, wishes: "Wishes", reject: str, kept: _Kept, unknown: _Kept | None
) -> "DecideResult":
    from tfl_lite_suite import decide

    classes = len(opening.read().contract.labels)
    others = None if unknown is None else unknown.split(classes)
    pictures = decide.Prepared(kept.split(classes), others, opening.engine)
    return decide.decide(opening.path, output, pictures, wishes, reject=reject)


def _measured(opening: Opening, target: str, settings: JsonObject) -> "Measurement":
    from tfl_lite_suite.benchmark.job import Job
    from tfl_lite_suite.runtime import targets

    with targets.get(target) as place:
        (name,) = place.engines([opening.engine] if target == "local" else None)
        job = dataclasses.replace(Job(opening.path, name, opening.threads, opening.kernels), **settings)
        return place.benchmark(job)


def _exported(path: str, to: Sequence[str], output_dir: str, limit: int) -> "list[Export]":
    from tfl_lite_suite import export

    return export.export_formats(path, to, output_dir, limit=limit)
