import pytest

from tfl_lite_suite.models.keras_io import claims


def model(*layers, kind="Sequential"):
    return {"class_name": kind, "config": {"name": "model", "layers": list(layers)}}


def layer(kind, **settings):
    return {"class_name": kind, "config": {"name": "d", **settings}}


@pytest.mark.parametrize(
    ("config", "numbers", "message"),
    [
        (model(layer("Dense", units=10_000_000)), 1000, r"layer 'd' \(Dense\) takes more weights than the file holds"),
        (model(model(layer("Conv2D", filters=8)), kind="Functional"), 0, r"layer 'd' \(Conv2D\) takes more"),
        (model(layer("DepthwiseConv2D")), 0, "more weights"),
        (model(layer("Dense", units=3)), 0, "call the model on a picture, then save it"),
        (model({}), 8, "without 'class_name'"),
        (model("Dense"), 8, "without 'class_name'"),
        ({"config": {}}, 8, "without 'class_name'"),
    ],
)
def test_what_the_file_cannot_hold_is_refused(config, numbers, message):
    with pytest.raises(ValueError, match=message):
        claims.check(config, numbers)


@pytest.mark.parametrize(
    ("config", "numbers"),
    [
        (model(layer("Dense", units=10)), 20),
        (model(layer("ReLU"), layer("Flatten")), 0),
        (layer("SomebodysModel", layers=[1, 2]), 0),
        (model(layer("Dense", units=None)), 20),
    ],
)
def test_other_models_pass(config, numbers):
    claims.check(config, numbers)
