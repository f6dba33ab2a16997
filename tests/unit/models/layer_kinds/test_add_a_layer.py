import re

import numpy as np
import pytest
from places import ROOT

from tfl_lite_suite.core.framework import keras
from tfl_lite_suite.models import cost
from tfl_lite_suite.models.graph.fold import fold_batch_norm
from tfl_lite_suite.models.tflite_interpreter import Interpreter
from tfl_lite_suite.quantize.ptq.equalization import equalize
from tfl_lite_suite.quantize.qat.fake_quantization import quantization_aware
from tfl_lite_suite.tflite.file import TfliteFile


@pytest.fixture(scope="module")
def page():
    """What the code of docs/add_a_layer.md defines, run from top to bottom."""
    text = (ROOT / "docs" / "add_a_layer.md").read_text(encoding="utf-8")
    names = {"__name__": "page"}
    keras.utils.set_random_seed(0)
    exec("\n".join(re.findall(r"```python\n(.*?)```", text, re.DOTALL)), names)
    return names


def test_the_layer_folds(page):
    folded = fold_batch_norm(page["model"])
    assert not any(isinstance(layer, keras.layers.BatchNormalization) for layer in folded.layers)
    assert folded.get_layer("mirrored").use_bias
    np.testing.assert_allclose(folded(page["calibration"]), page["model"](page["calibration"]), rtol=1e-3, atol=1e-3)


def test_the_layer_is_pruned(page):
    widths = [page[name].get_layer("mirrored").filters for name in ("model", "smaller")]
    assert widths[0] == 16 > widths[1]


def test_the_layer_gets_ranges_of_int8(page):
    aware = quantization_aware(page["smaller"], page["calibration"])
    wrapper = aware.get_layer("quant_mirrored")
    assert wrapper.quantize_config.kernel == "kernel"
    low, high = wrapper.quantize_config.output_range
    assert low == 0 < high  # The ReLU that stands for a part of the other layer is clipped by it.


def test_the_file_is_int8_and_answers_as_the_network_does(page):
    file = TfliteFile(page["int8"])
    assert file.fully_int8 and "MIRROR_PAD" in {name for name, _ in file.op_histogram}
    received, expected = Interpreter(page["int8"]).scores(page["calibration"]), page["smaller"](page["calibration"])
    assert np.abs(received - expected).max() < 0.1 * np.ptp(expected)


def test_the_layer_counts(page):
    found = {layer.name: layer.macs for layer in cost.by_layer(page["model"])}
    assert found["mirrored"] == 32 * 32 * 3 * 3 * 3 * 16


def test_the_layer_is_equalized(page):
    image = keras.Input((32, 32, 3))
    x = keras.layers.ReLU()(page["MirroredConv2D"](8, 3, name="first")(image))
    x = keras.layers.GlobalAveragePooling2D()(keras.layers.Conv2D(8, 1)(x))
    model = keras.Model(image, keras.layers.Dense(4)(x))
    done = equalize(model, page["calibration"])
    assert done.groups == (("first",),) and done.largest_scale > 1 and done.difference < 1e-3
