"""NCNN's own file format: a text file of layers and a binary file of their weights.

Source: Tencent/ncnn, docs/developer-guide/param-and-model-file-structure.md and operators.md,
https://github.com/Tencent/ncnn
"""

import dataclasses
from collections.abc import Iterable, Sequence

import numpy as np

from tfl_lite_suite.core.types import Array

_MAGIC = 7767517
_FLOAT32, _INT8 = 0, 0x000D4B38
_ARRAY = -23300

Value = int | float | Sequence[int | float]


@dataclasses.dataclass
class Layer:
    """One layer.

    Attributes:
        kind: NCNN's name of it, such as `Convolution`.
        inputs: Names of the blobs it reads.
        output: Name of the blob it writes.
        params: Its parameters, by NCNN's numbers.
        weights: What the binary file holds for it.
    """

    kind: str
    inputs: list[str]
    output: str
    params: dict[int, Value]
    weights: bytes = b""


def tagged(weights: Array) -> bytes:
    """Returns weights, int8 or float32, with the tag that says which they are, as most layers read them."""
    tag, content = (_INT8, weights.tobytes()) if weights.dtype == np.int8 else (_FLOAT32, plain(weights))
    return tag.to_bytes(4, "little") + content + bytes(-len(content) % 4)


def plain(values: Array | Iterable[float]) -> bytes:
    """Returns values as float32 without a tag, as biases and scales are read."""
    return np.asarray(values, "<f4").tobytes()


def save(layers: Sequence[Layer]) -> tuple[str, bytes]:
    """Writes a network.

    Args:
        layers: In the order of execution. A blob may be read by several.

    Returns:
        The text of the `.param` file and the content of the `.bin` file.
    """
    readers: dict[str, int] = {}
    for layer in layers:
        for name in layer.inputs:
            readers[name] = readers.get(name, 0) + 1
    lines: list[str] = []
    blobs = 0
    # A blob has one reader: what several read is split into as many first, and they take one each.
    copies: dict[str, list[str]] = {}
    for number, layer in enumerate(layers):
        inputs = [copies[name].pop(0) if name in copies else name for name in layer.inputs]
        lines.append(_line(layer.kind, f"{layer.kind.lower()}_{number}", inputs, [layer.output], layer.params))
        blobs += 1
        if readers.get(layer.output, 0) > 1:
            copies[layer.output] = [f"{layer.output}_{copy}" for copy in range(readers[layer.output])]
            lines.append(_line("Split", f"split_{number}", [layer.output], copies[layer.output], {}))
            blobs += readers[layer.output]
    text = "\n".join([str(_MAGIC), f"{len(lines)} {blobs}", *lines, ""])
    return text, b"".join(layer.weights for layer in layers)


def _line(kind: str, name: str, inputs: Sequence[str], outputs: Sequence[str], params: dict[int, Value]) -> str:
    fields = [kind, name, str(len(inputs)), str(len(outputs)), *inputs, *outputs]
    for key, value in params.items():
        if isinstance(value, (int, float)):
            fields.append(f"{key}={_number(value)}")
        else:
            fields.append(f"{_ARRAY - key}={','.join([str(len(value)), *map(_number, value)])}")
    return " ".join(fields)


def _number(value: int | float) -> str:
    return f"{value:.9e}" if isinstance(value, float) else str(value)
