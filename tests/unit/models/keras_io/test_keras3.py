import keras3_samples
import keras_samples
import numpy as np
import pytest

from tfl_lite_suite import models
from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.models import layers
from tfl_lite_suite.models.graph.canonical import canonical
from tfl_lite_suite.models.graph.fold import fold_batch_norm
from tfl_lite_suite.models.keras_io.names import original_name

pytest.importorskip("keras")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("keras3")
    np.save(folder / "pictures.npy", keras_samples.blocky(4, (32, 32, 3)))
    keras3_samples.make(folder)
    return folder


SAMPLES = (
    "residual sequence hard_swish constant normalized resized blanks first packed twice wrapped frozen object".split()
)


@pytest.mark.parametrize("ending", ["keras", "h5"])
@pytest.mark.parametrize("name", [*SAMPLES, "brain"])
def test_answers_are_those_of_keras_3(name, ending, folder):
    if (name, ending) == ("brain", "h5"):
        pytest.skip("Keras 3 does not write brain floats to .h5 so that it could read them")
    model = models.load(folder / f"{name}.{ending}")
    expected = np.load(folder / f"{name}.npy")
    received = model(np.load(folder / "pictures.npy").astype(np.float32), training=False).numpy()
    assert np.ptp(expected, axis=0).max() > 1e-3 * np.abs(expected).max()
    tolerance = 2e-2 if name == "brain" else 1e-4
    np.testing.assert_allclose(received, expected, rtol=tolerance, atol=tolerance * np.abs(expected).max())


@pytest.mark.parametrize("name", ["packed", "twice", "wrapped"])
def test_nested_models_and_odd_names_survive_the_suites_rewriting(name, folder):
    model = models.load(folder / f"{name}.keras")
    pictures = np.load(folder / "pictures.npy").astype(np.float32)
    expected = np.load(folder / f"{name}.npy")
    for rewritten in (canonical(model), fold_batch_norm(canonical(model))):
        received = rewritten(pictures, training=False).numpy()
        np.testing.assert_allclose(received, expected, rtol=1e-3, atol=1e-3 * np.abs(expected).max())


def test_a_name_that_tensorflow_does_not_take_is_kept_for_people(folder):
    model = models.load(folder / "packed.keras")
    assert (model.name, original_name(model)) == ("n__", "模型")
    assert model.input_shape == (None, 32, 32, 3) and model.output_shape == (None, 5)


def test_names_sharing_and_nesting_stay(folder):
    model = models.load(folder / "residual.keras")
    names = [layer.name for layer in model.layers]
    assert names[0] == "photo" and "inner" in names and names.count("shared") == 1
    assert len(model.get_layer("shared").inbound_nodes) == 2
    assert [layer.name for layer in model.get_layer("inner").layers][1].startswith("depthwise_conv2d")
    assert isinstance(model.get_layer("shared_activation"), layers.Swish)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (
            "rms",
            r"layer 'norm' \(RMSNormalization\) cannot be rebuilt on Keras 2: Keras 2 has no such layer\. Put other",
        ),
        ("ops", r"layer 'sin' \(Sin\) cannot be rebuilt on Keras 2: this function of keras\.ops is not known here"),
        ("attention", r"layer 'attention' \(MultiHeadAttention\) cannot be rebuilt on Keras 2: it lacks 'query_shape'"),
        ("prelu", r"layer 'conv': expected arrays of shape .*, \(1, 1, 8\)\]"),  # Keras 3 does not save its slopes.
        ("lambda", r"layer 'halve' \(Lambda: Python code\)\. Build the model with layers of Keras in its place"),
    ],
)
def test_what_cannot_be_rebuilt_is_one_line_that_names_the_layer(name, message, folder):
    with pytest.raises(SuiteError, match=message) as error:
        models.load(folder / f"{name}.keras")
    assert "\n" not in str(error.value)


def test_arrays_that_do_not_fit_are_named(folder, tmp_path):
    import zipfile

    path = tmp_path / "mixed.keras"
    with zipfile.ZipFile(path, "w") as mixed:
        for name, source in (("config.json", "first"), ("metadata.json", "first"), ("model.weights.h5", "rms")):
            with zipfile.ZipFile(folder / f"{source}.keras") as archive:
                mixed.writestr(name, archive.read(name))
    with pytest.raises(SuiteError, match=r"layer 'conv': expected arrays of shape \[\(3, 3, 3, 4\), \(4,\)\]"):
        models.load(path)
