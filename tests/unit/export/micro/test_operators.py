import re

import pytest

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.export.micro import operators


def test_the_resolver_has_exactly_the_operators_used():
    text = operators.resolver(["MEAN", "CONV_2D", "MEAN"])
    assert re.findall(r"resolver\.(\w+)\(", text) == ["AddConv2D", "AddMean"]
    assert "MicroMutableOpResolver<2>" in text


def test_what_is_missing_is_named():
    with pytest.raises(
        SuiteError, match="TensorFlow Lite Micro has no FLEX, TOPK_V2. FLEX: replace .*; TOPK_V2: leave"
    ):
        operators.check(["TOPK_V2", "CONV_2D", "FLEX"])
