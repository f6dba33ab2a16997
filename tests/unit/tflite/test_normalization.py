import foreign_metadata
import numpy as np
import pytest
import tflite_samples

from tfl_lite_suite.core.contract import Contract
from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.tflite import metadata_writer, normalization
from tfl_lite_suite.tflite.file import TfliteFile
from tfl_lite_suite.tflite.normalization import Normalization

IMAGENET_MEAN, IMAGENET_STD = (123.675, 116.28, 103.53), (58.395, 57.12, 57.375)


def model(dtype=np.float32, scale=None, zero_point=0, channels=3):
    graph = tflite_samples.Graph()
    scales = ([scale], [zero_point]) if scale else ((), ())
    image = graph.tensor("image", (1, 8, 8, channels), dtype, *scales)
    shape = graph.tensor("shape", (2,), np.int32, data=[1, 64 * channels])
    scores = graph.tensor("scores", (1, 64 * channels), dtype, *scales)
    graph.operator("RESHAPE", [image, shape], [scores])
    return graph.bytes([image], [scores])


def stated(content):
    return normalization.of_file(TfliteFile(content))


def test_the_contract_means_raw_pixels():
    content = metadata_writer.write(tflite_samples.float_classifier(), Contract(8, 8, 3, 8, 8), name="x")
    assert stated(content) == normalization.RAW and normalization.RAW.is_raw


def test_a_float_file_that_says_nothing():
    assert stated(model()) == Normalization(source="nothing")


@pytest.mark.parametrize(
    ("mean", "std"), [((127.5,), (127.5,)), ((0.0,), (255.0,)), ((10.0, 20.0, 30.0), (2.0, 3.0, 4.0)), ((0.0,), (1.0,))]
)
def test_metadata_is_what_it_says(mean, std):
    found = stated(foreign_metadata.write(model(), mean=mean, std=std))
    assert (found.mean, found.std, found.source, found.problem) == (mean, std, "metadata", "")
    found.check(3)


@pytest.mark.parametrize(
    ("mean", "std", "words"),
    [
        ((1.0, 2.0), (1.0, 2.0), "2 means and 2 deviations, for 3 channels"),
        ((127.5,), (0.0,), "impossible"),
        ((float("nan"),), (1.0,), "impossible"),
        ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225), "are for pixels 0 to 1"),
    ],
)
def test_metadata_that_cannot_be_followed(mean, std, words):
    found = stated(foreign_metadata.write(model(), mean=mean, std=std))
    with pytest.raises(SuiteError, match=words) as caught:
        found.check(3)
    assert "\n" not in str(caught.value) and "`mean=127.5`" in str(caught.value)


@pytest.mark.parametrize(
    ("dtype", "scale", "zero_point", "mean", "std"),
    [
        (np.int8, 1 / 127.5, 0, (127.5,), (127.5,)),
        (np.int8, 1 / 128, 0, (127.5,), (127.5,)),
        (np.uint8, 1 / 128, 128, (127.5,), (127.5,)),
        (np.uint8, 1 / 127.5, 127, (127.5,), (127.5,)),
        (np.int8, 1 / 255, -128, (0.0,), (255.0,)),
        (np.uint8, 0.98 / 255, 0, (0.0,), (255.0,)),
        (np.int8, 1.0, -128, (0.0,), (1.0,)),
        (np.uint8, 250 / 255, 0, (0.0,), (1.0,)),
        (np.int8, 1 / 255, 0, (127.5,), (255.0,)),
        (np.int8, 0.018658, -14, IMAGENET_MEAN, IMAGENET_STD),
    ],
)
def test_quantization_alone_says_it_where_one_range_fits(dtype, scale, zero_point, mean, std):
    found = stated(model(dtype, scale, zero_point))
    assert (found.mean, found.std, found.source) == (mean, std, "quantization")


@pytest.mark.parametrize(("scale", "zero_point"), [(0.05, 3), (1.0, 0), (1e-6, 0), (40.0, 0), (0.018658, 20)])
def test_quantization_that_no_usual_range_fits(scale, zero_point):
    with pytest.raises(SuiteError, match="no usual normalisation"):
        stated(model(np.int8, scale, zero_point)).check(3)
    # Three means do not fit one channel.
    assert stated(model(np.int8, 0.018658, -14, channels=1)).problem


def test_metadata_beside_a_quantization():
    fits = foreign_metadata.write(model(np.uint8, 1 / 128, 127), mean=[127.0], std=[128.0])
    assert stated(fits) == Normalization((127.0,), (128.0,), "metadata")
    contradicts = foreign_metadata.write(model(np.int8, 1.0, -128), mean=[127.5], std=[127.5])
    with pytest.raises(SuiteError, match="the metadata's mean 127.5 and std 127.5 put pixels at -129 to -127"):
        stated(contradicts).check(3)
    # Mean 0 and deviation 1 are what writers put where they know nothing.
    empty = foreign_metadata.write(model(np.int8, 1 / 128, 0), mean=[0.0], std=[1.0])
    assert stated(empty) == Normalization((127.5,), (127.5,), "quantization")


def test_a_quantized_input_without_scale():
    with pytest.raises(SuiteError, match="without a scale"):
        stated(model(np.uint8)).check(3)
