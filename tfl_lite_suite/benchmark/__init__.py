"""Measures the latency, memory and energy of a `.tflite` model, here or on a device. Never imports TensorFlow."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    pass

KERNELS = ("default", "builtin", "reference", "nnapi", "gpu")


def show(found: Any) -> str:
    """Returns the text for people."""
    from tfl_lite_suite.benchmark import text

    return "\n\n".join(text.show(document) for document in (found if isinstance(found, list) else [found]))
