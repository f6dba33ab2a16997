"""Measures the latency, memory and energy of a `.tflite` model, here or on a device. Never imports TensorFlow."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tfl_lite_suite.core.errors import SuiteError

if TYPE_CHECKING:
    from tfl_lite_suite.benchmark.result import Comparison, Measurement

KERNELS = ("default", "builtin", "reference", "nnapi", "gpu")


def show(found: "Measurement | Comparison | Sequence[Measurement]") -> str:
    """Returns the text for people."""
    from tfl_lite_suite.benchmark import text

    try:
        return "\n\n".join(map(text.show, found if isinstance(found, Sequence) else [found]))
    except (LookupError, ValueError, ArithmeticError) as error:
        # A device of another release, or a hostile one, sends what numbers it likes.
        why = f"{type(error).__name__}: {error}"
        raise SuiteError(
            f"the measurement cannot be shown: {why[:200]}. benchmark --json prints what was received"
        ) from error
