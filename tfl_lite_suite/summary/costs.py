"""What a network costs at a width and resolution, from a table; what its files and memory come to."""

import dataclasses
import functools
import json
import pathlib

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.core.types import JsonObject

KINDS = ("conv", "pointwise", "depthwise", "dense", "elementwise", "move", "pool", "swish", "hard_swish")
# Of the input of every network in the table.
CHANNELS = 3
_TABLE = pathlib.Path(__file__).with_name("networks.json")
# Bytes of one weight; of what is kept for each channel (bias, scales and zero points); of each operator's description.
_WEIGHT_BYTES = {"float32": 4, "int8": 1}
_CHANNEL_BYTES = {"float32": 4, "int8": 15}
_OPERATOR_BYTES = {"float32": 220, "int8": 190}
# What the interpreter of microcontrollers keeps beside the activations, of an int8 file, with pointers of 64 bits.
_MICRO_CHANNEL_BYTES, _MICRO_OPERATOR_BYTES = 8, 240


@dataclasses.dataclass(frozen=True)
class Size:
    """A network at a width and resolution.

    Attributes:
        network: A network of the suite.
        alpha: Width multiplier.
        resolution: Height and width of the input, in pixels.
    """

    network: str
    alpha: float
    resolution: int

    def __str__(self) -> str:
        return f"{self.network} {self.alpha:g} at {self.resolution} px"


@dataclasses.dataclass(frozen=True)
class Cost:
    """What one inference costs.

    Attributes:
        params: Weights of the Keras network, statistics of batch normalization included.
        weights: Numbers in the kernels, as a file with folded batch normalization has them.
        channels: Channels of all layers with weights.
        operators: Number of operators.
        peak: Greatest number of input and output values of one operator.
        kinds: Multiply-adds, input and output values, weights and count by kind of operator.
    """

    params: int
    weights: int
    channels: int
    operators: int
    peak: int
    kinds: dict[str, tuple[int, int, int, int]]

    def file_bytes(self, scheme: str) -> int:
        """Returns about how many bytes the `.tflite` file has."""
        return (
            self.weights * _WEIGHT_BYTES[scheme]
            + self.channels * _CHANNEL_BYTES[scheme]
            + self.operators * _OPERATOR_BYTES[scheme]
        )

    def arena_bytes(self, scheme: str) -> int:
        """Returns the bytes of the activations of the largest operator, below which the arena cannot be."""
        return self.peak * _WEIGHT_BYTES[scheme]

    @property
    def macs(self) -> int:
        """Multiply-adds of one picture."""
        return sum(macs for macs, _, _, _ in self.kinds.values())

    @property
    def micro_arena_bytes(self) -> int:
        """Returns about how large an arena TensorFlow Lite Micro needs for the int8 file.

        Within 5 % of the interpreter's own for ten networks at 96×96; EfficientNet-B0 and MobileNetV3 Small need up to
        30 % more: more tensors live at once than one operator has.
        """
        kept = self.channels * _MICRO_CHANNEL_BYTES + self.operators * _MICRO_OPERATOR_BYTES
        return self.arena_bytes("int8") + kept

    @property
    def features(self) -> list[float]:
        """What latency is predicted from: one, then multiply-adds, values and count of each kind of operator."""
        rows = [self.kinds.get(kind, (0, 0, 0, 0)) for kind in KINDS]
        return [1.0, *(float(number) for macs, values, _, count in rows for number in (macs, values, count))]


def sizes() -> list[Size]:
    """Returns every size in the table."""
    return [
        Size(network, float(alpha), int(resolution))
        for network, widths in _table()["networks"].items()
        for alpha, sides in widths.items()
        for resolution in sides
    ]


def cost(size: Size, classes: int) -> Cost:
    """Returns what a network costs.

    Args:
        size: One that is in the table.
        classes: Number of classes.

    Raises:
        SuiteError: If it is not in the table.
    """
    found = _table()["networks"].get(size.network, {}).get(str(size.alpha), {}).get(str(size.resolution))
    if found is None:
        raise SuiteError(
            f"{size}: not in the table of costs. Widths and resolutions there: tools/make_network_costs.py"
        )
    more = classes - _table()["classes"]
    kinds = {kind: tuple(numbers) for kind, numbers in found["kinds"].items()}
    weights, macs = found["class_weights"] * more, found["class_macs"] * more
    # A classifier that is a convolution over places has more products than weights.
    kind = "pointwise" if found["class_macs"] > found["class_weights"] else "dense"
    old = kinds[kind]
    kinds[kind] = (old[0] + macs, old[1] + more, old[2] + weights, old[3])
    # A class has a bias beside its weights.
    return Cost(
        found["params"] + weights + more,
        found["weights"] + weights,
        found["channels"] + more,
        found["operators"],
        found["peak"],
        kinds,
    )


@functools.cache
def _table() -> JsonObject:
    return dict(json.loads(_TABLE.read_text(encoding="utf-8")))
