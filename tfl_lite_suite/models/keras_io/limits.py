"""How large a model may be that a file describes: no larger than what the file holds."""

import contextlib
import math
from collections.abc import Iterator
from unittest import mock

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.core.framework import keras, tf
from tfl_lite_suite.core.types import KerasLayer, KerasModel, KerasObject, TensorShape
from tfl_lite_suite.models import keras_graph
from tfl_lite_suite.models.keras_io import claims

# As many as 100 channels of pictures of 1,600×1,600, in one tensor of one picture.
_MOST_VALUES = 1 << 28


@contextlib.contextmanager
def numbers_at_most(count: int) -> Iterator[None]:
    """Inside the block, layers together make no more weights than a file has numbers for.

    Args:
        count: The numbers of the file.

    Raises:
        SuiteError: When a layer wants more; before its memory is taken.
    """
    left, add_weight = count + claims.SPARE_NUMBERS, keras.layers.Layer.add_weight

    def counted(
        self: KerasLayer, name: object = None, shape: TensorShape = None, *arguments: object, **named: object
    ) -> KerasObject:
        nonlocal left
        left -= math.prod(side or 1 for side in tf.TensorShape(shape or ()).as_list())
        if left < 0:
            raise SuiteError(f"layer '{self.name}' takes more weights than the file holds")
        return add_weight(self, name, shape, *arguments, **named)

    with mock.patch.object(keras.layers.Layer, "add_weight", counted):
        yield


def check_tensors(model: KerasModel) -> None:
    """Raises a `SuiteError` if a layer makes more values of one picture than memory should hold."""
    for layer in keras_graph.layers_within(model):
        for node in getattr(layer, "inbound_nodes", ()):
            for tensor in tf.nest.flatten(node.outputs):
                shape = getattr(tensor, "shape", None)
                values = 1 if shape is None or shape.rank is None else math.prod(side or 1 for side in shape[1:])
                if values > _MOST_VALUES:
                    raise SuiteError(
                        f"layer '{layer.name}' makes {values:,} values of one picture. The most is {_MOST_VALUES:,}"
                    )
