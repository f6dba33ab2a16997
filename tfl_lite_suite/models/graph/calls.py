"""A functional model as one list of layer calls: nested models opened, layers that are called twice still shared."""

import dataclasses
from collections.abc import Callable

from tfl_lite_suite.core.framework import tf
from tfl_lite_suite.core.types import JsonObject, KerasLayer, KerasModel, KerasNode, Tensor
from tfl_lite_suite.models.graph import rewrite


@dataclasses.dataclass(frozen=True)
class Call:
    """One call of a layer. Tensors are numbered through the whole graph; the model's input is 0.

    Attributes:
        layer: The layer; several calls may share it.
        node: The Keras node, which holds the arguments that are not tensors.
        inputs: Numbers of the tensors it takes.
        outputs: Numbers of the tensors it gives.
        input_shapes: Shapes of `inputs`, batch first, `None` where unknown.
        output_shapes: Shapes of `outputs`.
    """

    layer: KerasLayer
    node: KerasNode
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    input_shapes: tuple[tuple[int | None, ...], ...]
    output_shapes: tuple[tuple[int | None, ...], ...]

    @property
    def constants(self) -> list[Tensor]:
        """Every argument that is not a tensor of the graph."""
        tensors = {id(tensor) for tensor in self.node.keras_inputs}
        arguments = tf.nest.flatten((self.node.call_args, self.node.call_kwargs))
        return [value for value in arguments if id(value) not in tensors]

    def arguments(self, values: dict[int, Tensor]) -> tuple[list[Tensor], JsonObject]:
        """Returns positional and keyword arguments with `values`, by tensor number, in place of the graph's tensors."""
        number_of = dict(zip(map(id, self.node.keras_inputs), self.inputs, strict=True))

        def fill(value: object) -> Tensor:
            return values[number_of[id(value)]] if id(value) in number_of else value

        return tf.nest.map_structure(fill, self.node.call_args), tf.nest.map_structure(fill, self.node.call_kwargs)


class CallList:
    """The calls of a model, inputs before their consumers.

    Attributes:
        model: The model.
        calls: Its calls.
        output: Number of the output tensor.
        names: A unique name for the `id` of each layer; layers of nested models may have had the same.
    """

    def __init__(self, model: KerasModel) -> None:
        """Reads the graph.

        Args:
            model: Functional or sequential model with one input and one output.

        Raises:
            SuiteError: If it is anything else.
        """
        rewrite.check_functional(model)
        self.model = model = rewrite.flat(model) if _holds_open_model(model) else model
        self.calls: list[Call] = []
        self._tensors = 1
        (self.output,) = self._open(model, (0,))
        self.names = self._unique_names()

    @property
    def layers(self) -> list[KerasLayer]:
        """Every layer once, in order of its first call."""
        return list({id(call.layer): call.layer for call in self.calls}.values())

    def run(self, value: object, apply: Callable[[Call, list[Tensor], JsonObject], Tensor]) -> dict[int, Tensor]:
        """Computes every tensor of the graph.

        Args:
            value: What stands for the model's input.
            apply: From a call, positional and keyword arguments to its output or outputs.

        Returns:
            The values by tensor number.
        """
        values = {0: value}
        for call in self.calls:
            outputs = tf.nest.flatten(apply(call, *call.arguments(values)))
            values.update(zip(call.outputs, outputs, strict=True))
        return values

    def _open(self, model: KerasModel, inputs: tuple[int, ...]) -> tuple[int, ...]:
        numbers = dict(zip(map(id, model.inputs), inputs, strict=True))
        for node in rewrite.nodes(model):
            given = tuple(numbers[id(tensor)] for tensor in node.keras_inputs)
            outputs = tf.nest.flatten(node.outputs)
            if rewrite.is_nested(node.layer):
                made = self._open(node.layer, given)
            else:
                made = tuple(range(self._tensors, self._tensors + len(outputs)))
                self._tensors += len(outputs)
                shapes = (tuple(map(_shape, tensors)) for tensors in (node.keras_inputs, outputs))
                self.calls.append(Call(node.layer, node, given, made, *shapes))
            numbers.update(zip(map(id, outputs), made, strict=True))
        return tuple(numbers[id(tensor)] for tensor in model.outputs)

    def _unique_names(self) -> dict[int, str]:
        names: dict[int, str] = {}
        used = set(self.model.input_names)
        for layer in self.layers:
            name, number = layer.name, 2
            while name in used:
                name, number = f"{layer.name}_{number}", number + 1
            used.add(name)
            names[id(layer)] = name
        return names


def _holds_open_model(model: KerasModel) -> bool:
    """Tells whether a nested model is for pictures of any size, and does not know the sizes that it gets here."""
    nested = [layer for layer in model.layers if rewrite.is_nested(layer)]
    is_open = any(None in tensor.shape[1:] for layer in nested for tensor in layer.inputs)
    return is_open or any(map(_holds_open_model, nested))


def _shape(tensor: Tensor) -> tuple[int | None, ...]:
    return tuple(tensor.shape)
