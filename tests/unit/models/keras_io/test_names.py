import pytest

from tfl_lite_suite.core.framework import keras, tf
from tfl_lite_suite.models.keras_io import names


@pytest.mark.parametrize("name", ["卷积", "_stem", "a (b)", "-", "", "conv/1", "x.y"])
def test_every_name_is_made_fit_for_tensorflow(name):
    with tf.Graph().as_default(), tf.name_scope(names.scope_name(name)):
        pass


def test_names_that_fit_stay_and_no_two_become_one():
    found = names.unique_names(["a (b)", "a [b]", "a__b_", "conv"])
    assert found == {"a (b)": "a__b__2", "a [b]": "a__b__3", "a__b_": "a__b_", "conv": "conv"}


def test_layers_of_one_name_are_told_apart():
    image = keras.Input((4,), name="same")
    x = keras.layers.Dense(3, name="same")(keras.layers.Dense(3, name="same")(image))
    names.distinguish([x])
    model = keras.Model(image, x)
    assert [layer.name for layer in model.layers] == ["same", "same_3", "same_2"]


def test_a_model_remembers_its_name():
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)], name="m")
    assert names.original_name(model) == "m"
    assert names.original_name(names.remember(model, "模型")) == "模型"
