import pytest

from tfl_lite_suite import models
from tfl_lite_suite.models import cost, operator_cost
from tfl_lite_suite.summary import costs


def measured(name, resolution, alpha, classes):
    with cost.zero_weights():
        model = models.build(name, (resolution, resolution, 3), classes, alpha=alpha)
    return model, operator_cost.measure(model, classes)


@pytest.mark.parametrize("name", models.names())
def test_the_table_is_what_the_networks_cost(name):
    _, found = measured(name, 64, 0.35, 1000)
    table = costs.cost(costs.Size(name, 0.35, 64), 1000)
    assert (found["weights"], found["channels"], found["peak"]) == (table.weights, table.channels, table.peak)
    assert {kind: tuple(numbers) for kind, numbers in found["kinds"].items()} == table.kinds, (
        "run tools/make_network_costs.py"
    )


@pytest.mark.parametrize("name", ["mobilenet_v2", "squeezenet_1_1"])
def test_another_number_of_classes_changes_the_classifier(name):
    model, found = measured(name, 64, 0.5, 10)
    table = costs.cost(costs.Size(name, 0.5, 64), 10)
    assert (found["weights"], found["channels"]) == (table.weights, table.channels)
    assert sum(numbers[0] for numbers in table.kinds.values()) == cost.macs(model)
