import keras_samples
import numpy as np
import pytest

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.core.framework import keras, tf
from tfl_lite_suite.models.graph.two_classes import has_one_score, with_two_scores

layers = keras.layers
PICTURES = keras_samples.blocky(6, (16, 16, 3)).astype(np.float32)


def body(end):
    image = keras.Input((16, 16, 3))
    x = layers.Flatten()(layers.Conv2D(4, 3, activation="relu")(layers.Rescaling(1 / 255)(image)))
    return keras_samples.randomize(keras.Model(image, end(x)))


ENDS = {
    "sigmoid": lambda x: layers.Dense(1, activation="sigmoid")(x),
    "no bias": lambda x: layers.Dense(1, activation="sigmoid", use_bias=False)(x),
    "a layer": lambda x: layers.Activation("sigmoid")(layers.Dense(1)(x)),
    "an operator": lambda x: tf.sigmoid(layers.Dense(1)(x)),
    "nested": lambda x: keras.Sequential([keras.Input(x.shape[1:]), layers.Dense(1, activation="sigmoid")])(x),
}


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS.keys())
def test_the_softmax_of_both_logits_is_the_sigmoid_of_one(end, capsys):
    model = body(end)
    made = with_two_scores(model)
    assert has_one_score(model) and made.output_shape == (None, 2)
    probability = model(PICTURES).numpy()[:, 0]
    np.testing.assert_allclose(tf.nn.softmax(made(PICTURES)).numpy()[:, 1], probability, rtol=1e-4, atol=1e-6)
    assert "one score for two classes" in capsys.readouterr().err


def test_a_logit_stays_one_and_other_models_stay_as_they_are():
    model = body(layers.Dense(1))
    np.testing.assert_allclose(with_two_scores(model)(PICTURES).numpy()[:, 1:], model(PICTURES).numpy(), rtol=1e-5)
    model = body(layers.Dense(3))
    assert with_two_scores(model) is model


def test_a_score_from_elsewhere_is_refused():
    with pytest.raises(
        SuiteError, match=r"its one score comes from 'last' \(ReLU\)\. For two classes, end the model with"
    ):
        with_two_scores(body(lambda x: layers.ReLU(name="last")(layers.Dense(1)(x))))
