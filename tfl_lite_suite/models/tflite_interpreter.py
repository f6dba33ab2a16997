"""Runs flatbuffers inside the TensorFlow process, whole or in parts, to see what happens between input and output.

Evaluation and timing belong to `runtime`, in processes without TensorFlow. Here quantization looks at its own work.
"""

import copy
import os
import warnings
from collections.abc import Iterable, Sequence

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from tfl_lite_suite.core.framework import native_messages, tf
from tfl_lite_suite.core.types import Array, FlatbufferObject, KerasObject, NativeInterpreter
from tfl_lite_suite.tflite.graph import Operator, Subgraph
from tfl_lite_suite.tflite.object_form import pack

_THREADS = min(4, os.cpu_count() or 1)


class Interpreter:
    """A model with batch size 1, fed picture by picture.

    Attributes:
        refusal: Why XNNPACK, which most devices use, does not run the model; empty where it does or was not asked.
    """

    def __init__(self, content: bytes, keep_all: bool = False, threads: int = _THREADS) -> None:
        """Loads a model.

        Args:
            content: The flatbuffer.
            keep_all: Whether every tensor can be read afterwards; slower, because nothing is delegated.
            threads: Threads that compute.
        """
        self.refusal = ""
        try:
            self._native = _loaded(content, keep_all, threads, tf.lite.experimental.OpResolverType.AUTO)
        except RuntimeError as error:
            self.refusal = " ".join(str(error).split())
            self._native = _loaded(
                content, keep_all, threads, tf.lite.experimental.OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
            )
        self.inputs, self.outputs = self._native.get_input_details(), self._native.get_output_details()

    def invoke(self, values: Sequence[Array]) -> list[Array]:
        """Returns the outputs for one value an input, each with the batch axis."""
        for detail, value in zip(self.inputs, values, strict=True):
            self._native.set_tensor(detail["index"], value)
        self._native.invoke()
        return [self._native.get_tensor(detail["index"]) for detail in self.outputs]

    def tensor(self, index: int) -> Array:
        """Returns a tensor of the last `invoke`; only with `keep_all`."""
        return np.asarray(self._native.get_tensor(index))

    def pixels(self, picture: Array) -> Array:
        """Returns a picture, uint8 `(height, width, channels)`, as the type of the first input."""
        dtype = self.inputs[0]["dtype"]
        if dtype is np.int8:
            return (picture[np.newaxis].astype(np.int16) - 128).astype(np.int8)
        return picture[np.newaxis].astype(dtype)

    def scores(self, pictures: Array) -> Array:
        """Returns the real values of the first output, float32 `(n, classes)`."""
        outputs = [self.invoke([self.pixels(picture)])[0][0] for picture in pictures]
        return real(np.stack(outputs), *self.outputs[0]["quantization"])


def _loaded(content: bytes, keep_all: bool, threads: int, resolver: KerasObject) -> NativeInterpreter:
    with native_messages(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        native = tf.lite.Interpreter(
            model_content=content,
            num_threads=threads,
            experimental_op_resolver_type=resolver,
            experimental_preserve_all_tensors=keep_all,
        )
        native.allocate_tensors()
    return native


def real(values: Array, scale: float, zero_point: int) -> Array:
    """Returns quantized values as float32; a scale of 0 leaves float values as they are."""
    return (values.astype(np.float32) - zero_point) * np.float32(scale) if scale else values.astype(np.float32)


def quantized(values: Array, scale: float, zero_point: int) -> Array:
    """Returns real values as int8."""
    return np.clip(np.rint(values / scale) + zero_point, -128, 127).astype(np.int8)


class Part:
    """Some neighbouring operators of a model, as a model of their own.

    Attributes:
        inputs: Tensors that it takes, as indices of the whole graph.
        outputs: Tensors that it gives, as indices of the whole graph.
    """

    def __init__(
        self, model: FlatbufferObject, graph: Subgraph, operators: Sequence[Operator], outputs: Iterable[int]
    ) -> None:
        """Cuts the operators out.

        Args:
            model: The whole model, from `unpack`; it is not changed.
            graph: Its graph, as `TfliteFile` reads it.
            operators: Those to run, in their order.
            outputs: Tensors to give.
        """
        made = {index for op in operators for index in op.outputs}
        used = dict.fromkeys(index for op in operators for index in op.inputs if index >= 0)
        self.outputs = tuple(outputs)
        self.inputs = tuple(
            index for index in used if index not in made and not graph.is_constant(graph.tensors[index])
        )
        self._interpreter = Interpreter(self._cut(model, operators, [*used, *(made - used.keys())]))

    def run(self, values: dict[int, Array]) -> dict[int, Array]:
        """Computes the outputs of every picture.

        Args:
            values: For each tensor of `inputs` its values, `(n, 1, …)`.

        Returns:
            For each tensor of `outputs` its values, `(n, 1, …)`.
        """
        rows = range(len(values[self.inputs[0]]))
        found = [self._interpreter.invoke([values[index][row] for index in self.inputs]) for row in rows]
        return {index: np.stack([row[place] for row in found]) for place, index in enumerate(self.outputs)}

    def _cut(self, model: FlatbufferObject, operators: Sequence[Operator], tensors: Sequence[int]) -> bytes:
        whole = model.subgraphs[0]
        place = {index: number for number, index in enumerate(tensors)}
        part, graph = copy.copy(model), schema.SubGraphT()
        part.buffers = [schema.BufferT()]
        graph.tensors, graph.operators = [], []
        for index in tensors:
            tensor = copy.copy(whole.tensors[index])
            part.buffers.append(model.buffers[tensor.buffer])
            tensor.buffer = len(part.buffers) - 1
            graph.tensors.append(tensor)
        for op in operators:
            operator = copy.copy(whole.operators[op.index])
            operator.inputs = [place.get(index, -1) for index in op.inputs]
            operator.outputs = [place[index] for index in op.outputs]
            graph.operators.append(operator)
        graph.inputs = [place[index] for index in self.inputs]
        graph.outputs = [place[index] for index in self.outputs]
        part.subgraphs, part.signatureDefs, part.metadata, part.metadataBuffer = [graph], None, None, None
        return pack(part)
