import pytest

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.core.framework import keras
from tfl_lite_suite.models.keras_io import limits


def test_a_layer_larger_than_its_file_is_refused_before_it_takes_memory():
    with limits.numbers_at_most(100):
        keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
        with pytest.raises(SuiteError, match="layer 'huge' takes more weights than the file holds"):
            keras.layers.Dense(1 << 30, name="huge").build((None, 1 << 10))


def test_tensors_that_fill_the_memory_are_refused():
    image = keras.Input((64, 64, 3))
    limits.check_tensors(keras.Model(image, keras.layers.UpSampling2D(2)(image)))
    with pytest.raises(SuiteError, match="layer 'up' makes 12,884,901,888 values of one picture"):
        limits.check_tensors(keras.Model(image, keras.layers.UpSampling2D(1024, name="up")(image)))
