import numpy as np
import pytest

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.core.framework import keras
from tfl_lite_suite.models.graph.calls import CallList


@pytest.fixture
def model():
    inner_input = keras.Input((6,))
    inner = keras.Model(inner_input, keras.layers.Dense(6, name="dense")(inner_input), name="inner")
    image = keras.Input((6,), name="image")
    x = keras.layers.Dense(6, name="dense")(image)
    x = inner(inner(x)) + 3.0
    return keras.Model(image, keras.layers.Subtract()([x, image]))


def test_nested_calls_are_listed_and_shared(model):
    calls = CallList(model)
    kinds = [type(call.layer).__name__ for call in calls.calls]
    assert kinds == ["Dense", "Dense", "Dense", "TFOpLambda", "Subtract"]
    assert calls.calls[1].layer is calls.calls[2].layer is not calls.calls[0].layer
    assert [calls.names[id(layer)] for layer in calls.layers][:2] == ["dense", "dense_2"]
    assert calls.calls[-1].inputs == (4, 0) and calls.output == 5
    assert 3.0 in calls.calls[3].constants


def test_running_the_calls_is_running_the_model(model):
    calls = CallList(model)
    values = np.random.default_rng(0).normal(size=(5, 6)).astype(np.float32)
    found = calls.run(values, lambda call, args, kwargs: call.layer(*args, **kwargs))
    np.testing.assert_array_equal(found[calls.output], model(values))
    assert sorted(found) == list(range(6))


def test_shapes_inside_a_nested_model_for_any_size_are_those_of_the_call():
    inner_input = keras.Input((None, None, 3))
    inner = keras.Model(inner_input, keras.layers.Conv2D(4, 3, 2, name="conv")(inner_input), name="inner")
    image = keras.Input((9, 9, 3))
    model = keras.Model(image, keras.layers.GlobalAveragePooling2D()(keras.Sequential([inner])(image)))
    assert CallList(model).calls[0].output_shapes == ((None, 4, 4, 4),)


def test_a_model_without_a_graph_is_refused():
    with pytest.raises(SuiteError, match="expected a functional or sequential"):
        CallList(keras.Sequential([keras.layers.Dense(2)]))
