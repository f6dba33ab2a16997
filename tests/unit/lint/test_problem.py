from tfl_lite_suite.deploy import lint_problem


def test_long_lists_are_cut():
    assert lint_problem.listed(["a", "b"]) == "a, b"
    assert lint_problem.listed([str(index) for index in range(9)]) == "0, 1, 2, 3 and 5 more"
    assert lint_problem.listed(["a", "a", "a"]) == "a"
