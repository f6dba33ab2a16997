import numpy as np
import pytest

from tfl_lite_suite import models
from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.core.framework import keras
from tfl_lite_suite.models import cost
from tfl_lite_suite.prune import channels
from tfl_lite_suite.prune.channel_budget import Costs, choose, rounding
from tfl_lite_suite.prune.dependencies import Dependencies


@pytest.fixture(scope="module")
def network():
    return models.build("mobilenet_v2", (32, 32, 3), 10)


@pytest.fixture(scope="module")
def dependencies(network):
    return Dependencies(network)


def random_scores(dependencies, seed=0):
    return np.random.default_rng(seed).uniform(size=dependencies.count)


@pytest.mark.parametrize("measure", ["params", "macs"])
@pytest.mark.parametrize("share", [0.9, 0.5, 0.25])
@pytest.mark.parametrize("budget", ["global", "uniform"])
def test_budget_is_met(network, dependencies, measure, share, budget):
    before = {"params": network.count_params(), "macs": cost.macs(network)}[measure]
    kept = choose(dependencies, random_scores(dependencies), measure, share * before, budget=budget)
    costs = Costs(dependencies)
    after = costs.measured(costs.counts(kept), measure)
    assert abs(after / before - share) <= 0.02 * share
    for group in dependencies.groups:
        width = np.count_nonzero(kept[group.channels])
        assert width == group.width or width % rounding(group.width) == 0
        assert width >= 0.1 * group.width
    assert {axis.layer for axis in dependencies.axes if (~kept[axis.channels]).any()}


def test_least_important_go_first(dependencies, network):
    scores = random_scores(dependencies)
    kept = choose(dependencies, scores, "params", 0.7 * network.count_params())
    for group in dependencies.groups:
        own = group.channels
        if kept[own].any() and not kept[own].all():
            assert scores[own][~kept[own]].max() < scores[own][kept[own]].min()


def test_uniform_takes_the_same_share_everywhere(dependencies, network):
    kept = choose(dependencies, random_scores(dependencies), "params", 0.5 * network.count_params(), budget="uniform")
    shares = [kept[group.channels].mean() for group in dependencies.groups if group.width >= 64]
    assert max(shares) - min(shares) < 0.15


def test_unscored_channels_stay(dependencies, network):
    scores = random_scores(dependencies)
    spared = dependencies.groups[-1].channels
    scores[spared] = np.nan
    kept = choose(dependencies, scores, "params", 0.7 * network.count_params())
    assert kept[spared].all() and not kept.all()


def test_what_cannot_be_reached_is_an_error(dependencies, network):
    with pytest.raises(SuiteError, match=r"^params_ratio: the network cannot be pruned to 0\.010; at prune\.min_share"):
        choose(dependencies, random_scores(dependencies), "params", 0.01 * network.count_params())


def test_what_stands_in_the_way_of_a_target_is_named():
    image = keras.Input((8, 8, 3))
    x = keras.layers.LayerNormalization(name="norm")(keras.layers.Conv2D(32, 3, name="stem")(image))
    x = keras.layers.GlobalAveragePooling2D()(keras.layers.Conv2D(16, 1)(x))
    dependencies = Dependencies(keras.Model(image, keras.layers.Dense(2)(x)))
    with pytest.raises(SuiteError, match=r"\. Left whole: stem: 'norm' \(LayerNormalization\): .* is not known$"):
        choose(dependencies, random_scores(dependencies), "params", 100)


def test_costs_are_those_of_the_model_that_remains(dependencies):
    kept = choose(dependencies, random_scores(dependencies), "macs", 1e6)
    costs = Costs(dependencies)
    pruned = channels.remove(dependencies, kept)
    assert costs.measured(costs.counts(kept), "params") == pruned.count_params()
    assert costs.measured(costs.counts(kept), "macs") == cost.macs(pruned)


def test_lost_lengths_are_those_counted(dependencies):
    costs = Costs(dependencies)
    gone = dependencies.groups[3].channels[:5]
    kept = np.ones(dependencies.count, bool)
    before = costs.counts(kept)
    kept[gone] = False
    np.testing.assert_array_equal(before - costs.lost(gone), costs.counts(kept))


@pytest.mark.parametrize(("width", "step"), [(1280, 8), (32, 8), (24, 4), (16, 4), (8, 2), (7, 1)])
def test_rounding(width, step):
    assert rounding(width) == step
