import dataclasses

import keras_samples
import pytest

from tfl_lite_suite.core.framework import keras
from tfl_lite_suite.core.recipe import Data, Model, Quantize, Recipe, Train
from tfl_lite_suite.core.work_folder import Stage
from tfl_lite_suite.quantize.qat import training
from tfl_lite_suite.quantize.qat.targets import Targets
from tfl_lite_suite.train.loop import Phase, Training, accuracy_function

SETTINGS = Recipe(
    "tiny",
    Data("nowhere", resolution=32, color="grey"),
    Model("tiny"),
    train=Train(batch_size=16, learning_rate=0.05, warmup_epochs=0),
    quantize=Quantize(epochs=2, batch_size=16, calibration_images=32),
)


@pytest.fixture(scope="module")
def floating(tmp_path_factory):
    """A tiny float network that has learned its pictures."""
    keras.utils.set_random_seed(0)
    data, model = keras_samples.bright_or_dark(count=192), keras_samples.tiny_network()
    folder = tmp_path_factory.mktemp("float")
    Training(model, data, SETTINGS.train, SETTINGS.data.augment, 0, folder).run([Phase("network", 3, 0.05)])
    return model, data


def trained(floating, folder, **changes):
    model, data = floating
    settings = dataclasses.replace(SETTINGS, quantize=dataclasses.replace(SETTINGS.quantize, **changes))
    return training.train(model, settings, data, Stage(folder, "quantize", {}), Targets(None))


@pytest.mark.parametrize("changes", [{}, {"ranges": "learned"}, {"batch_norm": "live"}])
def test_the_network_is_as_good_as_at_its_start(changes, floating, tmp_path):
    result = trained(floating, tmp_path, **changes)
    start, end = (accuracy_function(of)(floating[1].validation)["top1"] for of in (result.before, result.model))
    assert end >= start - 0.05 and len(result.history) == 2
    assert result.kept in (training.START, "epoch 1", "epoch 2")


def test_the_start_is_kept_where_training_ruins_it(floating, tmp_path):
    result = trained(floating, tmp_path, learning_rate=1.0)
    assert result.kept == training.START
    for kept, before in zip(result.model.get_weights(), result.before.get_weights(), strict=True):
        assert (kept == before).all()
