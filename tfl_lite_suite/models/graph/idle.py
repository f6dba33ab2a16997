"""Layers that do nothing at inference: changes for training, and resizing, padding or reshaping to what is there."""

from tfl_lite_suite.core.types import KerasLayer, Tensor
from tfl_lite_suite.models.layer_kinds import kind_of


def does_nothing(layer: KerasLayer, inputs: Tensor) -> bool:
    """Tells whether a layer gives what it takes, apart from training.

    Args:
        layer: A layer that is called once.
        inputs: The symbolic tensor, or tensors, that it is to be applied to.
    """
    idle = kind_of(layer).idle
    return idle(layer, inputs) if callable(idle) else idle


def operation_does_nothing(function: str, output: Tensor, tensors: list[Tensor]) -> bool:
    """Tells whether a function of TensorFlow between layers gives what it takes.

    Args:
        function: TensorFlow's name for it.
        output: Its symbolic tensor.
        tensors: The symbolic tensors it takes.
    """
    if function in ("identity", "stop_gradient"):
        return True
    return function == "cast" and len(tensors) == 1 and output.dtype == tensors[0].dtype
