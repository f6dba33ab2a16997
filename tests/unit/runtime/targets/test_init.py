import pytest

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.runtime import targets


def test_a_target_is_a_name_and_an_address():
    assert targets.get("local").address == ""
    assert targets.get("ssh:pi@host").address == "pi@host"


def test_every_target_is_found():
    assert {"local", "ssh"} <= set(targets.names())


@pytest.mark.parametrize("name", targets.names())
def test_every_module_is_a_target(name):
    assert issubclass(targets.importlib.import_module(f"{targets.__name__}.{name}").TARGET, targets.Target)


def test_what_is_not_built_is_not_pretended():
    with pytest.raises(SuiteError, match="cannot measure on 'moon:base'. Known: .*local"):
        targets.get("moon:base")


def test_only_a_target_that_installs_takes_wheels():
    with pytest.raises(SuiteError, match="wheels: only a target that installs"):
        targets.get("local", "folder")
