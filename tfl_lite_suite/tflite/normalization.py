"""What a `.tflite` file says of its input's values: how a pixel, 0 to 255, becomes the real value that it takes.

The suite's own files say so by their contract: the pixel itself. Files of others say it by the `NormalizationOptions`
of their metadata, or by an input quantization that fits one usual range of values only.

Source: TensorFlow Lite metadata, "Normalization and quantization parameters",
https://ai.google.dev/edge/litert/conversion/tensorflow/metadata
"""

import dataclasses
import math
from collections.abc import Sequence
from typing import Literal, get_args

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.tflite.file import TfliteFile
from tfl_lite_suite.tflite.graph import TensorSpec

Source = Literal["contract", "metadata", "quantization", "flags", "nothing"]
SOURCES: tuple[Source, ...] = get_args(Source)

LIMITS = {"int8": (-128, 127), "uint8": (0, 255)}
_IMAGENET_MEAN, _IMAGENET_STD = (123.675, 116.28, 103.53), (58.395, 57.12, 57.375)
# Mean and deviation of the ways in which pixels are usually normalised; each fills a range of values of its own.
_USUAL: tuple[tuple[tuple[float, ...], tuple[float, ...]], ...] = (
    ((0.0,), (1.0,)),
    ((0.0,), (255.0,)),
    ((127.5,), (127.5,)),
    ((127.5,), (255.0,)),
    (_IMAGENET_MEAN, _IMAGENET_STD),
)
# How far the ends of a range may lie from a usual one's, as a share of its span: calibration pictures seldom fill it.
_TOLERANCE = 0.1
# A quantized input that loses a larger share of the pixel values, or tells fewer apart, was made for other values.
_MOST_LOST, _LEAST_STEPS = 0.25, 32


@dataclasses.dataclass(frozen=True)
class Normalization:
    """How a pixel becomes the real value that a model's input takes: `(pixel - mean) / std`.

    Attributes:
        mean: In pixel units, one for all channels or one a channel.
        std: As `mean`.
        source: What says so; `nothing` where raw pixels are a guess.
        problem: Why it cannot be followed; empty where it can.
    """

    mean: tuple[float, ...] = (0.0,)
    std: tuple[float, ...] = (1.0,)
    source: Source = "contract"
    problem: str = ""

    @property
    def is_raw(self) -> bool:
        """Whether the value is the pixel itself."""
        return set(self.mean) == {0.0} and set(self.std) == {1.0}

    def check(self, channels: int) -> None:
        """Checks that it can be followed.

        Args:
            channels: Of the input.

        Raises:
            SuiteError: If it cannot.
        """
        problem = self.problem or _misfit(self.mean, self.std, channels)
        if problem:
            raise SuiteError(f"{problem}. Give what the training used: `mean=127.5` `std=127.5`, one or one a channel")

    def text(self) -> str:
        """Returns it as people read it, such as `mean 127.5, std 127.5`."""
        return f"mean {_numbers(self.mean)}, std {_numbers(self.std)}"

    def arguments(self) -> str:
        """Returns the arguments that say so, as messages name them: `mean=127.5` and `std=127.5`."""
        mean, std = (",".join(f"{value:.6g}" for value in values) for values in (self.mean, self.std))
        return f"`mean={mean}` `std={std}`"


RAW = Normalization()


def usual(channels: int) -> list[Normalization]:
    """Returns the usual ways of normalising, raw pixels first.

    Args:
        channels: Of the input.
    """
    return [Normalization(mean, std, "nothing") for mean, std in _USUAL if len(mean) in (1, channels)]


def of_file(file: TfliteFile) -> Normalization:
    """Returns what a file says of its first input.

    Args:
        file: The file; its input need not be a picture.

    Returns:
        The contract's raw pixels; else what the metadata says; else what the input's quantization fits; else raw pixels
        by `nothing`. Where what it says cannot be right, `problem` says why.

    Raises:
        SuiteError: If the metadata is damaged.
    """
    if file.contract is not None or not file.inputs:
        return RAW
    tensor = file.inputs[0]
    described = file.metadata.inputs[0] if file.metadata and file.metadata.inputs else None
    if described is None or not (described.mean or described.std):
        return _by_quantization(tensor)
    mean, std = described.mean or (0.0,), described.std or (1.0,)
    channels = tensor.shape[-1] if tensor.shape else 1
    problem = _misfit(mean, std, channels) or _out_of_range(tensor, mean, std)
    if problem and set(mean) == {0.0} and set(std) == {1.0} and tensor.scale:
        # Writers of metadata put these where they were told nothing; the quantization says more.
        return _by_quantization(tensor)
    return Normalization(mean, std, "metadata", problem and f"the metadata's {problem}")


def _by_quantization(tensor: TensorSpec) -> Normalization:
    if tensor.dtype not in LIMITS:
        return Normalization(source="nothing")
    if not _quantized(tensor):
        scale = f"{tensor.dtype} without a scale"
        return Normalization(source="nothing", problem=f"{scale}; the file does not say what a pixel is")
    low, high = (_real(tensor, limit) for limit in LIMITS[tensor.dtype])
    for mean, std in _USUAL:
        if len(mean) not in (1, tensor.shape[-1] if tensor.shape else 1):
            continue
        ends = [((pixel - m) / s) for pixel in (0, 255) for m, s in zip(mean, std, strict=True)]
        room = _TOLERANCE * (max(ends) - min(ends))
        if abs(low - min(ends)) <= room and abs(high - max(ends)) <= room:
            return Normalization(mean, std, "quantization")
    return Normalization(
        source="nothing",
        problem=f"scale {tensor.scale:.6g} and zero point {tensor.zero_point} hold values from {low:.4g} to "
        f"{high:.4g}, which no usual normalisation of pixels gives, and no metadata says how they are made",
    )


def _out_of_range(tensor: TensorSpec, mean: Sequence[float], std: Sequence[float]) -> str:
    """Says why a quantized input cannot hold what the normalisation gives; empty where it can."""
    if tensor.dtype not in LIMITS or not _quantized(tensor):
        return ""
    low, high = LIMITS[tensor.dtype]
    for m, s in zip(*_spread(mean, std), strict=True):
        ends = sorted((pixel - m) / s / tensor.scale + tensor.zero_point for pixel in (0, 255))
        held = min(ends[1], high + 1) - max(ends[0], low - 1)
        if held < _LEAST_STEPS or held < (1 - _MOST_LOST) * (ends[1] - ends[0]):
            return (
                f"mean {_numbers(mean)} and std {_numbers(std)} put pixels at {ends[0]:.4g} to {ends[1]:.4g} by the "
                f"input's scale {tensor.scale:.6g} and zero point {tensor.zero_point}; {tensor.dtype} holds {low} to "
                f"{high}"
            )
    return ""


def _misfit(mean: Sequence[float], std: Sequence[float], channels: int) -> str:
    """Says why mean and deviation cannot be followed; empty where they can."""
    if {len(mean), len(std)} - {1, channels}:
        return f"normalisation has {len(mean)} means and {len(std)} deviations, for {channels} channels"
    if not all(map(math.isfinite, (*mean, *std))) or not all(value > 0 for value in std):
        return f"normalisation is impossible: mean {_numbers(mean)}, std {_numbers(std)}"
    if max(std) < 1 and max(map(abs, mean)) <= 1:
        return f"mean {_numbers(mean)} and std {_numbers(std)} are for pixels 0 to 1; its unit is the pixel, 0 to 255"
    return ""


def _spread(mean: Sequence[float], std: Sequence[float]) -> tuple[Sequence[float], Sequence[float]]:
    count = max(len(mean), len(std))
    return (mean if len(mean) == count else [*mean] * count), (std if len(std) == count else [*std] * count)


def _quantized(tensor: TensorSpec) -> bool:
    return math.isfinite(tensor.scale) and tensor.scale > 0


def _real(tensor: TensorSpec, value: int) -> float:
    return (value - tensor.zero_point) * tensor.scale


def _numbers(values: Sequence[float]) -> str:
    texts = [f"{value:.6g}" for value in values[:8]]
    return texts[0] if len(set(texts)) == 1 else f"[{', '.join(texts)}]"
