import pytest

from tfl_lite_suite.core.recipe import Train
from tfl_lite_suite.train import transfer_plan

FAST = 0.001


def _plan(train=1000, validation=100, picture_seconds=FAST, seconds=1e6, **settings):
    return transfer_plan.plan(Train(**settings), train, validation, picture_seconds, seconds)


def test_fewer_pictures_are_seen_more_often_but_in_fewer_steps():
    plans = [_plan(count) for count in (60, 300, 1000, 5000, 60_000)]
    epochs = [plan.epochs for plan in plans]
    steps = [plan.epochs * plan.pictures for plan in plans]
    assert epochs == sorted(epochs, reverse=True) and epochs[0] > epochs[-1] >= 4
    assert steps == sorted(steps)
    rates = [plan.learning_rate for plan in plans]
    assert rates == sorted(rates) and rates[0] < rates[-1] <= 3 * rates[0]
    assert not any(plan.reason for plan in plans)


def test_few_pictures_are_judged_by_folds_and_many_by_validation():
    assert _plan(54, 6).folds == 3 and _plan(54, 0).folds == 3
    assert _plan(900, 100).folds == 0


@pytest.mark.parametrize("seconds", [1, 10, 100, 1000])
def test_the_time_budget_holds(seconds):
    plan = _plan(60_000, 6000, 0.003, seconds)
    assert plan.epochs >= 1 and plan.pictures * plan.epochs * 0.003 <= seconds
    few = _plan(300, 30, 0.01, seconds)
    trained = 3 * 330 if few.folds else few.pictures
    assert trained * few.epochs * 0.01 <= seconds


def test_what_a_recipe_gives_is_kept():
    plan = _plan(epochs=2, batch_size=8, optimizer="rmsprop", learning_rate=0.003, warmup_epochs=0.5)
    given = (plan.epochs, plan.batch_size, plan.optimizer, plan.learning_rate, plan.warmup_epochs)
    assert given == (2, 8, "rmsprop", 0.003, 0.5)
    assert _plan(learning_rate=0.02).optimizer == "sgd"
    assert _plan(seconds=0.0, epochs=4).epochs == 4


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({"transfer": "probe"}, "train.transfer is probe"),
        ({"epochs": 0}, "train.epochs is 0"),
        ({"seconds": 0.0}, "train.budget_minutes"),
        ({"validation": 0}, "data.validation_fraction"),
    ],
)
def test_without_fine_tuning_it_is_said_why(settings, why):
    assert why in _plan(**settings).reason
