"""The preprocessing contract: what stands between a picture and a model's input tensor.

It is saved inside every `.tflite` file and executed, bit for bit alike, by training, calibration, evaluation, the
benchmark, the Raspberry Pi runner and the Android app. `docs/preprocessing.md` specifies each step; `image.py`
executes it.
"""

import dataclasses
import json
import os
import pathlib
import reprlib
from collections.abc import Sequence
from typing import Any, Literal

from tfl_lite_suite.core.errors import SuiteError, unknown_name

VERSION = 1
# Inside a `.tflite` file, or a `.keras` file that `Classifier.save` wrote; and beside the others.
FILE_NAME = "tfl_lite_suite.json"
FILE_BESIDE = "contract.json"
_LARGEST, _LONGEST_KEY = 1 << 24, 100
LABELS_FILE_NAME = "labels.txt"


@dataclasses.dataclass(frozen=True)
class Contract:
    """How a picture becomes the tensor of raw pixels that a model takes.

    Attributes:
        height: Height of the input tensor, in pixels.
        width: Width of the input tensor, in pixels.
        channels: 3 for RGB, 1 for grey.
        resize_height: Height to which the picture is scaled before the centre crop; at least `height`.
        resize_width: Width to which the picture is scaled before the centre crop; at least `width`.
        fit: `crop` keeps the aspect ratio, scales until both `resize_` sides are covered, and crops the centre;
            `stretch` scales to the `resize_` sides exactly, and crops the centre.
        contrast: `none`, or `stretch`: the tensor's darkest value becomes 0 and its brightest 255.
        labels: Class names, in the order of the logits.

    Example:
        >>> contract = tls.TfliteModel("leaf.tflite").contract
        >>> contract.image_shape, contract.fit
        ((32, 32, 3), 'crop')
    """

    height: int
    width: int
    channels: int
    resize_height: int
    resize_width: int
    fit: Literal["crop", "stretch"] = "crop"
    contrast: Literal["none", "stretch"] = "none"
    labels: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in ("height", "width", "resize_height", "resize_width"):
            value = getattr(self, name)
            if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= 4096:
                raise SuiteError(f"contract.{name}: expected a whole number from 1 to 4096. Received: {_shown(value)}")
        if self.channels not in (1, 3) or not isinstance(self.channels, int) or isinstance(self.channels, bool):
            raise SuiteError(
                f"contract.channels: expected the whole number 1 (grey) or 3 (RGB). Received: {_shown(self.channels)}"
            )
        if self.resize_height < self.height or self.resize_width < self.width:
            raise SuiteError(
                f"contract: the picture is scaled to {self.resize_height}x{self.resize_width}, "
                f"which is smaller than the crop {self.height}x{self.width}"
            )
        if self.fit not in ("crop", "stretch"):
            raise SuiteError(f"contract.fit: expected 'crop' or 'stretch'. Received: {_shown(self.fit)}")
        if self.contrast not in ("none", "stretch"):
            raise SuiteError(f"contract.contrast: expected 'none' or 'stretch'. Received: {_shown(self.contrast)}")
        for index, label in enumerate(self.labels):
            if not isinstance(label, str):
                raise SuiteError(f"contract.labels[{index}]: expected a string. Received: {_shown(label)}")

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """`(height, width, channels)` of the input tensor."""
        return self.height, self.width, self.channels

    def to_json(self) -> str:
        """Returns the contract as one JSON object, keys sorted.

        Example:
            >>> tls.TfliteModel("leaf.tflite").contract.to_json()[:14]
            '{"channels": 3'
        """
        return json.dumps({"version": VERSION, **dataclasses.asdict(self)}, sort_keys=True, ensure_ascii=False)


def from_json(text: str) -> Contract:
    """Parses what `Contract.to_json` wrote; the text may come from a hostile file.

    Args:
        text: One JSON object.

    Returns:
        The contract.

    Raises:
        SuiteError: If the text is no such object, or of a newer version.
    """
    try:
        values: Any = json.loads(text)
    except RecursionError as error:
        raise SuiteError("contract: not JSON: nested too deeply") from error
    except ValueError as error:
        raise SuiteError(f"contract: not JSON: {error}") from error
    if not isinstance(values, dict):
        raise SuiteError(f"contract: expected a JSON object. Received: {_shown(values)}")
    version = values.pop("version", None)
    if type(version) is not int or version != VERSION:
        raise SuiteError(f"contract.version: this release reads version {VERSION} only. Received: {_shown(version)}")
    fields = {field.name for field in dataclasses.fields(Contract)}
    for key in values:
        if key not in fields:
            raise unknown_name(f"contract.{key[:_LONGEST_KEY]}", key, fields, "key")
    missing = sorted(fields - set(values))
    if missing:
        raise SuiteError(f"contract.{missing[0]}: missing. It must say: {', '.join(sorted(fields))}")
    if not isinstance(values["labels"], list):
        raise SuiteError(f"contract.labels: expected a list of strings. Received: {_shown(values['labels'])}")
    return Contract(**{**values, "labels": tuple(values["labels"])})


def _shown(value: object) -> str:
    """Returns a value as messages quote it, cut short."""
    return reprlib.repr(value)


def of_model(name: str, input_shape: Sequence[int | None]) -> Contract:
    """Returns the contract of a model that has none of its own: the centre square, scaled to its input.

    Args:
        name: The model's, for messages.
        input_shape: Its input's, `(batch, height, width, channels)`.

    Raises:
        SuiteError: If it does not take pictures of one size.
    """
    if len(input_shape) != 4 or None in input_shape[1:]:
        raise SuiteError(
            f"model '{name}': expected pictures of one size, (batch, height, width, channels), as input. "
            f"Received: {input_shape}. Build it on keras.Input((224, 224, 3)) or the like, and save it again"
        )
    height, width, channels = (int(size or 0) for size in input_shape[1:])
    return Contract(height, width, channels, height, width)


def beside(model: str | os.PathLike[str]) -> Contract | None:
    """Returns the contract of a `.keras` file: the one inside it, else the one that lies beside it; else `None`.

    Raises:
        SuiteError: If it is no contract, or of a newer version.
    """
    inside = _inside(model)
    if inside is not None:
        return from_json(inside)
    path = pathlib.Path(model).parent / FILE_BESIDE
    if not path.is_file():
        return None
    try:
        if path.stat().st_size > _LARGEST:
            raise SuiteError(f"contract: {path.stat().st_size:,} bytes; at most {_LARGEST:,} are read")
        return from_json(path.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError as error:
        raise SuiteError(f"{path}: contract: not text in UTF-8: {error.reason} at byte {error.start}") from None
    except SuiteError as error:
        raise SuiteError(f"{path}: {error}") from None


def _inside(model: str | os.PathLike[str]) -> str | None:
    """Returns the contract's text in a `.keras` file, an archive; `None` where there is none."""
    import zipfile

    from tfl_lite_suite.core import zip_part

    try:
        archive = zipfile.ZipFile(model)
    except (OSError, zipfile.BadZipFile, ValueError, NotImplementedError):
        # The model's own reader tells what is wrong with the file.
        return None
    with archive:
        if FILE_NAME not in archive.namelist():
            return None
        try:
            return zip_part.read(archive, FILE_NAME, _LARGEST).decode()
        except (zipfile.BadZipFile, UnicodeDecodeError) as error:
            raise SuiteError(f"{os.fspath(model)}: contract: {error}") from None
