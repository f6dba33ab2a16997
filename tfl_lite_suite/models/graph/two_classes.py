"""One score for two classes, as `Dense(1, activation="sigmoid")` gives it, as one score for each class.

The softmax of the logits 0 and z is the sigmoid of z, so nothing else changes: training, quantization, the decision and
every device then treat two classes as they treat ten.
"""

import sys

import numpy as np

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.core.framework import keras
from tfl_lite_suite.core.types import KerasLayer, KerasModel, Tensor
from tfl_lite_suite.models import keras_graph
from tfl_lite_suite.models.graph import rewrite
from tfl_lite_suite.models.keras_io import names


def has_one_score(model: KerasModel) -> bool:
    """Tells whether a model gives one score for a picture."""
    return keras_graph.is_functional(model) and model.output_shape == (None, 1)


def with_two_scores(model: KerasModel) -> KerasModel:
    """Returns a model of one score as one of two logits: 0 for the first class, the score's logit for the second.

    Args:
        model: A functional or sequential model. One that does not give one score is returned as it is.

    Raises:
        SuiteError: If the score comes from anything but a dense layer, with or without a sigmoid.
    """
    if not has_one_score(model):
        return model
    flat = rewrite.flat(model)
    ending = [keras_graph.layer_of(flat.outputs[0])]
    if _is_sigmoid(ending[0]):
        ending.append(keras_graph.layer_of(ending[0].input))
    dense = ending[-1]
    if type(dense) is not keras.layers.Dense or dense.activation not in _functions(with_sigmoid=len(ending) == 1):
        raise SuiteError(
            f"model '{names.original_name(model)}': its one score comes from '{dense.name}' ({type(dense).__name__}). "
            "For two classes, end the model with Dense(1), with or without a sigmoid, or with Dense(2)"
        )

    def replace(layer: KerasLayer, inputs: Tensor) -> KerasModel:
        return _two_columns(layer, inputs) if layer is dense else rewrite.copy_layer(layer, inputs)

    body = keras.Model(flat.inputs, dense.output, name=flat.name)  # Without the sigmoid.
    made = rewrite.rebuild(body, replace)
    print(
        f"note: '{names.original_name(model)}' gives one score for two classes; it becomes two logits, 0 and the "
        "score's: the first class up to a probability of 0.5, the second above it",
        file=sys.stderr,
    )
    return names.remember(made, names.original_name(model))


def _functions(with_sigmoid: bool) -> tuple[KerasLayer, ...]:
    plain = (None, keras.activations.linear)
    return (*plain, keras.activations.sigmoid) if with_sigmoid else plain


def _is_sigmoid(layer: KerasLayer) -> bool:
    if type(layer) is keras.layers.Activation:
        return layer.activation is keras.activations.sigmoid
    return hasattr(layer, "function") and layer.get_config().get("function") == "math.sigmoid"


def _two_columns(layer: KerasLayer, inputs: Tensor) -> Tensor:
    """Applies a dense layer with a first column of zeros."""
    dense = keras.layers.Dense(2, name=layer.name)
    output = dense(inputs)
    kernel, *bias = layer.get_weights()
    dense.set_weights([np.hstack([np.zeros_like(kernel), kernel]), np.array([0.0, bias[0][0] if bias else 0.0])])
    dense.trainable = layer.trainable
    return output
