"""Measures the latency, memory and energy of a `.tflite` model, here or on a device. Never imports TensorFlow."""

from typing import Any

from tfl_lite_suite.core.errors import SuiteError

KERNELS = ("default", "builtin", "reference", "nnapi", "gpu")


def show(found: Any) -> str:
    """Returns the text for people."""
    from tfl_lite_suite.benchmark import text

    try:
        return "\n\n".join(text.show(document) for document in (found if isinstance(found, list) else [found]))
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
        # A device of another release, or a hostile one, sends what it likes.
        why = f"{type(error).__name__}: {error}"
        raise SuiteError(f"the measurement cannot be shown: {why[:200]}. --json prints what was received") from error
