import keras_samples
import numpy as np
import pytest

from tfl_lite_suite import models
from tfl_lite_suite.core.framework import keras, tf
from tfl_lite_suite.core.recipe import Augment, Train
from tfl_lite_suite.train import mixed_precision
from tfl_lite_suite.train.loop import Phase, Training, accuracy_function


@pytest.mark.parametrize(
    ("capabilities", "expected"),
    [([], "float32"), ([(8, 6)], "mixed_float16"), ([(6, 1)], "float32"), ([(8, 6), (6, 1)], "float32")],
)
def test_float16_is_for_gpus_that_gain_by_it(monkeypatch, capabilities, expected):
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: range(len(capabilities)))
    details = [{"compute_capability": capability} for capability in capabilities]
    monkeypatch.setattr(tf.config.experimental, "get_device_details", details.__getitem__)
    assert mixed_precision.policy() == expected


def test_training_in_float16_learns_and_resumes(tmp_path):
    def make(epochs):
        keras.utils.set_random_seed(0)
        with mixed_precision.layers_of("mixed_float16"):
            model = keras_samples.tiny_network()
        assert model.get_layer("stem").compute_dtype == "float16"
        settings = Train(batch_size=16, learning_rate=0.05, warmup_epochs=0, clip_norm=1.0)
        training = Training(model, keras_samples.bright_or_dark(), settings, Augment(), 0, tmp_path, "key")
        return training, training.run([Phase("network", epochs, 0.05)])

    training, history = make(4)
    assert history[-1]["loss"] < history[0]["loss"] / 2
    again, repeated = make(4)
    assert repeated == history
    for one, other in zip(training.model.get_weights(), again.model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    plain = keras_samples.tiny_network()
    plain.set_weights(training.model.get_weights())
    assert plain.get_layer("stem").compute_dtype == "float32"
    assert accuracy_function(plain)(training.data.test)["top1"] >= 0.9


@pytest.mark.parametrize("name", models.names())
def test_every_network_builds_in_mixed_precision(name):
    with mixed_precision.layers_of("mixed_float16"):
        model = models.build(name, (32, 32, 3), 4, alpha=0.25)
    assert "float16" in {layer.compute_dtype for layer in model.layers if isinstance(layer, keras.layers.Conv2D)}
    assert np.isfinite(model(np.full((1, 32, 32, 3), 255, np.float32))).all()
    assert {weight.dtype.name for weight in model.trainable_weights} == {"float32"}
