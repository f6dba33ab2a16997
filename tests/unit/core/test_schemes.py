from tfl_lite_suite.core import schemes


def test_the_lists_agree():
    assert schemes.FLOAT_SCHEMES + ("int8",) == schemes.SCHEMES
    assert set(schemes.SCHEME_OF_FILE.values()) == set(schemes.SCHEMES)
    assert [f"int8_{way}" in schemes.SCHEME_OF_FILE for way in schemes.QUANTIZATION_SCHEMES] == [True, True]
