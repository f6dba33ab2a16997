import keras_samples
import numpy as np
import pytest
from places import GOLDEN

from tfl_lite_suite import export, models
from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.core.framework import keras, tf
from tfl_lite_suite.export import exporters
from tfl_lite_suite.models import tflite_converter
from tfl_lite_suite.tflite.file import TfliteFile

SIDE = 32
# Larger networks hold nothing that these widths lack; in a narrower micro, random weights leave int8 too few values.
WIDTHS = {"vgg16": 0.25, "resnet50": 0.25, "micro": 1.0}


@pytest.fixture(scope="module")
def pictures():
    """Photographs of the golden set, uint8 `(n, 32, 32, 3)`."""
    paths = sorted(GOLDEN.glob("*.crop_32.bin"))
    return np.stack([np.fromfile(path, np.uint8).reshape(SIDE, SIDE, 3) for path in paths])


@pytest.fixture(scope="module")
def answers(pictures, tmp_path_factory):
    """Logits of every network in Keras, and of its float32 and int8 file on every runtime."""
    folder = tmp_path_factory.mktemp("files")
    np.save(folder / "pictures.npy", pictures)
    expected, files = {}, {}
    for name in models.names():
        model = keras_samples.randomize(models.build(name, (SIDE, SIDE, 3), 10, alpha=WIDTHS.get(name, 0.5)))
        expected[name] = model(pictures.astype(np.float32), training=False).numpy()
        for scheme in ("float32", "int8"):
            files[name, scheme] = folder / f"{name}_{scheme}.tflite"
            files[name, scheme].write_bytes(tflite_converter.convert(model, scheme, calibration=pictures))
    exported = []
    for path in files.values():
        for format in exporters.of_engines():
            if format != "mnn" or "float32" in path.name:
                exported.append(export.export(str(path), format, str(folder))[0][0])
    received = keras_samples.run_on_engines([(path, folder / "pictures.npy") for path in [*files.values(), *exported]])
    return expected, files, received


@pytest.mark.parametrize("name", models.names())
def test_float32_files_equal_keras_on_every_runtime(name, answers):
    expected, files, received = answers
    found = {engine: values for (path, engine), values in received.items() if _is_of(path, files[name, "float32"])}
    assert {"onnxruntime", "ncnn", "mnn"} < set(found)
    for values in found.values():
        assert np.abs(values - expected[name]).max() <= 1e-4 * max(1, np.abs(expected[name]).max())


@pytest.mark.parametrize("name", models.names())
def test_int8_files_are_integer_small_and_near_keras(name, answers):
    expected, files, received = answers
    file = TfliteFile.read(str(files[name, "int8"]))
    assert file.fully_int8
    assert (file.inputs[0].dtype, file.inputs[0].scale, file.inputs[0].zero_point) == ("int8", 1.0, -128)
    assert file.file_bytes < files[name, "float32"].stat().st_size / 2
    for (path, engine), values in received.items():
        if _is_of(path, files[name, "int8"]):
            correlation = np.corrcoef(values.ravel(), expected[name].ravel())[0, 1]
            assert correlation > 0.9, engine


def _is_of(path, file):
    """Whether a file is a `.tflite` file or an export of it."""
    return path.startswith(f"{file.with_suffix('')}.")


@pytest.fixture(scope="module")
def model():
    return keras_samples.randomize(keras_samples.tiny_network())


@pytest.mark.parametrize(("io_type", "zero_point"), [("int8", -128), ("uint8", 0)])
def test_the_input_takes_raw_pixels_whatever_the_calibration(model, io_type, zero_point):
    dull = np.full((4, SIDE, SIDE, 1), 100, np.uint8)
    file = TfliteFile(tflite_converter.convert(model, "int8", io_type=io_type, calibration=dull))
    spec = file.inputs[0]
    assert (spec.dtype, spec.scale, spec.zero_point) == (io_type, 1.0, zero_point)
    assert file.outputs[0].dtype == io_type
    assert (dull == 100).all(), "the caller's pictures must not change"


def test_float_input_and_output_of_an_int8_file(model, pictures):
    file = TfliteFile(tflite_converter.convert(model, "int8", io_type="float32", calibration=pictures[..., :1]))
    assert file.inputs[0].dtype == file.outputs[0].dtype == "float32"


def test_float16_and_dynamic_files_are_smaller():
    model = models.build("mobilenet_v1", (SIDE, SIDE, 1), 10, alpha=0.5)
    sizes = {scheme: len(tflite_converter.convert(model, scheme)) for scheme in ("float32", "float16", "dynamic")}
    assert sizes["float16"] < 0.55 * sizes["float32"] and sizes["dynamic"] < 0.35 * sizes["float32"]


def test_the_same_size_as_from_keras_model(model):
    stock = tf.lite.TFLiteConverter.from_keras_model(model).convert()
    assert abs(len(tflite_converter.convert(model, "float32")) - len(stock)) <= 0.02 * len(stock) + 512


@pytest.mark.parametrize("calibration", [None, np.zeros((0, SIDE, SIDE, 1), np.uint8)])
def test_int8_without_pictures_is_refused(model, calibration):
    with pytest.raises(SuiteError, match="calibration: int8 without"):
        tflite_converter.convert(model, "int8", calibration=calibration)


def test_pictures_of_another_shape_are_refused(model):
    with pytest.raises(SuiteError, match=r"\(16, 16, 3\), the model \(32, 32, 1\)"):
        tflite_converter.convert(model, "int8", calibration=np.zeros((1, 16, 16, 3), np.uint8))


def test_a_graph_that_tensorflow_lite_lacks_is_one_line():
    image = keras.Input((SIDE, SIDE, 1))
    model = keras.Model(image, keras.layers.Lambda(tf.math.bessel_i0)(image))
    with pytest.raises(SuiteError, match="cannot convert") as caught:
        tflite_converter.convert(model, "float32")
    assert "BesselI0" in str(caught.value)


def test_quantization_aware_models_are_recognised(model):
    assert not tflite_converter.is_quantization_aware(model)


def test_int8_of_loops_is_refused_before_tensorflow_crashes(pictures):
    image = keras.Input((SIDE, SIDE, 3))
    rows = keras.layers.Reshape((SIDE, SIDE * 3))(image)
    x = keras.layers.Concatenate()(
        [keras.layers.LSTM(4, name="rows")(rows), keras.layers.SimpleRNN(4, name="other")(rows)]
    )
    model = keras.Model(image, keras.layers.Dense(3)(x), name="reader")
    with pytest.raises(
        SuiteError, match=r"'reader' .* are loops: rows, other\. Give them unroll=True, or convert to f"
    ):
        tflite_converter.convert(model, "int8", calibration=pictures)
    assert tflite_converter.convert(model, "dynamic")
    unrolled = keras.Model(image, keras.layers.Dense(3)(keras.layers.LSTM(4, unroll=True)(rows)))
    assert tflite_converter.convert(unrolled, "int8", calibration=pictures)
