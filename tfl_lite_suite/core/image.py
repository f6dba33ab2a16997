"""Pictures: from an encoded file to pixels, and from pixels to the input tensor that a contract describes.

Everything from the decoded pixels on is integer arithmetic specified in `docs/preprocessing.md`, so that NumPy here and
Java on the phone give the same bytes. Pillow's own resize gives those bytes too; it is used where a self-check proves
it equal, because it is faster.
"""

import contextlib
import functools
import io
import os
import warnings
from typing import Any

import numpy as np
from PIL import Image, UnidentifiedImageError, features

from tfl_lite_suite.core import files, picture_bytes
from tfl_lite_suite.core.contract import Contract
from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.core.picture_bytes import MAX_FILE_BYTES
from tfl_lite_suite.core.pixel_array import array_pixels, on_white
from tfl_lite_suite.core.types import Array

FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "GIF")
PRECISION_BITS = 22

# A file, encoded bytes, a Pillow image, or whatever NumPy takes as an array of pixels.
Picture = str | os.PathLike[str] | bytes | Image.Image | np.ndarray[Any, np.dtype[Any]]

# decode() has its own limit, with a message that names the file; Pillow's would begin to warn at 89 million.
Image.MAX_IMAGE_PIXELS = None
# Damaged EXIF and the like: Pillow's warnings would land in the middle of a progress line.
warnings.filterwarnings("ignore", module=r"PIL\.")

_ORIENTATION_TAG = 0x0112
# Bits of a pixel in a file; 24 in other modes.
_BITS = {"1": 1, "L": 8, "P": 8, "I;16": 16}
_WHOLE_PICTURE_LIMIT = 4
_BLOCK_ROWS = 256


def decode(
    source: str | os.PathLike[str] | bytes, channels: int, name: str | None = None, least_side: int | None = None
) -> Array:
    """Decodes a picture, applies its EXIF orientation, puts it on white and makes it RGB or grey.

    Args:
        source: A file, or the encoded bytes. JPEG, PNG, WebP, BMP, AVIF, GIF (first frame) or, with pillow-heif, HEIC;
            told by content.
        channels: 3 for RGB, 1 for grey.
        name: What errors call the picture; the file's path if absent.
        least_side: For a quick look: a large JPEG may be decoded at ½, ¼ or ⅛ of its size, to no less than this.

    Returns:
        Pixels `(height, width, channels)`, uint8 in [0, 255].

    Raises:
        SuiteError: If the file is missing, empty, corrupt, no picture, or larger than `MAX_PIXELS`.
    """
    name = name or ("picture" if isinstance(source, bytes) else os.fspath(source))
    data = source if isinstance(source, bytes) else _read(source, name)
    if not data:
        raise SuiteError(f"{name}: the file is empty, not a picture. Remove it or put the picture back")
    formats = _container_formats(data, name) if data[4:8] == b"ftyp" else FORMATS
    size = picture_bytes.webp_size(data)
    if size is not None:
        picture_bytes.check_claim(name, *size, len(data))
    try:
        with (
            picture_bytes.memory_for(*size) if size else contextlib.nullcontext(),
            Image.open(io.BytesIO(picture_bytes.without_texts(data)), formats=formats) as image,
        ):
            picture_bytes.check_claim(name, *image.size, len(data), _BITS.get(image.mode, 24))
            picture_bytes.check_scans(name, image.width * image.height, data)
            with contextlib.nullcontext() if size else picture_bytes.memory_for(*image.size):
                if least_side is not None:
                    image.draft(None, (least_side, least_side))
                image.load()
                orientation = _orientation(image)
                return _oriented(_recoloured(_flattened(image), channels), orientation)
    except SuiteError:
        raise
    except UnidentifiedImageError:
        if claimed := picture_bytes.format_of(data):
            raise SuiteError(f"{name}: corrupt or truncated picture: it begins as {claimed} does") from None
        raise SuiteError(
            f"{name}: not a picture the suite reads ({', '.join(FORMATS)}, AVIF, HEIC). It begins with {data[:12]!r}"
        ) from None
    except MemoryError:
        raise SuiteError(f"{name}: there is not enough memory to decode it. Scale the picture down") from None
    except Exception as error:
        # Pillow's readers raise nearly anything on damaged bytes: OSError, SyntaxError, struct.error, IndexError, …
        reason = " ".join(str(error).split()) or type(error).__name__
        raise SuiteError(f"{name}: corrupt or truncated picture: {reason}") from None


def pixels_of(picture: Picture, channels: int) -> Array:
    """Returns the pixels of a picture in any form, as `decode` gives them.

    Args:
        picture: A file, its encoded bytes, a Pillow image, or an array: grey `(height, width)` or
            `(height, width, 1)`, RGB `(height, width, 3)` or RGBA `(height, width, 4)`, of pixel values 0 to 255,
            whole numbers or floats.
        channels: 3 for RGB, 1 for grey.

    Returns:
        Pixels `(height, width, channels)`, uint8 in [0, 255].

    Raises:
        SuiteError: If it is no picture, or the array's shape or values are not those of one.
    """
    if isinstance(picture, (str, bytes, os.PathLike)):
        return decode(picture, channels)
    if isinstance(picture, Image.Image):
        try:
            picture.load()
        except (OSError, SyntaxError, ValueError) as error:
            raise SuiteError(f"picture: corrupt or truncated picture: {error}") from None
        return _oriented(_recoloured(_flattened(picture), channels), _orientation(picture))
    return _recoloured(array_pixels(picture), channels)


def prepare(pixels: Array, contract: Contract) -> Array:
    """Makes the input tensor from decoded pixels: resize, centre crop, contrast.

    Args:
        pixels: `(height, width, contract.channels)`, uint8.
        contract: What the model takes.

    Returns:
        `contract.image_shape`, uint8 in [0, 255], contiguous.
    """
    if pixels.ndim != 3 or pixels.shape[2] != contract.channels or pixels.dtype != np.uint8 or not pixels.size:
        raise ValueError(
            f"expected uint8 pixels (height, width, {contract.channels}). Received: {pixels.dtype} {pixels.shape}"
        )
    new_height, new_width = scaled_size(pixels.shape[0], pixels.shape[1], contract)
    top, left = crop_offset(new_height, contract.height), crop_offset(new_width, contract.width)
    tensor = resize(pixels, (new_height, new_width), (top, left, contract.height, contract.width))
    return stretch_contrast(tensor) if contract.contrast == "stretch" else tensor


def prepare_stack(pixels: Array, contract: Contract) -> Array:
    """Does what `prepare` does to many pictures of one size, faster where they are small.

    Args:
        pixels: `(n, height, width, contract.channels)`, uint8.
        contract: What the model takes.

    Returns:
        `(n, *contract.image_shape)`, uint8 in [0, 255].
    """
    count, height, width, channels = pixels.shape
    new_height, new_width = scaled_size(height, width, contract)
    part = (crop_offset(new_height, contract.height), crop_offset(new_width, contract.width))
    # The resize treats every channel alike and alone, so the pictures can stand in line as channels of one.
    joined = pixels.transpose(1, 2, 0, 3).reshape(height, width, count * channels)
    scaled = resize_reference(joined, (new_height, new_width), (*part, contract.height, contract.width))
    tensors = scaled.reshape(contract.height, contract.width, count, channels).transpose(2, 0, 1, 3)
    return np.stack([stretch_contrast(tensor) for tensor in tensors]) if contract.contrast == "stretch" else tensors


def scaled_size(height: int, width: int, contract: Contract) -> tuple[int, int]:
    """Returns the `(height, width)` to which the whole picture is scaled before the crop."""
    rows, columns = contract.resize_height, contract.resize_width
    if contract.fit == "stretch":
        return rows, columns
    if width * rows >= height * columns:
        return rows, max(columns, rows * width // height)
    return max(rows, columns * height // width), columns


def crop_offset(size: int, crop: int) -> int:
    """Returns where the centre crop begins: half of the surplus, a half rounded to the even neighbour."""
    half, odd = divmod(size - crop, 2)
    return half + (odd & half)


def stretch_contrast(tensor: Array) -> Array:
    """Maps the darkest value of a uint8 tensor to 0 and the brightest to 255; a constant tensor stays as it is."""
    low, high = int(tensor.min()), int(tensor.max())
    if low == high:
        return tensor
    span = high - low
    return (((tensor.astype(np.int32) - low) * 255 + span // 2) // span).astype(np.uint8)


def resize(pixels: Array, size: tuple[int, int], crop: tuple[int, int, int, int]) -> Array:
    """Scales a picture with the canonical resize and returns a part of the result.

    Args:
        pixels: `(height, width, channels)`, uint8.
        size: `(height, width)` of the whole scaled picture.
        crop: `(top, left, height, width)` of the part, in pixels of the scaled picture.

    Returns:
        `(crop height, crop width, channels)`, uint8, contiguous.
    """
    top, left, height, width = crop
    if size[0] * size[1] > _WHOLE_PICTURE_LIMIT * height * width or not _pillow_is_exact():
        return resize_reference(pixels, size, crop)
    return np.ascontiguousarray(_resize_pillow(pixels, size)[top : top + height, left : left + width])


def resize_reference(pixels: Array, size: tuple[int, int], crop: tuple[int, int, int, int]) -> Array:
    """The canonical resize written out in NumPy; computes the wanted part only. See `resize`.

    Source: docs/preprocessing.md, "The canonical resize".
    """
    top, left, height, width = crop
    channels = pixels.shape[2]
    first_row, row_weights = resize_weights(pixels.shape[0], size[0], top, height)
    first_column, column_weights = resize_weights(pixels.shape[1], size[1], left, width)
    begin = int(first_row[0])
    end = min(int(first_row[-1]) + row_weights.shape[1], pixels.shape[0])
    used = pixels[begin:end]
    columns_first = used.transpose(1, 0, 2).reshape(used.shape[1], -1)
    across = _weighted(columns_first, first_column, column_weights)
    rows_first = across.reshape(width, used.shape[0], channels).transpose(1, 0, 2).reshape(used.shape[0], -1)
    return _weighted(rows_first, first_row - begin, row_weights).reshape(height, width, channels)


def resize_weights(size_in: int, size_out: int, first: int, count: int) -> tuple[Array, Array]:
    """The triangle filter for output positions `first` to `first + count - 1` along one axis.

    Returns:
        Index of the first input position of each window, int64 `(count,)`; fixed-point weights, int64 `(count, taps)`.
    """
    scale = size_in / size_out
    support = max(scale, 1.0)
    centre = (np.arange(first, first + count, dtype=np.int64) + 0.5) * scale
    low = np.maximum((centre - support + 0.5).astype(np.int64), 0)
    high = np.minimum((centre + support + 0.5).astype(np.int64), size_in)
    position = low[:, None] + np.arange(int((high - low).max()), dtype=np.int64)
    weights = np.maximum(1.0 - np.abs((position - centre[:, None] + 0.5) * (1.0 / support)), 0.0)
    weights[position >= high[:, None]] = 0.0
    # cumsum adds from left to right, as the specification says; sum() would add in pairs and round otherwise.
    weights /= np.cumsum(weights, axis=1)[:, -1:]
    return low, (weights * (1 << PRECISION_BITS) + 0.5).astype(np.int64)


def _weighted(lines: Array, first: Array, weights: Array) -> Array:
    """Sums windows of `lines` `(size_in, n)`, uint8, into `(count, n)`, uint8."""
    result = np.empty((len(first), lines.shape[1]), np.uint8)
    # Every product and sum is a whole number below 2^31, so float64 is exact, and BLAS adds it fast.
    factors = weights.astype(np.float64)
    for row, begin in enumerate(first):
        window = lines[begin : begin + weights.shape[1]].astype(np.float64)
        total = factors[row, : len(window)] @ window
        result[row] = np.minimum((total.astype(np.int64) + (1 << (PRECISION_BITS - 1))) >> PRECISION_BITS, 255)
    return result


def _resize_pillow(pixels: Array, size: tuple[int, int]) -> Array:
    image = Image.fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels)
    # One pass a call: given both at once, Pillow 13 begins with whichever axis is cheaper, and rounds otherwise.
    across = image.resize((size[1], image.height), Image.Resampling.BILINEAR)
    scaled = np.asarray(across.resize((size[1], size[0]), Image.Resampling.BILINEAR))
    return scaled.reshape(size[0], size[1], pixels.shape[2])


@functools.lru_cache(maxsize=1)
def _pillow_is_exact() -> bool:
    """Whether this Pillow (a fork or a build with fused arithmetic may differ) gives the specified bytes."""
    noise = np.random.default_rng(0)
    sizes = ((97, 131, 32, 43), (28, 28, 32, 32), (301, 7, 24, 61), (1, 1, 5, 3), (64, 3, 3, 64))
    for height, width, rows, columns in sizes:
        for channels in (1, 3):
            pixels = noise.integers(0, 256, (height, width, channels), np.uint8)
            expected = resize_reference(pixels, (rows, columns), (0, 0, rows, columns))
            if not np.array_equal(_resize_pillow(pixels, (rows, columns)), expected):
                return False
    return True


def _container_formats(data: bytes, name: str) -> tuple[str, ...]:
    """Returns which of Pillow's formats an AVIF or HEIC picture has; refuses what the installed packages cannot read.

    Source: ISO/IEC 23008-12:2022, section 10.2: the brands of HEIF files.
    """
    brands = {data[8:12], *(data[place : place + 4] for place in range(16, min(int.from_bytes(data[:4]), 64), 4))}
    if brands & {b"avif", b"avis"}:
        if not features.check("avif"):
            raise SuiteError(f"{name}: an AVIF picture, which this Pillow does not read. pip install 'pillow>=11.3'")
        return ("AVIF",)
    if not brands & {b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1"}:
        return FORMATS
    if not _reads_heif():
        raise SuiteError(f"{name}: a HEIC picture, as iPhones take. To read it: pip install pillow-heif")
    return ("HEIF",)


@functools.lru_cache(maxsize=1)
def _reads_heif() -> bool:
    """Registers pillow-heif with Pillow; returns whether it is installed."""
    try:
        import pillow_heif
    except ImportError:
        return False
    pillow_heif.register_heif_opener()
    return True


def _read(path: str | os.PathLike[str], name: str) -> bytes:
    try:
        return files.read_bytes(path, MAX_FILE_BYTES)
    except OSError as error:
        raise SuiteError(f"{name}: cannot read the picture: {error.strerror or error}") from None


def _flattened(image: Image.Image) -> Array:
    """Pixels of a loaded picture, transparency put on white: uint8 `(height, width, 1 or 3)`."""
    if image.mode.startswith("I"):
        return _flattened_16_bit(image)
    key = image.info.get("transparency")
    if isinstance(key, tuple) and max(key) > 255:
        # The key of a 16-bit PNG, whose pixels Pillow reads by their high bytes.
        image.info["transparency"] = tuple(value >> 8 for value in key)
    grey = image.mode in ("1", "L", "LA", "La")
    if not image.has_transparency_data:
        pixels = np.asarray(image.convert("L" if grey else "RGB"))
        return pixels[:, :, None] if grey else pixels
    return on_white(np.asarray(image.convert("LA" if grey else "RGBA")))


def _flattened_16_bit(image: Image.Image) -> Array:
    values = np.asarray(image).astype(np.int32, copy=False)
    pixels = (np.clip(values, 0, 65535) >> 8).astype(np.uint8)
    if isinstance(image.info.get("transparency"), int):
        pixels[values == image.info["transparency"]] = 255
    return pixels[:, :, None]


def _recoloured(pixels: Array, channels: int) -> Array:
    if pixels.shape[2] == channels:
        return pixels
    if channels == 3:
        return np.repeat(pixels, 3, axis=2)
    result = np.empty((*pixels.shape[:2], 1), np.uint8)
    for begin in range(0, len(pixels), _BLOCK_ROWS):
        red, green, blue = np.moveaxis(pixels[begin : begin + _BLOCK_ROWS].astype(np.int32), 2, 0)
        result[begin : begin + _BLOCK_ROWS, :, 0] = (red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16
    return result


def _orientation(image: Image.Image) -> int:
    try:
        return int(image.getexif().get(_ORIENTATION_TAG, 1))
    except Exception:
        # Damaged EXIF says nothing about the pixels, which decoded well.
        return 1


def _oriented(pixels: Array, orientation: int) -> Array:
    """Turns pixels upright. EXIF values 1 to 8; any other leaves them as they are."""
    if orientation in (5, 6, 7, 8):
        pixels = pixels.transpose(1, 0, 2)
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    return np.ascontiguousarray(pixels)
