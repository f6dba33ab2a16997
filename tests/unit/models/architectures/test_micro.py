import numpy as np
import pytest

from tfl_lite_suite import models
from tfl_lite_suite.core.contract import Contract
from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.models import tflite_converter
from tfl_lite_suite.tflite import metadata_writer, shared_buffers
from tfl_lite_suite.tflite.file import TfliteFile

SIDE = 30


def int8_file(alpha=1.0):
    """The whole file, with random biases so that no two are equal, as after training."""
    model = models.build("micro", (SIDE, SIDE, 1), 10, alpha=alpha)
    generator = np.random.default_rng(0)
    model.set_weights([generator.normal(0.5, 0.1, array.shape) for array in model.get_weights()])
    pictures = generator.integers(0, 256, (4, SIDE, SIDE, 1), np.uint8)
    content = shared_buffers.compact(tflite_converter.convert(model, "int8", calibration=pictures))
    labels = tuple(f"class {index}" for index in range(10))
    return metadata_writer.write(content, Contract(SIDE, SIDE, 1, SIDE, SIDE, labels=labels), name="micro")


def test_the_int8_file_is_about_fifty_kilobytes():
    content = int8_file()
    assert TfliteFile(content).fully_int8
    assert len(content) <= 50_000


def test_the_family_stays_below_a_hundred_kilobytes_up_to_alpha_one_and_a_half():
    assert len(int8_file(1.5)) <= 100_000


def test_the_picture_keeps_its_resolution_in_the_first_convolution():
    model = models.build("micro", (SIDE, SIDE, 1), 10)
    sizes = [model.get_layer(name).output_shape[1] for name in ("stem", "block_0_add", "block_1_add", "head")[::3]]
    assert sizes == [30, 4]


def test_pictures_that_are_too_small_are_refused():
    with pytest.raises(SuiteError, match="micro takes images of at least 16x16 pixels. Received: 15x30"):
        models.build("micro", (15, 30, 1), 10)
