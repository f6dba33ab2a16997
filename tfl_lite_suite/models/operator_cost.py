"""What a network costs by kind of operator, as `advise` predicts latency, size and memory from it."""

import math

from tfl_lite_suite.core.framework import keras
from tfl_lite_suite.core.types import JsonObject, KerasLayer
from tfl_lite_suite.models import cost
from tfl_lite_suite.models.layer_kinds import kind_of


def measure(model: keras.Model, classes: int) -> JsonObject:
    """Returns a network's cost.

    Args:
        model: A network of the suite.
        classes: Length of its output.

    Returns:
        `params` (the Keras network's), `weights` (kernels' numbers), `channels` (of all layers that have weights),
        `operators` (how many), `peak` (greatest number of input and output values of one operator), `class_weights`
        and `class_macs` (what each class more adds), and `kinds`: for each kind of operator
        `[multiply-adds, input and output values, weights, count]`.
    """
    kinds: dict[str, list[int]] = {}
    weights = channels = peak = 0
    last: tuple[int, int] = (0, 0)
    for layer in model.layers:
        kind = _kind(layer)
        if not kind:
            continue
        values = _values(layer)
        kernel = next((w for w in layer.weights if "kernel" in w.name), None)
        own = math.prod(kernel.shape) if kernel is not None else 0
        macs = cost.macs_of(layer)
        if own:
            channels += layer.output_shape[-1]
            last = own // classes, macs // classes
        weights += own
        peak = max(peak, values)
        sums = kinds.setdefault(kind, [0, 0, 0, 0])
        for place, number in enumerate((macs, values, own, 1)):
            sums[place] += number
    count = sum(sums[3] for sums in kinds.values())
    found = {"params": cost.params(model), "weights": weights, "channels": channels, "operators": count, "peak": peak}
    return found | {"class_weights": last[0], "class_macs": last[1], "kinds": kinds}


def _kind(layer: KerasLayer) -> str:
    """Returns the kind of operator; what is folded or free in a `.tflite` file has none."""
    operator = kind_of(layer).operator
    return operator(layer) if callable(operator) else operator


def _values(layer: KerasLayer) -> int:
    """Returns the number of input and output values for one image."""
    shapes = layer.input_shape if isinstance(layer.input_shape, list) else [layer.input_shape]
    return sum(math.prod(shape[1:]) for shape in (*shapes, layer.output_shape))
