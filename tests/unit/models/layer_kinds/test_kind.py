import pytest

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.core.framework import keras
from tfl_lite_suite.models.layer_kinds import LayerKind, Rounding, kind_of, like, register, require_int8_forms
from tfl_lite_suite.models.layer_kinds.kind import does_nothing


class Louder(keras.layers.ReLU):
    """A class that no test registers."""


def test_a_kind_is_found_by_the_exact_class():
    assert kind_of(keras.layers.ReLU()).rounding is not None
    assert kind_of(Louder()) == LayerKind()


def test_a_class_may_be_registered_again_as_the_same_kind_only():
    class Quieter(keras.layers.ReLU):
        pass

    register(Quieter, like(keras.layers.ReLU, operator="elementwise"))
    register(Quieter, like(keras.layers.ReLU, operator="elementwise"))
    assert kind_of(Quieter()).operator == "elementwise"
    with pytest.raises(SuiteError, match="Quieter is registered already"):
        register(Quieter, LayerKind())


def test_like_an_unknown_class():
    with pytest.raises(SuiteError, match="Louder is not known"):
        like(Louder)


def test_layers_without_an_int8_form_are_named():
    require_int8_forms("fine", [keras.layers.Add(), keras.layers.Conv2D(1, 1)])
    wrong = [keras.layers.Activation("tanh", name="a"), Louder(name="b"), keras.layers.Conv2DTranspose(1, 1, name="c")]
    with pytest.raises(SuiteError, match=r"'a' \(Activation tanh\), 'b' \(Louder\), 'c' \(Conv2DTranspose linear\)"):
        require_int8_forms("wrong", [keras.layers.Add(), *wrong])


def test_the_kernel_that_is_rounded():
    found = {
        layer: kind_of(layer(1, 1)).rounded_kernel for layer in (keras.layers.Conv2D, keras.layers.Conv2DTranspose)
    }
    assert list(found.values()) == ["kernel", None]
    assert LayerKind(kernels=("depthwise_kernel",), rounding=Rounding.OWN_RANGE).depthwise


IMAGE = keras.Input((8, 6, 3))


@pytest.mark.parametrize(
    ("layer", "expected"),
    [
        (keras.layers.Dropout(0.5), True),
        (keras.layers.Activation("linear"), True),
        (keras.layers.Activation("relu"), False),
        (keras.layers.Resizing(8, 6), True),
        (keras.layers.Resizing(6, 8), False),
        (keras.layers.CenterCrop(8, 6), True),
        (keras.layers.ZeroPadding2D(0), True),
        (keras.layers.ZeroPadding2D(1), False),
        (keras.layers.Reshape((8, 6, 3)), True),
        (keras.layers.Permute((1, 2, 3)), True),
        (keras.layers.Permute((2, 1, 3)), False),
        (keras.layers.AveragePooling2D(1), True),
        (keras.layers.AveragePooling2D(1, 2), False),
        (keras.layers.MaxPooling2D(3, 1, "same"), False),
    ],
)
def test_layers_that_change_nothing_are_told(layer, expected):
    assert does_nothing(layer, IMAGE) == expected
