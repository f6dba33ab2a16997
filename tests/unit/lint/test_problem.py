from tfl_lite_suite.lint import problem


def test_long_lists_are_cut():
    assert problem.listed(["a", "b"]) == "a, b"
    assert problem.listed([str(index) for index in range(9)]) == "0, 1, 2, 3 and 5 more"
    assert problem.listed(["a", "a", "a"]) == "a"
