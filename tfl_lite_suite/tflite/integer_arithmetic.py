"""How int8 kernels compute, to the last bit: scales, zero points, and tables of element-wise operators."""

import contextlib
import contextvars
import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from tfl_lite_suite.core.types import Array

LEAST, MOST = -128, 127
_INT16 = np.iinfo(np.int16)
_converting = contextvars.ContextVar("converting", default=False)


class Quantization(NamedTuple):
    """Relation of real values to int8 ones: `real = step · (value - zero_point)`."""

    step: np.float32
    zero_point: int

    @property
    def reals(self) -> Array:
        """Real value of each of the 256 int8 ones, float32 `(256,)`, the least first."""
        return np.arange(LEAST - self.zero_point, MOST + 1 - self.zero_point, dtype=np.float32) * self.step


def quantization(limits: Sequence[float]) -> Quantization:
    """Returns what the converter makes of a fake quantization's range.

    Args:
        limits: `(least, most)`, with 0 between them.

    Source: Jacob et al., 2018, https://arxiv.org/abs/1712.05877, section 3.
    """
    least, most = (float(np.float32(end)) for end in limits)
    step = (most - least) / (MOST - LEAST)
    return Quantization(np.float32(step), min(max(math.floor(LEAST - least / step + 0.5), LEAST), MOST))


# `relu6(x + 3)` in int8, and its 3: steps, and what one step is.
GATE = quantization((0.0, 6.0))
HALF_GATE = MOST, 3 / MOST


@contextlib.contextmanager
def as_operators() -> Iterator[None]:
    """Makes what is traced inside the block use the operators that the converter knows, not their arithmetic."""
    token = _converting.set(True)
    try:
        yield
    finally:
        _converting.reset(token)


def converting() -> bool:
    """Tells whether the converter traces the model."""
    return _converting.get()


def hard_swish(source: Quantization, result: Quantization) -> Array:
    """Returns what TensorFlow Lite's HARD_SWISH answers to each int8 value, int64 `(256,)`, the least first.

    The kernel computes in 16 bits: the input with 7 more bits, the gate `relu6(x + 3) / 6` as a fraction of 2¹⁵.
    """
    fine = np.arange(LEAST - source.zero_point, MOST + 1 - source.zero_point) * 128
    fine_step = source.step / np.float32(128)
    multiplier, shift = _multiplier(fine_step / result.step)
    scaled = _high_product(fine, multiplier, rounded=True)
    multiplier, gate_shift = _multiplier(fine_step / (np.float32(3) / np.float32(32768)))
    gate = _saturated(fine << max(gate_shift - 1, 0))
    gate = _high_product(gate, multiplier, rounded=True)
    gate = _saturated(gate << 1) if gate_shift > 0 else _rounded_shift(gate, -gate_shift)
    gate = (gate + 32768) >> 1
    products = _high_product(gate, scaled, rounded=False)
    return np.clip(_rounded_shift(products, -shift) + result.zero_point, LEAST, MOST)


def split_hard_swish(source: Quantization, result: Quantization) -> Array:
    """Returns what ADD with RELU6, and MUL, answer in HARD_SWISH's stead, in the order and type of `hard_swish`.

    Their product has six times the value, and six times the step.
    """
    three, step_of_three = HALF_GATE
    values = np.arange(LEAST - source.zero_point, MOST + 1 - source.zero_point)
    factors, bits = addition((source, Quantization(np.float32(step_of_three), 0)), GATE)
    gate = np.clip((values * factors[0] + three * factors[1] + (1 << (bits - 1))) >> bits, 0, MOST - LEAST)
    factor = source.step * GATE.step / (result.step * np.float32(6))
    products = np.rint((values * gate).astype(np.float32) * factor).astype(np.int64)
    clipped: Array = np.clip(products + result.zero_point, LEAST, MOST)
    return clipped


def addition(sources: Sequence[Quantization], result: Quantization) -> tuple[list[int], int]:
    """Returns XNNPACK's whole-number factor of each summand, and the bits that their sum is shifted right by."""
    ratios = [source.step / result.step for source in sources]
    bits = 21 - math.frexp(float(max(ratios)))[1]
    return [round(math.ldexp(float(ratio), bits)) for ratio in ratios], bits


def _multiplier(real: np.float32) -> tuple[int, int]:
    """Returns a positive number as a fraction of 2¹⁵ and a power of two."""
    fraction, exponent = math.frexp(float(real))
    fixed = math.floor(fraction * 2**31 + 0.5)
    if fixed == 2**31:
        fixed, exponent = 2**30, exponent + 1
    return min((fixed + 2**15) >> 16, int(_INT16.max)), exponent


def _high_product(left: Array, right: Array | int, *, rounded: bool) -> Array:
    """Returns `left · right / 2¹⁵`, rounded to the nearest number or towards 0."""
    products = left * right
    nudge = np.where(products >= 0, 2**14, 1 - 2**14) if rounded else 0
    return _saturated(np.trunc((products + nudge) / 2**15).astype(np.int64))


def _rounded_shift(values: Array, bits: int) -> Array:
    """Returns `values / 2ᵇⁱᵗˢ`, halves away from 0."""
    half = (1 << bits) >> 1
    shifted: Array = np.sign(values) * ((np.abs(values) + half) >> bits)
    return shifted


def _saturated(values: Array) -> Array:
    return np.clip(values, _INT16.min, _INT16.max)
