import pytest

from tfl_lite_suite.errors import SuiteError
from tfl_lite_suite.runtime import targets


def test_a_target_is_a_name_and_an_address():
    module, address = targets.get("local")
    assert module.__name__.endswith("targets.local") and address == ""
    assert targets.get("local:x")[1] == "x"


def test_what_is_not_built_is_not_pretended():
    with pytest.raises(SuiteError, match="this release cannot measure on 'moon:base' yet. Known: .*local"):
        targets.get("moon:base")
