"""A network that is trained, pruned and quantized; every step is the verb's own function in a work folder."""

import dataclasses
import os
import pathlib
import reprlib
import shutil
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

from tfl_lite_suite import models
from tfl_lite_suite.api.settings import changed, defaults
from tfl_lite_suite.api.tflite_model import TfliteModel
from tfl_lite_suite.api.work import Work
from tfl_lite_suite.core import contract as contracts
from tfl_lite_suite.core import recipe
from tfl_lite_suite.core.contract import Contract
from tfl_lite_suite.core.errors import SuiteError, unknown_name
from tfl_lite_suite.core.files import atomic_path, write_text
from tfl_lite_suite.core.recipe import Augment, Distill, Model, Prune, Recipe
from tfl_lite_suite.core.result import Result
from tfl_lite_suite.core.schemes import FLOAT_SCHEMES, QUANTIZATION_SCHEMES, FloatScheme, QuantizationScheme
from tfl_lite_suite.core.types import KerasModel
from tfl_lite_suite.predict import TOP, Opening, Predictor
from tfl_lite_suite.predict.result import Prediction

if TYPE_CHECKING:
    from tfl_lite_suite.api.images import Images, Part
    from tfl_lite_suite.convert.result import Conversion
    from tfl_lite_suite.core.image import Picture
    from tfl_lite_suite.evaluate.result import Evaluation
    from tfl_lite_suite.train.result import TrainResult

FORMATS = ("keras", "plain")
_MODEL, _RECIPE, _TFLITE = "model.keras", "recipe.yaml", "model.tflite"


class Classifier:
    """A network that classifies pictures, before it becomes a `.tflite` file.

    `build` and `load` make one. `train` changes it, `prune` returns a smaller one, and `quantize` and `convert` return
    a `TfliteModel`.

    Attributes:
        contract: How pictures become its input, with the class names; `None` if the file does not contain it.
        results: The results of all steps, in order.

    Example:
        >>> model = tls.Classifier.build("micro", images)
        >>> trained = model.train(images, epochs=2, batch_size=4)
        >>> trained.epochs, model.contract.labels
        (2, ('birch', 'oak'))
        >>> model.quantize(images, "ptq").save("small.tflite")
    """

    def __init__(
        self, settings: Recipe, work: Work, contract: Contract | None, file: str | None, results: tuple[Result, ...]
    ) -> None:
        """See `build` and `load`."""
        self.contract, self.results = contract, results
        self._settings, self._work, self._file = settings, work, file
        self._fresh: str | None = None
        self._predictor: Predictor | None = None

    @classmethod
    def build(
        cls,
        name: str,
        images: "Images",
        *,
        weights: str = "none",
        alpha: float = 1.0,
        dropout: float | None = None,
        seed: int = 0,
        workdir: str | os.PathLike[str] | None = None,
    ) -> "Classifier":
        """Makes a new network for the classes and the size of the images.

        Args:
            name: A network of the suite, such as `mobilenet_v2`.
            images: Their contract becomes the network's.
            weights: `none`, `imagenet`, or a weights file.
            alpha: Width multiplier.
            dropout: Dropout before the classifier; 0.2 with pretrained weights, else 0, if absent.
            seed: Seed of weights, shuffling and augmentation.
            workdir: Folder that keeps every step, so that the same script continues where it was stopped; a temporary
                folder if absent.

        Raises:
            SuiteError: If there is no such network, or it does not fit the images.

        Example:
            >>> tls.Classifier.build("mobilenet_v2", images, alpha=0.35)
            Classifier(mobilenet_v2, 2 classes, 32x32x3, steps: none)
        """
        base = defaults(weights != "none")
        dropout = base.model.dropout if dropout is None else dropout
        models.check_name(name, "name")
        models.check_weights(weights, "weights")
        models.check_values(name, images.contract.image_shape, len(images.class_names), alpha, dropout)
        settings = dataclasses.replace(base, model=Model(name, alpha, weights, dropout), seed=seed)
        return cls(settings, Work(workdir), images.contract, None, ())

    @classmethod
    def load(cls, path: str | os.PathLike[str], *, workdir: str | os.PathLike[str] | None = None) -> "Classifier":
        """Opens a `.keras` file of the suite, of tf-keras or of Keras 3.

        Args:
            path: The file. A contract in or beside it, and a recipe beside it, are loaded as well.
            workdir: See `build`.

        Raises:
            SuiteError: If the file is missing or damaged, or contains a layer that the suite does not know.

        Example:
            >>> tls.Classifier.load("leaf.keras").contract.labels
            ('birch', 'oak')
        """
        file, beside = pathlib.Path(path), pathlib.Path(path).parent / _RECIPE
        if not file.is_file():
            raise SuiteError(f"path: no such file '{file}'")
        if beside.is_file():
            settings = recipe.load(beside)
        else:
            settings = dataclasses.replace(defaults(False), model=Model(file.stem))
        return cls(settings, Work(workdir), contracts.beside(file), str(file), ())

    def train(
        self,
        images: "Images",
        epochs: int | None = None,
        *,
        augment: Mapping[str, object] | None = None,
        distill: Mapping[str, object] | None = None,
        **settings: object,
    ) -> "TrainResult":
        """Trains the network, starting from its present weights.

        Args:
            images: What to train on.
            epochs: Passes over the training pictures.
            augment: Random changes to them, as a recipe's `data.augment`, such as `{"flip": True}`; if absent, those of
                the images.
            distill: A teacher, as a recipe's `distill`, such as `{"teacher": "resnet50"}`.
            **settings: Other keys of a recipe's `train` section, such as `learning_rate=0.01`. Other keys keep their
            values from the previous training. In the first training they are those of `recipes/photos_transfer.yaml` if
            the network has pretrained weights, and otherwise the defaults.

        Returns:
            What `train` prints.

        Raises:
            SuiteError: If the images are not those of the network, or a key or value is not allowed.

        Example:
            >>> model = tls.Classifier.build("micro", images)
            >>> model.train(images, epochs=1, batch_size=4, learning_rate=0.02).images["train"]
            20
        """
        from tfl_lite_suite import train

        given = settings if epochs is None else {"epochs": epochs, **settings}
        whole = dataclasses.replace(
            self._for(images, augment),
            train=changed(self._settings.train, given, "train"),
            distill=changed(Distill(), distill or {}, "distill"),
        )
        with self._work.step(train.STAGE) as name:
            done = train.train(whole, str(self._work.folder), lambda: images.dataset, name=name, start=self._file)
        self._settings = whole
        self._adopt(images, name, done)
        return done

    def prune(
        self, images: "Images", params_ratio: float | None = None, *, epochs: int | None = None, **settings: object
    ) -> "Classifier":
        """Removes channels, or makes weights sparse, and trains the network again.

        Args:
            images: What to train on.
            params_ratio: Share of the parameters that remains; one half if no other key is given.
            epochs: Passes over the training pictures afterwards.
            **settings: Other keys of a recipe's `prune` section, such as `macs_ratio=0.5` or `sparsity=0.8`.

        Returns:
            The pruned network; its `results[-1]` is a `PruneResult`. The original network does not change.

        Raises:
            SuiteError: If the images are not those of the network, or it cannot be made so small.

        Example:
            >>> small = model.prune(images, params_ratio=0.7, epochs=1)
            >>> small.results[-1].params_after < small.results[-1].params_before
            True
        """
        from tfl_lite_suite import prune

        given = {**({} if params_ratio is None else {"params_ratio": params_ratio}), **settings}
        given = given if epochs is None else {"epochs": epochs, **given}
        chosen, whole, file = changed(Prune(), given, "prune"), self._for(images), self._saved()
        with self._work.step("prune") as name:
            done = prune.prune(chosen, str(self._work.folder), file, whole, lambda: images.dataset, name=name)
        small = Classifier(whole, self._work, self.contract, self._file, self.results)
        small._adopt(images, name, done)
        return small

    def quantize(
        self,
        images: "Images",
        scheme: QuantizationScheme = "qat",
        *,
        io_type: Literal["int8", "uint8", "float32"] = "int8",
        **settings: object,
    ) -> TfliteModel:
        """Makes an int8 file.

        Args:
            images: What to train or to calibrate on.
            scheme: `qat`, training with fake quantization; `ptq`, without training.
            io_type: Type of the file's input and output.
            **settings: Other keys of a recipe's `quantize` section, such as `epochs=3`, or with `ptq`
                `min_agreement=0.98`.

        Returns:
            The file; its `result` is a `QuantizeResult`. `save` copies it to a place of your own.

        Raises:
            SuiteError: If the images are not those of the network, or a layer has no int8 form.

        Example:
            >>> model.quantize(images, epochs=1, batch_size=4).save("aware.tflite")
        """
        from tfl_lite_suite import quantize

        if scheme not in QUANTIZATION_SCHEMES:
            raise unknown_name("scheme", scheme, QUANTIZATION_SCHEMES, "scheme")
        whole = self._for(images)
        whole = dataclasses.replace(
            whole,
            quantize=changed(whole.quantize, settings, "quantize"),
            convert=changed(whole.convert, {"io_type": io_type}, "convert"),
        )
        file = self._saved()
        make: Any = quantize.quantize_after_training if scheme == "ptq" else quantize.quantize
        with self._work.step(scheme) as name:
            done = make(whole, str(self._work.folder), file, lambda: images.dataset, name=name)
            if scheme == "qat":
                self._written(name, "int8", io_type)
        return TfliteModel(self._work.folder / name / _TFLITE, result=done, keeper=self._work)

    def convert(self, scheme: FloatScheme = "float32") -> TfliteModel:
        """Makes a file with float scores. For an int8 file, use `quantize`.

        Args:
            scheme: `float32`; `float16`, half the size; or `dynamic`, 8-bit weights and float computation.

        Returns:
            The file; see `quantize`.

        Example:
            >>> model.convert("float16").save("half.tflite")
        """
        if scheme not in FLOAT_SCHEMES:
            raise SuiteError(f"scheme: expected float32, float16 or dynamic; quantize makes int8. Received: '{scheme}'")
        with self._work.step(scheme) as name:
            done = self._written(name, scheme, "float32")
        return TfliteModel(self._work.folder / name / _TFLITE, result=done, keeper=self._work)

    def evaluate(self, images: "Images", part: "Part" = "test") -> "Evaluation":
        """Measures the accuracy of the network on labelled pictures.

        Args:
            images: The pictures.
            part: `test`, `validation`, `train` or `all`; see `TfliteModel.evaluate`.

        Example:
            >>> model.evaluate(images).n
            2
        """
        from tfl_lite_suite import evaluate
        from tfl_lite_suite.evaluate.answers import Runner

        file = self._saved()
        opened = evaluate.open_model(file, "keras")
        split = images.split_for(opened.contract, part)
        return evaluate.evaluate(Runner(file, "keras"), opened, evaluate.Images(split))[0]

    def predict(self, picture: "Picture", top: int | None = TOP) -> Prediction:
        """Classifies one picture with the float network; see `TfliteModel.predict`.

        Example:
            >>> model.predict("leaf.png").label in model.contract.labels
            True
        """
        file = self._saved()
        if self._predictor is None or self._predictor.opening.path != file:
            self._predictor = Predictor(Opening(file, "keras"))
        return self._predictor.predict(picture, top)

    def save(self, path: str | os.PathLike[str], format: Literal["keras", "plain"] = "keras") -> None:
        """Writes the float network, with its contract in the file.

        Args:
            path: The `.keras` file.
            format: `keras`, a file for the suite; or `plain`, with standard layers only, which Keras 3 and tf-keras
                open without the suite, with the same answers.

        Example:
            >>> model.save("leaf.keras")
            >>> model.save("anywhere.keras", format="plain")
        """
        if format not in FORMATS:
            raise unknown_name("format", format, FORMATS, "format")
        if not os.fspath(path).endswith(".keras"):
            raise SuiteError(f"path: expected a name that ends in .keras. Received: '{os.fspath(path)}'")
        from tfl_lite_suite.models.keras_io import archive, plain

        if format == "plain":
            plain.save(self.keras, path, self.contract)
            return
        with atomic_path(path) as temporary:
            if self.contract is None:
                shutil.copyfile(self._saved(), temporary)
            else:
                archive.copy(self._saved(), temporary, {contracts.FILE_NAME: self.contract.to_json()})

    @property
    def keras(self) -> KerasModel:
        """The network as a tf-keras model."""
        from tfl_lite_suite.models.keras_io import keras_file

        return keras_file.load(self._saved(), self.contract.image_shape if self.contract else None)

    def __repr__(self) -> str:
        steps = ", ".join(type(result).__name__.removesuffix("Result").lower() for result in self.results) or "none"
        of = "no contract"
        if self.contract:
            of = f"{len(self.contract.labels)} classes, {'x'.join(map(str, self.contract.image_shape))}"
        return f"Classifier({self._settings.model.name}, {of}, steps: {steps})"

    def _for(self, images: "Images", augment: Mapping[str, object] | None = None) -> Recipe:
        """Returns the recipe of the next step, having checked that the images are those of the network."""
        for field in dataclasses.fields(Contract) if self.contract else ():
            wanted, given = getattr(self.contract, field.name), getattr(images.contract, field.name)
            if wanted != given:
                shown = [reprlib.repr(value) for value in (given, wanted)]
                raise SuiteError(f"images: {field.name} is {shown[0]}, the network's is {shown[1]}")
        changes = self._settings.data.augment
        if augment is not None:
            changes = changed(Augment(), augment, "augment")
        elif images.settings.augment != Augment():
            changes = images.settings.augment
        return dataclasses.replace(self._settings, data=dataclasses.replace(images.settings, augment=changes))

    def _adopt(self, images: "Images", name: str, done: Result) -> None:
        """Goes on with the network that a step has made."""
        self.contract, self.results = images.contract, (*self.results, done)
        self._file = str(self._work.folder / name / _MODEL)

    def _saved(self) -> str:
        """Returns the network's `.keras` file; a fresh network is written first, as `train` would begin with it."""
        if self._file is not None:
            return self._file
        if self._fresh is None:
            from tfl_lite_suite.core.framework import keras
            from tfl_lite_suite.models.keras_io import keras_file

            assert self.contract is not None
            keras.utils.set_random_seed(self._settings.seed)
            of, shape, classes = self._settings.model, self.contract.image_shape, len(self.contract.labels)
            fresh = models.build(of.name, shape, classes, alpha=of.alpha, dropout=of.dropout, weights=of.weights)
            with self._work.step("fresh") as name:
                keras_file.save(fresh, self._work.folder / name / _MODEL)
            write_text(self._work.folder / name / contracts.FILE_BESIDE, self.contract.to_json())
            self._fresh = str(self._work.folder / name / _MODEL)
        return self._fresh

    def _written(self, name: str, scheme: str, io_type: str) -> "Conversion":
        """Converts the Keras model of a step into its folder; returns what `convert` prints."""
        from tfl_lite_suite import convert
        from tfl_lite_suite.models.keras_io import keras_file

        folder = self._work.folder / name
        model = keras_file.load(folder / _MODEL) if (folder / _MODEL).is_file() else self.keras
        of = self.contract or contracts.of_model(model.name, model.input_shape)
        return convert.convert(model, of, str(folder / _TFLITE), scheme, io_type)
