"""What a network costs before anything is trained."""

import dataclasses

from tfl_lite_suite.core.result import Result


@dataclasses.dataclass(frozen=True)
class NetworkCost(Result):
    """What `summary` prints of a network.

    Attributes:
        model: Its name.
        input_shape: `(height, width, channels)`, in pixels.
        params: Number of parameters.
        macs: Multiply-adds of one inference.
        float_bytes: Size of the float32 weights.
    """

    model: str
    input_shape: tuple[int, int, int]
    params: int
    macs: int
    float_bytes: int
