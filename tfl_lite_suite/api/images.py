"""Labelled pictures, from a folder, a CSV, TFRecords or arrays, cut into training, validation and test pictures."""

import dataclasses
import functools
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np

from tfl_lite_suite import data
from tfl_lite_suite.api.settings import listed
from tfl_lite_suite.core import dataclass_parser
from tfl_lite_suite.core.contract import Contract
from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.core.recipe import Data
from tfl_lite_suite.core.types import Array
from tfl_lite_suite.data import Dataset, Listing, Split, arrays

if TYPE_CHECKING:
    from collections.abc import Mapping

Part = Literal["train", "validation", "test", "all"]

# Of arrays whose resolution is not given: the networks' smallest side, and the greatest resolution of a recipe.
_LEAST_SIDE, _GREATEST_SIDE = 32, 1024


class Images:
    """Labelled pictures, and how they are prepared for a model.

    The pictures are decoded only when they are needed. `load_images` and `Images.from_arrays` make an `Images`.

    Attributes:
        settings: The `data` section of a recipe with the same pictures.
        seed: Seed of the splits.

    Example:
        >>> images = tls.load_images("leaves", resolution=32)
        >>> images.class_names, len(images)
        (('birch', 'oak'), 24)
        >>> len(images.train), len(images.validation), len(images.test)
        (20, 2, 2)
    """

    def __init__(self, settings: Data, seed: int = 0) -> None:
        """Lists the pictures of a recipe's `data` section; see `load_images`.

        Args:
            settings: The section.
            seed: Seed of the splits.

        Raises:
            SuiteError: If the source is missing, or nothing in it is usable.
        """
        self.settings, self.seed = settings, seed
        # Pictures in memory are known only while their listing is held.
        self._listing: Listing = data.listing_of(settings.source)

    @classmethod
    def from_arrays(
        cls,
        x: Sequence[Array] | Array,
        y: Sequence[object] | Array,
        names: Sequence[str] | None = None,
        *,
        parts: Sequence[str] | None = None,
        resolution: int | tuple[int, int] | None = None,
        seed: int = 0,
        **settings: object,
    ) -> "Images":
        """Makes an `Images` of pictures in memory.

        Args:
            x: `(n, height, width)` or `(n, height, width, channels)`, or a list of n pictures of any sizes: grey, RGB
                or RGBA, pixel values 0 to 255.
            y: The class of each: its index, or its name.
            names: The names of the classes, in the order of the model's outputs; taken from `y` if absent.
            parts: `train`, `validation` or `test` for each picture; chosen at random if absent.
            resolution: Height and width of the model's input; the pictures' shorter side if absent.
            seed: Seed of the splits.
            **settings: Other keys of a recipe's `data` section, such as `test_fraction=0.2`.

        Raises:
            SuiteError: If `x` and `y` differ in length, or a key or value is not allowed.

        Example:
            >>> x = numpy.random.default_rng(0).integers(0, 256, (40, 32, 32, 3), "uint8")
            >>> tls.Images.from_arrays(x, numpy.arange(40) % 2, ["cat", "dog"])
            Images('arrays:27d793773602befc': 40 pictures of 2 classes at 32x32, rgb)
        """
        listing = arrays.register(x, y, names, parts)
        found = [listing.read(index) for index in range(len(listing))]
        pixels = [picture for picture in found if isinstance(picture, np.ndarray)]
        side = min(min(picture.shape[:2]) for picture in pixels)
        given = {
            "resolution": min(max(side, _LEAST_SIDE), _GREATEST_SIDE) if resolution is None else resolution,
            "color": "rgb" if any(picture.shape[2] == 3 for picture in pixels) else "grey",
            **settings,
        }
        return cls(_settings(listing.source, given), seed)

    @property
    def class_names(self) -> tuple[str, ...]:
        """The names of the classes, in the order of the model's outputs."""
        return self._listing.class_names

    @property
    def contract(self) -> Contract:
        """How pictures are prepared. A model that is trained on them stores it."""
        return data.contract_for(self.settings, self.class_names)

    @functools.cached_property
    def dataset(self) -> Dataset:
        """The prepared pictures, as the verbs take them."""
        return data.load(self.settings, self.seed)

    @property
    def train(self) -> Split:
        """The pictures to train on."""
        return self.dataset.train

    @property
    def validation(self) -> Split:
        """The pictures that decide which epoch is kept."""
        return self.dataset.validation

    @property
    def test(self) -> Split:
        """The pictures for the final figures."""
        return self.dataset.test

    @property
    def notes(self) -> list[str]:
        """Notes about the pictures: numbers of pictures, files that were left out, duplicates."""
        return self.dataset.notes

    def split_for(self, contract: Contract, part: Part) -> Split:
        """Returns the pictures of a split, prepared for a model.

        Args:
            contract: The model's contract; labels are indices into `contract.labels`.
            part: `train`, `validation` or `test`; or `all`, as in `evaluate --data`: the test pictures if the source
                has a test split, otherwise every picture.

        Raises:
            SuiteError: If the classes are not the model's, or there are no such pictures.

        Example:
            >>> images.split_for(model.contract, "test").images([0]).shape
            (1, 32, 32, 3)
        """
        if part == "all":
            return data.open_all(self.settings.source, contract, on_corrupt=self.settings.on_corrupt)
        own = dataclasses.replace(contract, labels=self.class_names)
        dataset = self.dataset if own == self.contract else data.load(self.settings, self.seed, contract=own)
        split: Split = getattr(dataset, part)
        if not len(split):
            raise SuiteError(f"part: there are no {part} pictures. Use part='all', or images with a {part}_fraction")
        if contract.labels == self.class_names:
            return split
        mapping = data.class_indices(self._listing, contract.labels)
        labels, targets = np.where(split.labels < 0, split.labels, mapping[split.labels]), None
        if split.targets is not None:
            targets = np.zeros((len(split), len(contract.labels)), bool)
            targets[:, mapping] = split.targets
        return Split(split.images, np.arange(len(split)), labels, split.keys, len(contract.labels), targets)

    def unknown_for(self, contract: Contract, part: Part) -> Split | None:
        """Returns the pictures of none of the classes (a recipe's `data.unknown`), prepared for a model.

        Args:
            contract: The model's.
            part: `validation`: the half that is used to fit a decision; `test`: the other half; `all`: both; `train`:
                none.

        Example:
            >>> images.unknown_for(model.contract, "test") is None
            True
        """
        if self.settings.unknown is None or part == "train":
            return None
        from tfl_lite_suite import evaluate

        whole = data.open_unknown(self.settings.unknown, contract, on_corrupt=self.settings.on_corrupt)
        return whole if part == "all" else evaluate.half(whole, self.seed, 0 if part == "validation" else 1)

    def __len__(self) -> int:
        return len(self._listing)

    def __repr__(self) -> str:
        height, width = self.settings.size
        return (
            f"Images('{self.settings.source}': {len(self):,} pictures of {len(self.class_names)} classes at "
            f"{height}x{width}, {self.settings.color})"
        )


def load_images(
    source: str | os.PathLike[str],
    *,
    resolution: int | tuple[int, int] = 224,
    color: Literal["rgb", "grey"] = "rgb",
    seed: int = 0,
    **settings: object,
) -> Images:
    """Lists the pictures of a folder, a CSV, TFRecords, or Fashion-MNIST.

    Args:
        source: A folder with one subfolder for each class (or with such folders below `train`, `validation` and
            `test`), a folder with a CSV of labels or the CSV itself, a folder of TFRecords, or `fashion_mnist`.
        resolution: Height and width of the model's input, in pixels: a number, or `(height, width)`.
        color: `rgb`, or `grey` for one channel.
        seed: Seed of the splits.
        **settings: Other keys of a recipe's `data` section, such as `fit="stretch"`, `validation_fraction=0.2` or
            `on_corrupt="skip"`.

    Returns:
        The pictures, not yet decoded.

    Raises:
        SuiteError: If there is no such source, or a key or value is not allowed.

    Example:
        >>> tls.load_images("leaves", resolution=32, test_fraction=0.25)
        Images('leaves': 24 pictures of 2 classes at 32x32, rgb)
    """
    return Images(_settings(os.fspath(source), {"resolution": resolution, "color": color, **settings}), seed)


def _settings(source: str, given: "Mapping[str, object]") -> Data:
    return dataclass_parser.parse(Data, {"source": source, **listed(given)}, "data")
