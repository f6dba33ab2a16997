"""What converting a model gave."""

import dataclasses

from tfl_lite_suite.core.result import Result, omitted
from tfl_lite_suite.core.types import Document


@dataclasses.dataclass(frozen=True)
class Conversion(Result):
    """What `convert` prints.

    Attributes:
        output: The `.tflite` file.
        scheme: `float32`, `float16`, `dynamic` or `int8`.
        file_bytes: Its size.
        fully_int8: Whether every operator computes in integers.
        float_ops: Operators that compute in float.
        seconds: Time of the conversion.
        ptq: How an int8 file was made without training; otherwise absent.

    Example:
        >>> result = model.convert("dynamic").result
        >>> result.scheme, result.fully_int8
        ('dynamic', False)
    """

    output: str
    scheme: str
    file_bytes: int
    fully_int8: bool
    float_ops: tuple[Document, ...]
    seconds: float
    ptq: Document | None = omitted()
