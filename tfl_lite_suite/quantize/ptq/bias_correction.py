"""Bias correction: the mean that rounding shifts in each linear layer, put back through its integer bias.

Rounded weights and activations move the mean of a layer's outputs, channel by channel, and the shifts add up from
layer to layer. Layer by layer, the means of the int8 graph are compared with those of the float graph on a few
pictures, and the bias takes the difference that the middle half of them shows. Every layer sees its predecessors
corrected.

Source: Nagel et al., 2019, https://arxiv.org/abs/1906.04721, section 4.2, in the empirical form of appendix D.
"""

import collections
import copy
import dataclasses

import numpy as np

from tfl_lite_suite.core.progress import Progress
from tfl_lite_suite.core.types import Array, FlatbufferObject
from tfl_lite_suite.models.tflite_interpreter import Interpreter, Part, real
from tfl_lite_suite.quantize.ptq.layer_error import float_name
from tfl_lite_suite.tflite.file import TfliteFile
from tfl_lite_suite.tflite.graph import Operator, Subgraph, TensorSpec
from tfl_lite_suite.tflite.object_form import pack, unpack

_LINEAR = ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED")
_BIAS = 2
_TYPES = {"int32": "<i4", "int64": "<i8"}


@dataclasses.dataclass(frozen=True)
class Corrected:
    """A corrected model.

    Attributes:
        file: The model.
        layers: For each corrected layer, the name of its output and the largest shift of a mean, in its steps.
    """

    file: TfliteFile
    layers: tuple[tuple[str, float], ...]


def correct(file: TfliteFile, reference: TfliteFile, pictures: Array) -> Corrected:
    """Corrects the biases of linear layers: convolutions and dense layers without a fused activation.

    Args:
        file: An int8 model with batch size 1, without metadata; some layers may have 16-bit activations.
        reference: The float32 file of the same model; its tensors have the same names.
        pictures: uint8 `(n, height, width, channels)`; about 32 are enough.

    Returns:
        The model with new biases, and what was changed. All else in the file stays as it is, unless two layers share
        a bias: then each gets its own.
    """
    known = {(tensor.name, tensor.shape) for tensor in reference.subgraphs[0].tensors}
    graph = file.subgraphs[0]
    wanted = [op.index for op, output in _linear(graph) if (float_name(graph, output), output.shape) in known]
    file = _with_own_biases(file, wanted)
    graph = file.subgraphs[0]
    names = {i: float_name(graph, graph.tensors[graph.operators[i].outputs[0]]) for i in wanted}
    means = channel_means(reference, set(names.values()), pictures)
    model, walk = unpack(file.content), _Walk(file, pictures)
    patched, layers = bytearray(file.content), []
    progress = Progress("bias correction", len(wanted))
    for number, index in enumerate(wanted):
        op = graph.operators[index]
        output, bias = graph.tensors[op.outputs[0]], graph.tensors[op.inputs[_BIAS]]
        values = walk.outputs_of(model, op)
        received = real(values, output.scale, output.zero_point).mean(axis=tuple(range(1, values.ndim - 1)))
        shift = middle_mean(means[names[index]] - received)
        steps = np.rint(shift / np.asarray(bias.scales))
        kind = _TYPES[bias.dtype]
        old, limits = np.frombuffer(file.buffer(bias.buffer), kind), np.iinfo(kind)
        new = np.clip(old + steps, limits.min, limits.max).astype(kind).tobytes()
        place = file.buffer_place(bias.buffer)
        patched[place : place + len(new)] = new
        model.buffers[bias.buffer].data = np.frombuffer(new, np.uint8)
        layers.append((names[index], float(np.abs(shift).max() / output.scale)))
        progress.update(number + 1)
    progress.close()
    return Corrected(TfliteFile(bytes(patched)), tuple(layers))


def middle_mean(each: Array) -> Array:
    """Returns the mean of the middle half of what each picture gives, float64 `(channels,)`.

    On the few pictures of the greatest activations, what ranges clip shifts all that follows by so much that the mean
    of all pictures would do harm to the others.

    Args:
        each: `(n, channels)`.
    """
    outer = len(each) // 4
    return np.asarray(np.sort(each.astype(np.float64), axis=0)[outer : len(each) - outer].mean(axis=0))


def channel_means(file: TfliteFile, names: set[str], pictures: Array) -> dict[str, Array]:
    """Returns the mean of each channel of tensors of a float model, float64 `(n, channels)`, by the tensor's name."""
    interpreter = Interpreter(file.content, keep_all=True)
    tensors = [tensor for tensor in file.subgraphs[0].tensors if tensor.name in names]
    found: dict[str, list[Array]] = {tensor.name: [] for tensor in tensors}
    for picture in pictures:
        interpreter.invoke([interpreter.pixels(picture)])
        for tensor in tensors:
            value = interpreter.tensor(tensor.index)
            found[tensor.name].append(value.mean(axis=tuple(range(value.ndim - 1)), dtype=np.float64))
    return {name: np.array(means) for name, means in found.items()}


def _linear(graph: Subgraph) -> list[tuple[Operator, TensorSpec]]:
    """Returns the integer operators whose bias can be corrected, in their order, each with its output."""
    found = []
    for op in graph.operators:
        if op.name not in _LINEAR or op.activation != "NONE" or len(op.inputs) <= _BIAS or op.inputs[_BIAS] < 0:
            continue
        output, bias = graph.tensors[op.outputs[0]], graph.tensors[op.inputs[_BIAS]]
        if output.dtype in ("int8", "int16") and bias.dtype in _TYPES and bias.scales and graph.is_constant(bias):
            found.append((op, output))
    return found


def _with_own_biases(file: TfliteFile, wanted: list[int]) -> TfliteFile:
    """Returns a model in which no other operator reads the biases of the operators `wanted`."""
    graph = file.subgraphs[0]
    # Different buffers may share their bytes.
    read = [graph.tensors[index].buffer for op in graph.operators for index in op.inputs if index >= 0]
    readers = collections.Counter(map(file.buffer_place, read))
    biases = {i: graph.tensors[graph.operators[i].inputs[_BIAS]].buffer for i in wanted}
    shared = [i for i, buffer in biases.items() if readers[file.buffer_place(buffer)] > 1]
    if not shared:
        return file
    model = unpack(file.content)
    whole = model.subgraphs[0]
    for index in shared:
        inputs = list(whole.operators[index].inputs)
        tensor = copy.copy(whole.tensors[inputs[_BIAS]])
        model.buffers.append(copy.copy(model.buffers[tensor.buffer]))
        tensor.buffer = len(model.buffers) - 1
        whole.tensors.append(tensor)
        inputs[_BIAS] = len(whole.tensors) - 1
        whole.operators[index].inputs = inputs
    return TfliteFile(pack(model))


class _Walk:
    """Goes through the int8 graph once for all pictures, keeping only what operators further on still read."""

    def __init__(self, file: TfliteFile, pictures: Array) -> None:
        self._graph = file.subgraphs[0]
        start = Interpreter(file.content)
        self._values = {self._graph.input_indices[0]: np.stack([start.pixels(picture) for picture in pictures])}
        self._next = 0

    def outputs_of(self, model: FlatbufferObject, op: Operator) -> Array:
        """Returns an operator's output for every picture, `(n, 1, …)`, computed with the biases that `model` has."""
        before = self._graph.operators[self._next : op.index]
        if before:
            later = {index for later in self._graph.operators[op.index :] for index in later.inputs}
            made = [index for earlier in before for index in earlier.outputs if index in later]
            self._values.update(Part(model, self._graph, before, made).run(self._values))
            self._values = {index: values for index, values in self._values.items() if index in later}
        self._next = op.index
        return Part(model, self._graph, [op], op.outputs).run(self._values)[op.outputs[0]]
