import dataclasses

import keras_samples
import pytest

from tfl_lite_suite.core.framework import keras
from tfl_lite_suite.core.recipe import Augment, Data, Model, Recipe, Train
from tfl_lite_suite.core.work_folder import Stage
from tfl_lite_suite.train import learning
from tfl_lite_suite.train.distribution import here
from tfl_lite_suite.train.losses import loss_by_labels


def _recipe(source="", weights="none", augment=None, **train):
    settings = Train(epochs=1, batch_size=16, learning_rate=0.01, **train)
    return Recipe("test", Data(str(source), augment=augment or Augment()), Model("micro", weights=weights), settings)


@pytest.mark.parametrize(
    ("weights", "transfer", "classes", "expected"),
    [
        ("none", "auto", 2, False),
        ("imagenet", "auto", 2, True),
        ("mine.keras", "auto", 2, True),
        ("imagenet", "probe", 2, True),
        ("imagenet", "off", 2, False),
        ("imagenet", "auto", 1000, False),
    ],
)
def test_pretrained_weights_transfer_unless_they_know_the_classes(weights, transfer, classes, expected):
    images = dataclasses.replace(keras_samples.bright_or_dark(), class_names=tuple(map(str, range(classes))))
    assert learning.transfers(_recipe(weights=weights, transfer=transfer), images) is expected


@pytest.mark.parametrize("learn", [learning.as_new, learning.by_transfer])
def test_both_ways_learn_and_tell(tmp_path, learn):
    keras.utils.set_random_seed(0)
    data, model = keras_samples.bright_or_dark(), keras_samples.tiny_network()
    keras_samples.randomize(model)
    settings = _recipe(keras_samples.picture_folder(tmp_path / "pictures", 2))
    loss = loss_by_labels(settings.train, data.train.class_counts, False)
    stage = Stage(tmp_path, "train", {})
    learned = learn(learning.Task(settings, data, stage, model, loss, here(), str(tmp_path)))
    assert len(learned.history) == 1 and learned.seconds > 0
    assert set(learned.transfer) == ({"linear_probe", "transfer"} if learn is learning.by_transfer else set())
    assert (tmp_path / "train_features" / "features.npz").is_file() is (learn is learning.by_transfer)
    learned.forget_checkpoints()
    assert not list(stage.folder.rglob("checkpoint.npz"))


def test_kept_features_are_of_one_file_of_weights_and_of_unchanged_pictures(tmp_path):
    pictures, weights = keras_samples.picture_folder(tmp_path / "pictures", 2), tmp_path / "w.keras"
    weights.write_bytes(b"one")

    def key(**changes):
        return learning.features_stage(_recipe(pictures, str(weights), **changes), str(tmp_path), "features").key

    first = key()
    assert key(augment=Augment(flip=True)) == first and key(transfer="probe") == first
    weights.write_bytes(b"two")
    assert key() != first
