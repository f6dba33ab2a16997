import pytest

from tfl_lite_suite.core import recipe
from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.core.schemes import SCHEME_OF_FILE
from tfl_lite_suite.search import space
from tfl_lite_suite.search.space import Dimension

BASE = recipe.Recipe("base", recipe.Data("fashion_mnist", 28), recipe.Model("micro"))


def test_the_default_space_has_what_a_search_is_for():
    found = {dimension.name: dimension for dimension in space.dimensions(BASE)}
    assert {"model.alpha", "data.resolution", "prune.params_ratio", "scheme", "train.learning_rate"} <= set(found)
    assert all(dimension.varies for dimension in found.values())
    own = space.own_params(BASE, list(found))
    assert own["prune.params_ratio"] == 1.0 and own["scheme"] == "int8_qat"
    for dimension in found.values():
        assert dimension.including(own[dimension.name]) == dimension


def test_the_default_space_keeps_to_what_the_network_takes():
    found = {dimension.name: dimension.choices for dimension in space.dimensions(BASE, (), lambda side: side >= 28)}
    assert found["data.resolution"] == (28, 36)


def test_dimensions_are_parsed_and_hold_the_recipes_own_value():
    found = space.dimensions(
        BASE, ["model.alpha=[0.5, 0.25]", "train.learning_rate={low: 1e-3, high: 0.01, log: true}"]
    )
    assert found == (
        Dimension("model.alpha", (0.5, 0.25, 1.0)),
        Dimension("train.learning_rate", (), 0.001, 0.1, log=True),
    )
    assert space.dimensions(BASE, ["train.epochs={low: 1, high: 5}"])[0].whole


@pytest.mark.parametrize(
    ("vary", "message"),
    [
        ("model.alhpa=[0.5]", "vary: model.alhpa: unknown key 'alhpa'. Did you mean 'alpha'?"),
        ("model.alpha=[5.0]", "vary: model.alpha: expected a number from 0.05 to 4. Received: 5.0"),
        ("model.alpha=[]", "the list is empty"),
        ("model.alpha=0.5", "expected a list or {low"),
        ("model.alpha=[1.0]", "the search space is empty"),
        ("model.alpha=[", "vary: the value of model.alpha is not YAML"),
        ("model.alpha", "expected key=[values]"),
        ("scheme=[int8_qta]", "vary: scheme: unknown scheme 'int8_qta'. Did you mean 'int8_qat'?"),
        ("stages=[[train]]", "vary: stages follows from scheme"),
        ("train.learning_rate={low: 0.1, hgih: 1}", "unknown key 'hgih'. Did you mean 'high'?"),
        ("train.learning_rate={low: 1, high: 0.1}", "low first"),
        ("train.learning_rate={low: 0, high: 0.1, log: true}", "above 0 with log"),
        ("train.optimizer={low: 0, high: 1}", "vary: train.optimizer: expected one of"),
        ("model.alpha=[[0.5]]", "expected single values"),
    ],
)
def test_mistakes_name_the_dimension(vary, message):
    with pytest.raises(SuiteError) as caught:
        space.dimensions(BASE, [vary])
    assert message in str(caught.value) and "\n" not in str(caught.value)


def test_a_dimension_stands_once():
    with pytest.raises(SuiteError, match="model.alpha stands twice"):
        space.dimensions(BASE, ["model.alpha=[0.5]", "model.alpha=[0.25]"])


@pytest.mark.parametrize(
    ("params", "stages", "schemes"),
    [
        ({"scheme": "float32", "prune.params_ratio": 1.0}, ["train"], ("float32",)),
        ({"scheme": "int8_ptq", "prune.params_ratio": 0.5}, ["train", "prune", "quantize"], ()),
        ({"scheme": "int8_qat"}, ["train", "quantize"], ()),
        ({"scheme": "dynamic", "prune.sparsity": 0.8}, ["train", "prune"], ("dynamic",)),
    ],
)
def test_stages_follow_from_the_values(params, stages, schemes):
    made = space.recipe_for(BASE, params)
    assert list(made.stages) == [*stages, "convert", "evaluate", "benchmark"]
    assert made.convert.schemes == schemes
    assert made.quantize.scheme == params["scheme"].removeprefix("int8_") or not params["scheme"].startswith("int8")


def test_recipes_that_differ_in_the_scheme_alone_share_a_folder():
    names = {
        space.folder_name(space.recipe_for(BASE, {"scheme": scheme, "model.alpha": alpha}))
        for scheme in SCHEME_OF_FILE
        for alpha in (0.5, 1.0)
    }
    assert len(names) == 2


def test_the_nearest_value():
    assert Dimension("model.alpha", (0.5, 1.0)).nearest(0.8) == 1.0
    assert Dimension("x", (), 0.0, 2.0).nearest(5) == 2.0
    assert Dimension("scheme", ("float32", "int8_ptq")).nearest("int8_qat") == "float32"
