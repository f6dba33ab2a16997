import dataclasses

import numpy as np
import pytest

from tfl_lite_suite.advise import devices, latency_model
from tfl_lite_suite.advise.latency_model import LatencyModel, Timed
from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.core.files import read_json
from tfl_lite_suite.core.schemes import COSTED_SCHEMES
from tfl_lite_suite.summary import costs
from tfl_lite_suite.summary.costs import Size

NETWORKS = (
    "mobilenet_v1",
    "mobilenet_v2",
    "mobilenet_v3_small",
    "shufflenet_v2",
    "squeezenet_1_1",
    "efficientnet_lite0",
)


def device(factor=1.0, networks=NETWORKS, scheme="float32", sizes=((224, 1.0), (128, 0.5), (64, 1.0))):
    """A device on which every multiply-add takes half a nanosecond, and every operator two microseconds."""
    rows = []
    for network in networks:
        for resolution, alpha in sizes:
            size = Size(network, alpha, resolution)
            kinds = costs.cost(size, 1000).kinds.values()
            ms = sum(macs for macs, *_ in kinds) * 5e-7 + sum(count for *_, count in kinds) * 2e-3
            rows.append(Timed(size, scheme, "litert", factor * ms, device="made up"))
    return rows


def test_a_linear_device_is_predicted_for_networks_never_seen():
    rows = device()
    assert latency_model.held_out_error(rows) < 0.02
    model = LatencyModel(rows)
    (unseen,) = device(networks=["efficientnet_b0"], sizes=[(160, 0.75)])
    found = model.predict(unseen.size, "float32", 1000)
    assert found.ms == pytest.approx(unseen.ms, rel=0.05) and found.error < 0.02 and found.engine == "litert"
    assert model.predict(unseen.size, "int8", 1000) is None


def test_the_fastest_engine_counts():
    slow = [dataclasses.replace(row, engine="other", ms=3 * row.ms) for row in device()]
    assert LatencyModel([*slow, *device()]).predict(Size("mobilenet_v1", 1.0, 96), "float32", 10).engine == "litert"


def test_few_measurements_scale_a_reference_and_say_that_the_error_is_unknown():
    (one,) = device(3.0, ["mobilenet_v2"], sizes=[(224, 1.0)])
    model = LatencyModel([one], device())
    found = model.predict(Size("mobilenet_v1", 1.0, 160), "float32", 1000)
    (expected,) = device(3.0, ["mobilenet_v1"], sizes=[(160, 1.0)])
    assert found.ms == pytest.approx(expected.ms, rel=0.05) and found.error is None and "times 3.00" in found.how


def test_without_measurements_or_reference_there_is_no_model():
    with pytest.raises(SuiteError, match="device: too few measurements"):
        LatencyModel(device(networks=["mobilenet_v2"]))


def test_no_solution_is_negative_and_none_is_better():
    random = np.random.default_rng(0)
    matrix, target = random.normal(size=(30, 8)), random.normal(size=30)
    solution = latency_model.non_negative(matrix, target, 0.0)
    assert (solution >= 0).all() and (solution == 0).any()
    gradient = matrix.T @ (target - matrix @ solution)
    # The conditions of Kuhn and Tucker: no bound number would grow, no free one would move.
    assert (gradient[solution == 0] <= 1e-8).all() and np.abs(gradient[solution > 0]).max() < 1e-8


def test_error_on_the_reference_device_is_what_is_promised():
    """Of networks held out, on the machine on which the suite was made: the median is within 15 %."""
    rows = latency_model.read(read_json(devices.REFERENCE))
    for scheme in COSTED_SCHEMES:
        of_scheme = [row for row in rows if (row.engine, row.scheme) == ("litert", scheme)]
        assert len({row.size.network for row in of_scheme}) >= 12
        assert latency_model.held_out_error(of_scheme) <= 0.15
