import keras_samples
import numpy as np
import pytest

from tfl_lite_suite import models
from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.core.framework import keras
from tfl_lite_suite.models.keras_io import archive, keras2

layers = keras.layers
PICTURES = keras_samples.blocky(2, (16, 16, 3))


def classifier(image, name="model", **options):
    x = layers.Conv2D(4, 3, activation="relu", **options)(layers.Rescaling(1 / 255, **options)(image))
    inner = keras.Sequential([keras.Input((4,)), layers.Dense(8, **options)], name="inner")
    x = inner(layers.GlobalAveragePooling2D(**options)(layers.BatchNormalization(**options)(x)))
    return keras_samples.randomize(keras.Model(image, layers.Dense(2, dtype="float32")(x), name=name))


MODELS = {
    "half precision": lambda: classifier(keras.Input((16, 16, 3)), dtype="mixed_float16"),
    "fixed batch": lambda: classifier(keras.Input((16, 16, 3), batch_size=2)),
    "whole numbers": lambda: classifier(keras.Input((16, 16, 3), dtype="uint8")),
    "a name with blanks": lambda: classifier(keras.Input((16, 16, 3)), "My model (1)"),
    "sequential in sequential": lambda: keras.Sequential(
        [
            keras.Sequential([keras.Sequential([keras.Input((16, 16, 3)), layers.Conv2D(4, 3)]), layers.Conv2D(3, 3)]),
            layers.Flatten(),
            layers.Dense(2),
        ]
    ),
    "functional in sequential": lambda: keras.Sequential([classifier(keras.Input((16, 16, 3))), layers.Dense(2)]),
}


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("make", MODELS.values(), ids=MODELS.keys())
def test_loaded_models_answer_as_before_for_any_number_of_float_pictures(make, tmp_path):
    model = make()
    expected = model(PICTURES).numpy()  # Keras builds some models now only.
    model.save(tmp_path / "model.keras")
    loaded = models.load(tmp_path / "model.keras")
    assert loaded.input_shape == (None, 16, 16, 3) and loaded.output_shape == (None, 2)
    assert {tensor.dtype.name for tensor in loaded.inputs} == {"float32"}
    assert {layer.compute_dtype for layer in loaded.layers} == {"float32"}
    received = loaded.predict(PICTURES.astype(np.float32), verbose=0)
    np.testing.assert_allclose(received, expected, rtol=0.01, atol=0.01)


def test_objects_that_layers_share_are_left_to_keras(tmp_path):
    image, shared = keras.Input((16, 16, 3)), layers.ReLU(max_value=6.0)
    x = layers.Dense(4, activation=shared)(layers.Dense(4, activation=shared)(image))
    model = keras_samples.randomize(keras.Model(image, layers.Dense(2)(layers.GlobalAveragePooling2D()(x))))
    path = tmp_path / "model.keras"
    model.save(path)
    assert archive.unpack(path, tmp_path / "weights.h5") is None and not (tmp_path / "weights.h5").exists()
    np.testing.assert_allclose(models.load(path)(PICTURES), model(PICTURES), rtol=1e-5)


def test_weights_are_read_outside_the_archive(tmp_path, monkeypatch):
    model = classifier(keras.Input((16, 16, 3)))
    model.save(tmp_path / "model.keras")
    monkeypatch.setattr(keras.models, "load_model", None)
    np.testing.assert_allclose(models.load(tmp_path / "model.keras")(PICTURES), model(PICTURES), rtol=1e-5)


def test_a_model_that_was_never_built_is_refused(tmp_path):
    stem = keras.Sequential([keras.Input((16, 16, 3)), layers.Conv2D(4, 3)])
    keras.Sequential([stem, layers.Flatten(), layers.Dense(2)], name="outer").save(tmp_path / "model.keras")
    with pytest.raises(SuiteError, match="'outer' has no input shape and no weights yet"):
        models.load(tmp_path / "model.keras")


def test_an_open_size_is_filled_in():
    model = classifier(keras.Input((None, None, 3)))
    fixed = keras2.plain(model, (16, 16, 3))
    assert model.input_shape == (None, None, None, 3) and fixed.input_shape == (None, 16, 16, 3)
    pictures = PICTURES.astype(np.float32)
    np.testing.assert_allclose(fixed(pictures).numpy(), model(pictures).numpy(), rtol=1e-5)


def test_what_is_plain_already_is_returned_as_it_is():
    model = classifier(keras.Input((16, 16, 3)))
    assert keras2.plain(model, (16, 16, 3)) is model
