import zipfile

import keras_samples
import numpy as np
import pytest

from tfl_lite_suite import models
from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.core.framework import keras
from tfl_lite_suite.models.keras_io import keras_file, names
from tfl_lite_suite.quantize.qat.fake_quantization import quantization_aware


def test_layers_of_the_suite_and_wrappers_survive(tmp_path):
    pictures = keras_samples.blocky(8, (32, 32, 1))
    model = keras_samples.randomize(models.build("mobilenet_v3_small", (32, 32, 1), 5))
    for saved in (model, quantization_aware(model, pictures)):
        keras_file.save(saved, tmp_path / "model.keras")
        loaded = keras_file.load(tmp_path / "model.keras")
        batch = pictures.astype(np.float32)
        np.testing.assert_array_equal(loaded(batch, training=False), saved(batch, training=False))
        assert [weight.shape for weight in loaded.trainable_weights] == [w.shape for w in saved.trainable_weights]


def test_files_that_are_no_model_get_one_clear_line(tmp_path):
    path = tmp_path / "model.keras"
    with pytest.raises(SuiteError, match="no such file"):
        keras_file.load(path)
    path.write_text("hello")
    with pytest.raises(SuiteError, match="not a .keras or .h5 file, or is truncated"):
        keras_file.load(path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.json", "{}")
    with pytest.raises(SuiteError, match="cannot read"):
        keras_file.load(path)


def test_a_truncated_model_is_refused(tmp_path):
    path = tmp_path / "model.keras"
    keras_file.save(keras_samples.tiny_network(), path)
    path.write_bytes(path.read_bytes()[:-500])
    with pytest.raises(SuiteError, match="truncated"):
        keras_file.load(path)


def test_code_inside_a_file_is_not_run(tmp_path):
    image = keras.Input((4,))
    model = keras.Model(image, keras.layers.Lambda(lambda x: x * 2)(image))
    model.save(tmp_path / "model.keras", save_format="keras")
    with pytest.raises(SuiteError, match="Lambda"):
        keras_file.load(tmp_path / "model.keras")


def test_models_for_other_images_or_classes_are_named(tmp_path):
    images = keras_samples.bright_or_dark()
    path = tmp_path / "model.keras"
    keras_file.save(keras_samples.tiny_network(), path)
    assert keras_file.load_classifier(path, images).name == "tiny"
    for options, message in (
        (
            {"channels": 3},
            r"takes \(None, 32, 32, 3\), the recipe's images are .*, 1\)\. Set data\.resolution to 32 and",
        ),
        ({"classes": 5}, r"gives \(None, 5\), the recipe's images have 2 classes"),
    ):
        keras_file.save(keras_samples.tiny_network(**options), path)
        with pytest.raises(SuiteError, match=message):
            keras_file.load_classifier(path, images)


def test_frozen_layers_are_told_of(capsys):
    image, base = keras.Input((32, 32, 1)), keras_samples.tiny_network()
    model = keras.Model(image, keras.layers.Dense(2)(base(image)))
    keras_file.warn_of_frozen(model)
    assert not capsys.readouterr().err
    base.trainable = False
    keras_file.warn_of_frozen(model)
    assert capsys.readouterr().err.startswith("warning: 7 layers are frozen in the file and stay so, ")


def test_models_that_are_trained_for_int8_are_no_start(tmp_path):
    images = keras_samples.bright_or_dark()
    model = quantization_aware(keras_samples.tiny_network(), keras_samples.blocky(4, (32, 32, 1)))
    keras_file.save(model, tmp_path / "model.keras")
    with pytest.raises(SuiteError, match=r"is trained for int8 already\. Give the float model"):
        keras_file.load_classifier(tmp_path / "model.keras", images)


def test_models_for_pictures_of_any_size_get_that_of_the_images(tmp_path):
    image = keras.Input((None, None, 1))
    x = keras.layers.GlobalAveragePooling2D()(keras.layers.Conv2D(4, 3)(image))
    keras_file.save(keras.Model(image, keras.layers.Dense(2)(x)), tmp_path / "model.keras")
    loaded = keras_file.load_classifier(tmp_path / "model.keras", keras_samples.bright_or_dark())
    assert loaded.input_shape == (None, 32, 32, 1)


def test_a_name_that_tensorflow_does_not_take_outlives_the_file(tmp_path):
    image = keras.Input((8, 8, 3))
    model = names.remember(keras.Model(image, keras.layers.Flatten()(image), name="n__"), "模型")
    keras_file.save(model, tmp_path / "model.keras")
    loaded = keras_file.load(tmp_path / "model.keras")
    assert (loaded.name, names.original_name(loaded)) == ("n__", "模型")
