import dataclasses

import keras_samples
import numpy as np
import pytest

from tfl_lite_suite.core.framework import tf
from tfl_lite_suite.core.recipe import Augment, Data, Distill, Model, Quantize, Recipe
from tfl_lite_suite.models.keras_io import keras_file
from tfl_lite_suite.quantize.qat import targets
from tfl_lite_suite.train.losses import DistilledLoss

# Pictures that change at random, so that the teacher is asked in each step.
SETTINGS = Recipe("tiny", Data("nowhere", 32, color="grey", augment=Augment(flip=True)), Model("tiny"))


@pytest.fixture
def floating(tmp_path):
    """A network, its file, and pictures."""
    model = keras_samples.randomize(keras_samples.tiny_network())
    keras_file.save(model, tmp_path / "model.keras")
    return model, str(tmp_path / "model.keras"), keras_samples.bright_or_dark()


def test_the_float_network_teaches_alone(floating, tmp_path):
    model, file, data = floating
    learned = targets.of(SETTINGS, model, file, data, str(tmp_path))
    pictures = data.train.images(np.arange(8)).astype(np.float32)
    answers = model(pictures, training=False)
    logits, none = tf.Variable(answers), tf.zeros((8, 0))
    values = []
    for labels in (np.eye(2)[[0] * 8], np.eye(2)[[1] * 8]):
        with tf.GradientTape() as tape:
            values.append(learned.loss.function(pictures, labels.astype(np.float32), logits, None, none))
        np.testing.assert_allclose(tape.gradient(values[-1], logits), 0, atol=1e-6)
    assert float(values[0]) == float(values[1])
    shown = data.validation.images(np.arange(len(data.validation))).astype(np.float32)
    np.testing.assert_allclose(learned.expected, model(shown, training=False), rtol=1e-4, atol=1e-4)


def test_a_recipe_may_ask_for_labels_or_for_another_teacher(floating, tmp_path):
    model, file, data = floating
    by_labels = dataclasses.replace(SETTINGS, quantize=Quantize(targets="labels"))
    learned = targets.of(by_labels, model, file, data, str(tmp_path))
    assert learned.expected is None and not isinstance(learned.loss, DistilledLoss)
    taught = dataclasses.replace(SETTINGS, distill=Distill(file, during=("quantize",)))
    learned = targets.of(taught, model, file, data, str(tmp_path), file)
    assert learned.expected is None and isinstance(learned.loss, DistilledLoss)
