"""Where an int8 model loses accuracy: each operator's output against the float model's, on a few pictures."""

import dataclasses
import html
import math

import numpy as np

from tfl_lite_suite.core.types import Array, FlatbufferObject
from tfl_lite_suite.models.tflite_interpreter import Interpreter, Part, quantized, real
from tfl_lite_suite.tflite.file import TfliteFile
from tfl_lite_suite.tflite.graph import Operator, Subgraph, TensorSpec
from tfl_lite_suite.tflite.object_form import unpack

_BAR, _LABEL, _WIDTH, _ROW = 360, 330, 800, 18
# More is as good as exact, and would only stretch the chart.
_BEST_DB = 60.0


@dataclasses.dataclass(frozen=True)
class LayerError:
    """How far one operator's output is from the float model's.

    Attributes:
        layer: Name of the Keras layer.
        operator: Such as `CONV_2D`.
        tensor: Name of the output in the float file.
        snr_db: Signal over error of the running int8 model, in decibels: with all that came before.
        cosine: Cosine between both outputs.
        own_snr_db: As `snr_db`, of this operator alone when its inputs are exact but for rounding; `None` where an
            input has no counterpart in the float file.
    """

    layer: str
    operator: str
    tensor: str
    snr_db: float
    cosine: float
    own_snr_db: float | None


def layer_errors(file: TfliteFile, reference: TfliteFile, pictures: Array) -> list[LayerError]:
    """Compares an int8 file with the float file of the same model, operator by operator.

    Args:
        file: The int8 model, without metadata.
        reference: The float32 one; its tensors have the same names.
        pictures: uint8 `(n, height, width, channels)`; a few, for every activation is kept.

    Returns:
        One entry for each int8 operator with a counterpart, in the order of execution.
    """
    graph = file.subgraphs[0]
    exact = _float_values(reference, pictures)
    running = Interpreter(file.content, keep_all=True)
    compared = [op for op in graph.operators if _counterpart(graph, op.outputs[0], exact) is not None]
    received: dict[int, list[Array]] = {op.outputs[0]: [] for op in compared}
    for picture in pictures:
        running.invoke([running.pixels(picture)])
        for index, values in received.items():
            values.append(running.tensor(index).copy())
    pixels = np.stack([running.pixels(picture) for picture in pictures])
    model = unpack(file.content)
    return [
        _error(graph, op, exact, np.stack(received[op.outputs[0]]), _alone(model, graph, op, exact, pixels))
        for op in compared
    ]


def worst(errors: list[LayerError], count: int = 10) -> list[LayerError]:
    """Returns the operators that do most harm themselves, the worst first."""
    known = [error for error in errors if error.own_snr_db is not None]
    return sorted(known, key=lambda error: error.own_snr_db or 0.0)[:count]


def chart(errors: list[LayerError], title: str) -> str:
    """Returns an SVG picture: for each operator a bar of its own error and a mark for the accumulated one."""
    height = _ROW * (len(errors) + 3)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" font-family="sans-serif" '
        'font-size="11"><rect width="100%" height="100%" fill="white"/>',
        f'<text x="8" y="16" font-size="14">{html.escape(title)}</text>',
        f'<text x="{_LABEL}" y="34" fill="#555">signal over error in dB, 0 to {_BEST_DB:.0f}, longer is better: '
        "bar = this layer alone, line = with all before it</text>",
    ]
    for row, error in enumerate(errors):
        y = _ROW * (row + 2) + 4
        own = 0.0 if error.own_snr_db is None else _length(error.own_snr_db)
        colour = "#c0392b" if error in worst(errors, 5) else "#2980b9"
        x = _LABEL + _length(error.snr_db)
        text = f"{error.layer} ({error.operator})"
        number = "" if error.own_snr_db is None else f"{error.own_snr_db:.1f}"
        parts.append(
            f'<text x="{_LABEL - 6}" y="{y + 11}" text-anchor="end">{html.escape(text)}</text>'
            f'<rect x="{_LABEL}" y="{y}" width="{own:.1f}" height="{_ROW - 5}" fill="{colour}"/>'
            f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{y - 1}" y2="{y + _ROW - 4}" stroke="black" stroke-width="2"/>'
            f'<text x="{_LABEL + _BAR + 8}" y="{y + 11}">{number} / {error.snr_db:.1f}</text>'
        )
    return "\n".join([*parts, "</svg>\n"])


def _length(decibels: float) -> float:
    return _BAR * min(max(decibels, 0.0), _BEST_DB) / _BEST_DB


def _float_values(reference: TfliteFile, pictures: Array) -> dict[str, Array]:
    """Returns every activation of a float model, `(n, 1, …)`, by its tensor's name."""
    graph, interpreter = reference.subgraphs[0], Interpreter(reference.content, keep_all=True)
    tensors = [graph.tensors[index] for op in graph.operators for index in op.outputs]
    values: dict[str, list[Array]] = {tensor.name: [] for tensor in tensors}
    for picture in pictures:
        interpreter.invoke([interpreter.pixels(picture)])
        for tensor in tensors:
            values[tensor.name].append(interpreter.tensor(tensor.index).copy())
    return {name: np.stack(rows) for name, rows in values.items()}


def float_name(graph: Subgraph, tensor: TensorSpec) -> str:
    """Returns a tensor's name in the float file: the output's, where the file converts the tensor to its output."""
    for user in graph.users.get(tensor.index, []):
        if user.name in ("DEQUANTIZE", "QUANTIZE") and user.outputs[0] in graph.output_indices:
            return graph.tensors[user.outputs[0]].name
    return tensor.name


def _counterpart(graph: Subgraph, index: int, exact: dict[str, Array]) -> Array | None:
    tensor = graph.tensors[index]
    values = exact.get(float_name(graph, tensor))
    return values if values is not None and tensor.dtype == "int8" and values.shape[1:] == tensor.shape else None


def _alone(
    model: FlatbufferObject, graph: Subgraph, op: Operator, exact: dict[str, Array], pixels: Array
) -> Array | None:
    """Returns the operator's int8 output for exact inputs, or `None` where an input is unknown."""
    part = Part(model, graph, [op], op.outputs[:1])
    values = {}
    for index in part.inputs:
        tensor = graph.tensors[index]
        if index in graph.input_indices:
            values[index] = pixels
            continue
        found = _counterpart(graph, index, exact)
        if found is None:
            return None
        values[index] = quantized(found, tensor.scale, tensor.zero_point)
    return part.run(values)[op.outputs[0]] if values else None


def _error(graph: Subgraph, op: Operator, exact: dict[str, Array], received: Array, alone: Array | None) -> LayerError:
    tensor = graph.tensors[op.outputs[0]]
    name = float_name(graph, tensor)
    wanted = exact[name].astype(np.float64)
    values = real(received, tensor.scale, tensor.zero_point).astype(np.float64)
    own = None if alone is None else snr_db(wanted, real(alone, tensor.scale, tensor.zero_point))
    norm = math.sqrt(float((wanted**2).sum() * (values**2).sum()))
    cosine = float((wanted * values).sum()) / norm if norm else 1.0
    return LayerError(layer_name(name), op.name, name, snr_db(wanted, values), cosine, own)


def snr_db(wanted: Array, received: Array) -> float:
    """Returns the ratio of signal to error in decibels, at most 200."""
    noise = float(((wanted - received) ** 2).sum())
    signal = float((wanted**2).sum())
    if not noise or not signal:
        return 200.0 if not noise else -200.0
    return min(10 * math.log10(signal / noise), 200.0)


def layer_name(tensor: str) -> str:
    """Returns the Keras layer in a tensor's name, such as `stem` of `mobilenet_v2/stem/BiasAdd;…`."""
    parts = tensor.split(";")[0].split("/")
    return parts[1] if len(parts) > 2 else "output" if parts[0] in ("Identity", "StatefulPartitionedCall:0") else tensor
