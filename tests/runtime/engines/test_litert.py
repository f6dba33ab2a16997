from tfl_lite_suite.runtime.engines import litert


def test_names_its_package():
    assert litert.ENGINE.available()
    assert litert.ENGINE.version.count(".") == 2
