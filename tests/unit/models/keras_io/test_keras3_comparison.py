import keras3_samples
import keras_samples
import numpy as np
import pytest

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.models.keras_io import archive, files, keras3_comparison

pytest.importorskip("keras")


def test_a_model_that_was_rebuilt_wrongly_is_refused_and_the_layer_named(tmp_path):
    np.save(tmp_path / "pictures.npy", keras_samples.blocky(4, (32, 32, 3)))
    keras3_samples.make(tmp_path)
    path = tmp_path / "object.keras"
    model = files._keras3(path, archive.read(path)[1])
    keras3_comparison.check(model, path)
    layer = model.get_layer("conv")
    kernel, bias = layer.get_weights()
    layer.set_weights([kernel, bias + 3])
    with pytest.raises(SuiteError, match=r"answers otherwise .* from layer '(conv|dense)' .*\. It is not used\. Save"):
        keras3_comparison.check(model, path)


def test_differences_are_shares_of_each_halfs_greatest_value():
    one = np.array([[1000.0], [1.0]])
    assert keras3_comparison._difference(one, one + [[0.0], [0.5]]) == pytest.approx(0.5)
    assert keras3_comparison._difference(one, np.zeros((2, 2))) == np.inf
    assert keras3_comparison._difference(np.array([[np.nan]]), np.array([[np.nan]])) == 0
