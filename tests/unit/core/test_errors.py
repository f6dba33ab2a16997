import pickle

import pytest

from tfl_lite_suite.core import command_line
from tfl_lite_suite.core.errors import ArgumentError, InvalidMeasurement, SuiteError, unknown_argument, unknown_name

NETWORKS = ("vgg16", "mobilenet_v1", "mobilenet_v2")


def test_names_key_value_nearest_and_all_that_is_known():
    error = unknown_name("model.name", "mobilnet_v1", NETWORKS, "network")
    assert str(error) == (
        "model.name: unknown network 'mobilnet_v1'. Did you mean 'mobilenet_v1'? "
        "Known: mobilenet_v1, mobilenet_v2, vgg16"
    )


def test_suggests_nothing_where_nothing_is_near():
    assert "Did you mean" not in str(unknown_name("--engine", "xyz", NETWORKS))


@pytest.mark.parametrize("received", [3, None, True, ["mobilenet_v1"]])
def test_takes_what_is_no_string(received):
    assert f"'{received}'" in str(unknown_name("--engine", received, NETWORKS))


def test_cuts_a_long_value_short():
    assert len(str(unknown_name("--engine", "m" * 10**6, NETWORKS))) < 300


def test_an_invalid_measurement_keeps_what_was_measured():
    error = InvalidMeasurement("too busy", {"p50": 1.5})
    assert isinstance(error, SuiteError) and error.document == {"p50": 1.5} and str(error) == "too busy"


def test_an_error_is_one_line():
    assert str(SuiteError("the name 'a\n  b'\r\nis odd")) == "the name 'a b' is odd"


def test_a_wrong_argument_has_its_name_and_stays_one_line():
    error = pickle.loads(pickle.dumps(unknown_argument("engine", "litrt", ["litert"], "engine")))
    assert isinstance(error, SuiteError) and error.argument == "engine"
    assert str(error) == "engine: unknown engine 'litrt'. Did you mean 'litert'? Known: litert"
    assert str(ArgumentError("model", "no such file 'a\nb'")) == "model: no such file 'a b'"
    assert command_line.describe(error) == f"--{error}"
