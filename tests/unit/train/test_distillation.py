import keras_samples
import numpy as np
import pytest

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.core.framework import keras, tf
from tfl_lite_suite.core.recipe import Augment, Distill, Train
from tfl_lite_suite.core.work_folder import Stage
from tfl_lite_suite.models.keras_io import keras_file
from tfl_lite_suite.train import distillation
from tfl_lite_suite.train.loop import Phase, Training
from tfl_lite_suite.train.losses import cross_entropy


@pytest.fixture
def data():
    return keras_samples.bright_or_dark(channels=3)


@pytest.fixture
def file(tmp_path):
    """A teacher that takes larger grey pictures than the student's."""
    model = keras_samples.randomize(keras_samples.tiny_network(side=64))
    keras_file.save(model, tmp_path / "teacher.keras")
    return str(tmp_path / "teacher.keras")


LABELS = np.eye(2, dtype=np.float32)[[0, 1, 0, 0, 1]]


def asked(chosen, file, data, logits):
    """Returns the loss of some logits for the first pictures, and the teacher's logits on them, as it is asked."""
    pictures = data.train.images(np.arange(5)).astype(np.float32)
    taught = distillation.loss_of(chosen, file, cross_entropy(0.1), data, None)
    value = taught.function(pictures, LABELS, logits, None, tf.zeros((5, 0)))
    grey = tf.image.resize(tf.image.rgb_to_grayscale(pictures), (64, 64), antialias=True)
    return value, keras_file.load(file)(grey, training=False).numpy()


def test_loss_is_hintons(file, data):
    logits = np.random.default_rng(0).normal(size=(5, 2)).astype(np.float32)
    found, answers = asked(Distill(file, share=0.3, temperature=4.0), file, data, tf.constant(logits))

    def log_softmax(values):
        return values - np.log(np.exp(values).sum(axis=1, keepdims=True))

    soft = np.exp(log_softmax(answers / 4))
    hard = -((0.9 * LABELS + 0.1 / 2) * log_softmax(logits)).sum(axis=1).mean()
    expected = 0.7 * hard - 0.3 * 16 * (soft * log_softmax(logits / 4)).sum(axis=1).mean()
    assert float(found) == pytest.approx(expected, rel=1e-4)


def test_the_gradient_vanishes_at_the_teachers_answer(file, data):
    chosen = Distill(file, share=1.0, temperature=2.0)
    logits = tf.Variable(asked(chosen, file, data, tf.zeros((5, 2)))[1])
    with tf.GradientTape() as tape:
        value, _ = asked(chosen, file, data, logits)
    teachers = [variable for variable in tape.watched_variables() if variable is not logits]
    gradient, *others = tape.gradient(value, [logits, *teachers])
    np.testing.assert_allclose(gradient, 0, atol=1e-6)
    assert others and all(other is None for other in others)


SETTINGS = Distill("teacher.keras", share=0.5, temperature=2.0, features=10.0)


def student():
    keras.utils.set_random_seed(0)
    return keras_samples.randomize(keras_samples.tiny_network(channels=3), seed=1)


def test_kept_answers_are_those_that_would_be_asked(tmp_path, file, data):
    kept = Stage(tmp_path, "answers", {})
    live = distillation.loss_of(SETTINGS, file, cross_entropy(0.0), data, None)
    cached = distillation.loss_of(SETTINGS, file, cross_entropy(0.0), data, kept)
    assert live.answers is None and cached.answers.shape == (len(data.train), 2 + 8)
    pictures = data.train.images(np.arange(6)).astype(np.float32)
    features, logits = tf.random.normal((6, 12), seed=1), tf.random.normal((6, 2), seed=2)
    rest = (pictures, tf.one_hot([0, 1] * 3, 2), logits, features)
    expected = float(live.function(*rest, tf.zeros((6, 0))))
    assert float(cached.function(*rest, tf.constant(cached.answers[:6]))) == pytest.approx(expected, rel=1e-5)
    assert float(cached.function(*rest, tf.constant(cached.answers[1:7]))) != pytest.approx(expected, rel=1e-3)
    written = (tmp_path / "answers" / distillation.ANSWERS).stat().st_mtime_ns
    again = distillation.loss_of(SETTINGS, file, cross_entropy(0.0), data, kept)
    np.testing.assert_array_equal(again.answers, cached.answers)
    assert (tmp_path / "answers" / distillation.ANSWERS).stat().st_mtime_ns == written


def test_features_that_find_the_same_pictures_alike_have_no_distance():
    features = tf.random.normal((5, 3), seed=0)
    turned = tf.concat([features[:, 1:], features[:, :1], tf.zeros((5, 4))], axis=1)
    assert float(distillation._similarity_distance(features, 7 * turned)) == pytest.approx(0, abs=1e-9)
    assert float(distillation._similarity_distance(features, tf.random.normal((5, 3), seed=1))) > 1e-3


def test_training_with_kept_answers_is_training_with_asked_ones(tmp_path, file, data):
    results = []
    for name, kept in (("live", None), ("kept", Stage(tmp_path, "answers", {}))):
        model, settings = student(), Train(batch_size=8, learning_rate=0.01, warmup_epochs=0)
        loss = distillation.loss_of(SETTINGS, file, cross_entropy(0.0), data, kept)
        training = Training(model, data, settings, Augment(), 0, tmp_path / name, "", loss)
        training.run([Phase("network", 2, 0.01)])
        results.append(training.history)
    assert [record["loss"] for record in results[0]] == pytest.approx(
        [record["loss"] for record in results[1]], rel=1e-4
    )
    assert results[0][0]["train_top1"] == results[1][0]["train_top1"] > 0


def test_a_teacher_of_pictures_of_any_size_takes_those_of_the_student(tmp_path, data):
    image = keras.Input((None, None, 1))
    x = keras.layers.GlobalAveragePooling2D()(keras.layers.Conv2D(4, 3)(image))
    keras_file.save(keras.Model(image, keras.layers.Dense(len(data.class_names))(x)), tmp_path / "any.keras")
    taught = distillation.loss_of(Distill("any.keras"), str(tmp_path / "any.keras"), cross_entropy(0.0), data, None)
    pictures, logits = data.train.images(np.arange(5)).astype(np.float32), tf.zeros((5, 2))
    assert np.isfinite(taught.function(pictures, LABELS, logits, None, tf.zeros((5, 0))))


def test_a_teacher_of_other_classes_is_refused(tmp_path, data):
    keras_file.save(keras_samples.tiny_network(classes=3), tmp_path / "three.keras")
    with pytest.raises(SuiteError, match=r"three\.keras' is from .*; expected a classifier of pictures with 2 outputs"):
        distillation.loss_of(SETTINGS, str(tmp_path / "three.keras"), cross_entropy(0.0), data, None)
