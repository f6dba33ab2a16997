import round_trips

from tfl_lite_suite.summary.result import NetworkCost


def test_a_cost_is_its_document():
    document = {"model": "micro", "input_shape": [28, 28, 1], "params": 1, "macs": 2, "float_bytes": 4}
    assert round_trips.check(NetworkCost, document).input_shape == (28, 28, 1)
